"""For Keras users: the embeddings of a training, epoch by epoch, in TensorBoard's Projector.

Keras's own ``TensorBoard(embeddings_freq=1)`` writes files that the Projector cannot read (keras-team/keras#20210).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from os import PathLike
from typing import Any

import keras
import numpy as np

from projector_export.training.choice import Choice
from projector_export.training.chosen_rows import Wanted
from projector_export.training.keras_recording import KerasHooks, KerasRecording
from projector_export.training.labels import Labels
from projector_export.training.recorder import DEFAULT_FOLLOWED, Recorder

__all__ = ["ProjectorCallback", "tf_keras_callback"]


class ProjectorCallback(KerasHooks, keras.callbacks.Callback):
    """A Keras callback that writes embedding layers as runs ``epoch-000`` (before training), ``epoch-001`` and so on.

    At the end of ``fit`` a run ``trajectory`` shows the ways that rows went; after an interrupted one, call ``finish()``.

    The export is written by another thread: an epoch waits only until the values are copied. What still waits when a program
    ends without ``finish`` is left out, whole. Where something cannot be written, the end of the next epoch, or that of
    ``fit``, raises the error. A model that is built by its first batch (one without ``keras.Input``) has no state before it.

    Parameters
    ----------
    logdir
        What ``tensorboard --logdir`` is given; a folder of its own for each training. A second ``fit`` with the same
        callback goes on counting; a resumed one (``initial_epoch``) may use the logdir of the first.
    layer
        Name of the ``Embedding`` layer, or of several; not needed where the model, nested ones included, has only one.
    labels
        What the rows are: a path (one label a line, TSV or CSV with heads, JSON), a list of texts, or columns; a dictionary
        by layer's name where there are several. By default the vocabulary of the model's ``TextVectorization``,
        ``StringLookup`` or ``IntegerLookup`` layer, or else row numbers.
    every
        Write after every so many epochs; the state before the first epoch and that after the last one are always written.
    trajectory
        Which rows are followed: how many (those that went farthest), or a list of labels and row numbers; 0 for none.

    Examples
    --------
    >>> model.fit(x, y, epochs=10, callbacks=[ProjectorCallback("runs/1")])  # doctest: +SKIP
    """

    def __init__(
        self,
        logdir: str | PathLike[str],
        layer: Choice = None,
        labels: Labels | Mapping[str, Labels] | None = None,
        every: int = 1,
        *,
        trajectory: Wanted = DEFAULT_FOLLOWED,
    ) -> None:
        recorder = Recorder(logdir, "epoch", trajectory)
        super().__init__(KerasRecording(recorder, layer, labels, every, keras.ops.convert_to_numpy))


def tf_keras_callback(
    logdir: str | PathLike[str],
    layer: Choice = None,
    labels: Labels | Mapping[str, Labels] | None = None,
    every: int = 1,
    *,
    trajectory: Wanted = DEFAULT_FOLLOWED,
) -> KerasHooks:
    """Return the same callback for ``fit`` of a ``tf_keras`` model (Keras 2), which takes only callbacks of its own.

    Parameters
    ----------
    logdir, layer, labels, every, trajectory
        As of :class:`ProjectorCallback`. A model that is built by its first batch is not recorded before it.
    """
    keras_2: Any = import_module("tf_keras").callbacks.Callback

    class TfKerasProjectorCallback(KerasHooks, keras_2):
        """A ``ProjectorCallback`` whose other parent is Keras 2's."""

    recorder = Recorder(logdir, "epoch", trajectory)
    return TfKerasProjectorCallback(KerasRecording(recorder, layer, labels, every, np.asarray))
