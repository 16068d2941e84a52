"""How PyTorch is asked to work: devices, threads, silence while a model is loaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from projector_export.errors import InvalidInputError, NotFoundError, ProjectorExportError
from projector_export.sources.encoders.options import Running

if TYPE_CHECKING:
    import torch

__all__ = ["Workplace", "loading", "visible_devices", "working"]

_CPU_TOKENS, _CPU_SLACK = 2048, 0.05
_GPU_TOKENS, _GPU_SLACK = 65_536, 0.2
"""Padded tokens of a batch, and the share of them that may be padding: caches of a processor like small batches without
padding, a GPU large ones."""


@dataclass(frozen=True)
class Workplace:
    """Where a model computes and in what portions.

    Parameters
    ----------
    device
        As PyTorch calls it.
    dtype
        In which numbers; None for those in which the model is stored.
    budget, slack
        Of :func:`projector_export.sources.encoders.batching.length_batches`.
    n_threads
        Batches that are computed at once.
    """

    device: str
    dtype: str | None
    budget: int
    slack: float
    n_threads: int

    @classmethod
    def of(cls, running: Running) -> Workplace:
        """Return what was asked for, and what suits the machine where nothing was."""
        import torch

        device = running.device or visible_devices()[0]
        try:
            kind = torch.device(device).type
        except RuntimeError as error:
            raise InvalidInputError(f"{device!r} is no device of PyTorch: try 'cpu' or 'cuda'") from error
        if kind == "cuda" and not torch.cuda.is_available():
            raise NotFoundError("PyTorch sees no CUDA device here: leave the device out, or choose 'cpu'")
        is_cpu = kind == "cpu"
        dtype = running.dtype or ("float32" if is_cpu else None)
        budget = running.batch_tokens or (_CPU_TOKENS if is_cpu else _GPU_TOKENS)
        n_threads = torch.get_num_threads() if is_cpu and running.backend == "torch" else 1
        return cls(device, dtype, budget, _CPU_SLACK if is_cpu else _GPU_SLACK, n_threads)

    @property
    def torch_dtype(self) -> torch.dtype | None:
        """The numbers as PyTorch calls them."""
        import torch

        return None if self.dtype is None else getattr(torch, self.dtype)


def visible_devices() -> tuple[str, ...]:
    """Return all CUDA devices, else what there is instead."""
    import torch

    if torch.cuda.is_available():
        return tuple(f"cuda:{number}" for number in range(torch.cuda.device_count()))
    return ("mps",) if torch.backends.mps.is_available() else ("cpu",)


@contextmanager
def working(place: Workplace) -> Iterator[None]:
    """Set PyTorch for batches of many shapes, and set it back.

    Each batch is computed by a single thread, so that several are computed at once: threads that share one batch wait for each
    other after every operation (on two cores 15.3 s of processor time instead of 14.0 s), and what one thread computes does
    not depend on the number of cores.

    Without oneDNN, which keeps a program for each shape that it has seen: 30,000 titles in batches without padding took
    350 MB of them, and no less time. It stays for half precision, where PyTorch has nothing as fast.
    """
    import torch

    before = torch.get_num_threads()
    is_lean = place.device.startswith("cpu") and place.dtype == "float32"
    if place.n_threads > 1:
        torch.set_num_threads(1)
    had_onednn = torch.backends.mkldnn.set_flags(False)[0] if is_lean else None
    try:
        yield
    finally:
        torch.set_num_threads(before)
        if had_onednn is not None:
            torch.backends.mkldnn.set_flags(had_onednn)


@contextmanager
def loading(name: str) -> Iterator[None]:
    """Turn what libraries say while they load a model into one sentence, and keep their bars and warnings from the screen.

    Raises
    ------
    InvalidInputError
        If they cannot load it.
    """
    from transformers.utils import logging

    had_bars, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    except (ProjectorExportError, MemoryError):
        raise
    except ImportError as error:
        raise InvalidInputError(f"{name!r} needs a package that is not installed: {_first_line(error)}") from error
    except Exception as error:  # libraries raise anything over a damaged or unknown model
        if "trust_remote_code" in str(error):
            raise InvalidInputError(f"{name!r} needs code of its own, which is never run") from error
        raise InvalidInputError(f"{name!r} cannot be loaded: {_first_line(error)}") from error
    finally:
        logging.set_verbosity(verbosity)
        if had_bars:
            logging.enable_progress_bar()


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
