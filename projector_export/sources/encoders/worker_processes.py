"""Several processes that each load the model and encode chunks of their own."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.queues import Queue
from threading import Thread

from projector_export.errors import InvalidInputError
from projector_export.sources.encoders.chunk_store import ChunkStore
from projector_export.sources.encoders.encode_chunks import Assignment, ChunkWork
from projector_export.sources.encoders.opening import Model

__all__ = ["encode_in_processes"]

_WAITING_CHUNKS = 2
"""Of each worker: one that it encodes, one that is ready for it."""

_mine: list[ChunkWork] = []
"""What a worker process has loaded, once."""


def encode_in_processes(
    assignment: Assignment, model: Model, devices: Sequence[str | None], done: Callable[[int], None]
) -> None:
    """Encode all chunks that are missing, in one process a device.

    Parameters
    ----------
    assignment
        Texts and place.
    model
        Loaded by each process.
    devices
        That of each process; None for the one that was asked for.
    done
        Called with the number of texts that were encoded since the last call.

    Raises
    ------
    InvalidInputError
        If a function cannot be sent to other processes, or a process dies.
    """
    _require_sendable(model)
    context = multiprocessing.get_context("spawn")
    queue: Queue[str | None] = context.Queue()
    for device in devices:
        queue.put(device)
    before = {process.pid for process in multiprocessing.active_children()}
    n_threads = max(1, len(os.sched_getaffinity(0)) // len(devices)) if hasattr(os, "sched_getaffinity") else 1
    pool = ProcessPoolExecutor(len(devices), context, _begin, (model, assignment.store, queue, n_threads))
    try:
        _hand_out(assignment, pool, _WAITING_CHUNKS * len(devices), done)
        pool.shutdown()
    except BrokenProcessPool as error:
        raise InvalidInputError(
            "a worker process died, perhaps for want of memory: what is done is kept, start again with fewer workers"
        ) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in multiprocessing.active_children():
            if process.pid not in before:
                process.terminate()


def _hand_out(assignment: Assignment, pool: ProcessPoolExecutor, n_waiting: int, done: Callable[[int], None]) -> None:
    waiting: set[Future[int]] = set()
    for number, chunk in assignment.chunks():
        waiting.add(pool.submit(_encode, number, chunk.texts))
        if len(waiting) >= n_waiting:
            ready, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for each in ready:
                done(each.result())
    for each in waiting:
        done(each.result())


def _require_sendable(model: Model) -> None:
    try:
        pickle.dumps(model)
    except Exception as error:  # whatever an object of the caller raises
        raise InvalidInputError(
            f"the function {model.name!r} cannot be sent to other processes: leave the workers out, or define it in a module"
        ) from error


def _begin(model: Model, store: ChunkStore, queue: Queue[str | None], n_threads: int) -> None:
    """Load the model in a new process, which ends with the one that started it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    if not model.is_function:
        import torch

        torch.set_num_threads(n_threads)
    work = ChunkWork(model.load(queue.get()), store, lambda _: None)
    _mine.append(work.__enter__())


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _encode(number: int, texts: list[str]) -> int:
    return _mine[0].encode(number, texts)
