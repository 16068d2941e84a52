"""Work that a training does not wait for: one thread, a bounded queue, and no error that is lost."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

__all__ = ["MAX_WAITING_BYTES", "Background"]

MAX_WAITING_BYTES = 2**30
"""Memory that jobs may hold while they wait; a single larger one waits until all before it are done."""


@dataclass(eq=False)
class Background:
    """Does one job after the other in a thread of its own.

    Whoever hands over jobs calls :meth:`wait` at the end: a job that still runs while the interpreter ends cannot start
    threads any more (``concurrent.futures.thread``, ``_python_exit``), and fails.
    """

    _pool: ThreadPoolExecutor | None = None
    _jobs: deque[tuple[Future[None], int]] = field(default_factory=deque)

    def make_room(self, n_bytes: int) -> None:
        """Wait until a job that holds so much memory may be handed over.

        Raises
        ------
        Exception
            What an earlier job has raised.
        """
        while self._jobs and (self._jobs[0][0].done() or self._held() + n_bytes > MAX_WAITING_BYTES):
            self._take_first()

    def submit(self, job: Callable[[], None], n_bytes: int) -> None:
        """Hand over a job.

        Parameters
        ----------
        job
            What to do.
        n_bytes
            Memory that it holds until it is done.
        """
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="projector_export")
        self._jobs.append((self._pool.submit(job), n_bytes))

    def wait(self) -> None:
        """Wait for all jobs, and end the thread.

        Raises
        ------
        Exception
            What the first job that failed has raised; later ones are done nevertheless.
        """
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True)
        try:
            while self._jobs:
                self._take_first()
        finally:
            self._jobs.clear()

    def _held(self) -> int:
        return sum(n_bytes for _, n_bytes in self._jobs)

    def _take_first(self) -> None:
        future, _ = self._jobs.popleft()
        future.result()
