"""What a Keras callback does in a training, for Keras 3 and Keras 2 alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.pipeline import Written
from projector_export.table import Column
from projector_export.training.choice import Choice
from projector_export.training.keras_layers import embedding_layers, row_names
from projector_export.training.labels import Labels, given_labels, label_columns
from projector_export.training.recorder import Layer, Recorder
from projector_export.training.schedule import check_every

__all__ = ["KerasHooks", "KerasRecording"]

ToArray: TypeAlias = Callable[[object], npt.NDArray[np.generic]]


@dataclass(eq=False)
class KerasRecording:
    """The course of one or several calls of ``fit``.

    Parameters
    ----------
    recorder
        Writes what is recorded.
    layer, labels, every
        As of :class:`projector_export.keras.ProjectorCallback`.
    to_array
        Turns a variable of the framework into a numpy array.
    """

    recorder: Recorder
    layer: Choice
    labels: Labels | Mapping[str, Labels] | None
    every: int
    to_array: ToArray
    _columns: dict[str, tuple[tuple[Column, ...], tuple[str, ...]]] = field(
        default_factory=dict, init=False, repr=False
    )
    _done: int | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        check_every(self.every)

    def begin(self) -> None:
        """Note that ``fit`` begins; with which epoch is known later."""
        self._done = None

    def before_epoch(self, model: object, epoch: int) -> None:
        """Record a built model before its first epoch (a Keras 2 model may be built by its first batch)."""
        if self._done is None:
            self.recorder.begin(epoch)
            self._done = epoch
            if getattr(model, "built", True):
                self._record(model, epoch)

    def after_epoch(self, model: object, epoch: int) -> None:
        """Record a model after every so many epochs."""
        self._done = epoch + 1
        if self._done % self.every == 0:
            self._record(model, self._done)

    def end(self, model: object) -> None:
        """Record the model as it is at the end, write the trajectory, and wait for all of it."""
        if self._done is not None and self.recorder.last != self._done:
            self._record(model, self._done)
        self.recorder.finish()

    def _record(self, model: object, number: int) -> None:
        layers = {}
        chosen = embedding_layers(model, self.layer)
        for name, layer in chosen.items():
            if not layer.built:
                raise InvalidInputError(
                    f"embedding layer {name!r} has no weights yet: build the model first, or name another layer"
                )
            values = _plain(self.to_array(layer.embeddings))
            if name not in self._columns:
                labels = given_labels(self.labels, name, chosen)
                own = (label_columns(labels, len(values), name), ()) if labels is not None else row_names(model, layer)
                self._columns[name] = own
            columns, notes = self._columns[name]
            layers[name] = Layer(values, columns, str(layer.variable_dtype), notes)
        self.recorder.record(number, layers)


def _plain(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Return numbers of a type that numpy has itself: bfloat16 as float32."""
    return array if array.dtype.kind in "fiub" else array.astype(np.float32)


class KerasHooks:
    """The methods by which Keras tells a callback about a training; the framework's own ``Callback`` is the other parent.

    Parameters
    ----------
    recording
        What is done then.
    """

    model: object

    def __init__(self, recording: KerasRecording) -> None:
        super().__init__()
        self._recording = recording

    def on_train_begin(self, logs: Mapping[str, object] | None = None) -> None:
        """Note that ``fit`` begins."""
        del logs
        self._recording.begin()

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, object] | None = None) -> None:
        """Record the model before its first epoch."""
        del logs
        self._recording.before_epoch(self.model, epoch)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, object] | None = None) -> None:
        """Record the model after an epoch."""
        del logs
        self._recording.after_epoch(self.model, epoch)

    def on_train_end(self, logs: Mapping[str, object] | None = None) -> None:
        """Record the model at the end, and write the trajectory."""
        del logs
        self._recording.end(self.model)

    def finish(self) -> tuple[Written, ...]:
        """Write the trajectory of a ``fit`` that was interrupted, and return what was written."""
        return self._recording.recorder.finish()
