"""What the callbacks of torch trainers do in a training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from projector_export.training.recorder import Layer, Recorder
from projector_export.training.schedule import check_every

__all__ = ["TorchRecording"]

TakeLayers: TypeAlias = Callable[[], Mapping[str, Layer]]
"""Returns the layers as they are now; all processes call it, since weights may be distributed."""


@dataclass(eq=False)
class TorchRecording:
    """The course of a training in one of its processes.

    Parameters
    ----------
    recorder
        Writes what is recorded.
    every
        Record every so many epochs or steps.
    is_writer
        Whether this is the one process that writes.
    """

    recorder: Recorder
    every: int = 1
    is_writer: bool = True
    _last: int | None = None

    def __post_init__(self) -> None:
        check_every(self.every)

    def begin(self, number: int, take: TakeLayers, *, is_whole: bool = True) -> None:
        """Record the state before training, unless it stands in the middle of an epoch."""
        if self.is_writer:
            self.recorder.begin(number, is_resumed=not is_whole)
        layers = take()
        self._last = None
        if is_whole:
            self._record(number, layers)

    def passed(self, number: int, take: TakeLayers) -> None:
        """Record the state after so many epochs or steps, if it is one of those that are wanted."""
        if number % self.every == 0 and number != self._last:
            self._record(number, take())

    def end(self, number: int, take: TakeLayers) -> None:
        """Record the state at the end, write the trajectory, and wait for all of it."""
        if number != self._last:
            self._record(number, take())
        if self.is_writer:
            self.recorder.finish()

    def _record(self, number: int, layers: Mapping[str, Layer]) -> None:
        self._last = number
        if self.is_writer:
            self.recorder.record(number, layers)
