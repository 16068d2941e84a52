"""Tell how far a stage is: often enough for a person, seldom enough to cost nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

__all__ = ["INTERVAL", "Progress", "Report", "stage"]

Progress: TypeAlias = Callable[[str, float], None]
Report: TypeAlias = Callable[[float], None]

INTERVAL = 0.2
"""Seconds between two reports of one stage."""


def stage(progress: Progress | None, name: str) -> Report:
    """Begin a stage.

    Parameters
    ----------
    progress
        Called with the stage's name and the share of it that is done, 0 to 1; ``None`` to stay silent.
    name
        A short phrase.

    Returns
    -------
    callable
        Takes the share that is done. It passes on the first report, a report of 1, and one every :data:`INTERVAL` seconds.
    """
    next_time = 0.0

    def report(fraction: float) -> None:
        nonlocal next_time
        now = time.monotonic()
        if progress is not None and (fraction >= 1 or now >= next_time):
            next_time = now + INTERVAL
            progress(name, min(fraction, 1.0))

    report(0.0)
    return report
