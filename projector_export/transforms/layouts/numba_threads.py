"""Numba's number of threads, borrowed and given back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["kept_numba_threads"]


@contextmanager
def kept_numba_threads(n_threads: int | None = None) -> Iterator[None]:
    """Give back the number of threads at the end, also after Ctrl-C.

    Parameters
    ----------
    n_threads
        Threads meanwhile; None leaves it to whoever works inside.
    """
    import numba

    before = numba.get_num_threads()
    try:
        if n_threads is not None:
            numba.set_num_threads(n_threads)
        yield
    finally:
        numba.set_num_threads(before)
