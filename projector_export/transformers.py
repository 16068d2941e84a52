"""For users of Hugging Face's ``Trainer``: the vocabulary in a training, epoch by epoch, in TensorBoard's Projector."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from operator import methodcaller
from os import PathLike
from typing import Protocol

import transformers

from projector_export.errors import InvalidInputError
from projector_export.pipeline import Written
from projector_export.sources.huggingface.tokenizer_columns import tokenizer_columns
from projector_export.table import Column
from projector_export.training.chosen_rows import Wanted
from projector_export.training.labels import numbered_columns
from projector_export.training.recorder import DEFAULT_FOLLOWED, Layer, Recorder
from projector_export.training.runs import Unit
from projector_export.training.schedule import check_every
from projector_export.training.torch_layers import layer_of, name_of
from projector_export.training.torch_recording import TorchRecording

__all__ = ["ProjectorCallback"]

ALMOST = 1e-6
"""Of an epoch: the trainer counts epochs in fractions of floating point."""


class State(Protocol):
    """What is used of ``transformers.TrainerState``."""

    epoch: float | None
    global_step: int
    is_world_process_zero: bool


class ProjectorCallback(transformers.TrainerCallback):
    """A callback of ``Trainer`` that writes the input embeddings as runs ``epoch-000`` (before training), and so on.

    At the end of ``train`` a run ``trajectory`` shows the ways that rows went; after an interrupted one, call ``finish()``.

    The export is written by another thread: a step waits only until the values are copied. What still waits when a program
    ends without ``finish`` is left out, whole. Where something cannot be written, the next export, or the end
    of ``train``, raises the error. Of several processes the first one writes.

    Parameters
    ----------
    logdir
        What ``tensorboard --logdir`` is given; a folder of its own for each training. A second ``train`` with the same
        callback goes on counting; a resumed one may use the logdir of the first.
    tokenizer
        Whose tokens the rows are: a tokenizer, or the path of one; by default the trainer's ``processing_class``.
    every
        Write after every so many epochs, or steps; the states before and after the training are always written.
    unit
        ``"epoch"``, or ``"step"`` for optimizer steps (runs ``step-0000500``). An epoch that ``max_steps`` cuts short counts
        as one.
    trajectory
        Which rows are followed: how many (those that went farthest), or a list of tokens and ids; 0 for none.

    Examples
    --------
    >>> trainer = Trainer(model, arguments, callbacks=[ProjectorCallback("runs/1")])  # doctest: +SKIP
    """

    def __init__(
        self,
        logdir: str | PathLike[str],
        tokenizer: object = None,
        every: int = 1,
        *,
        unit: Unit = "epoch",
        trajectory: Wanted = DEFAULT_FOLLOWED,
    ) -> None:
        self._recorder = Recorder(logdir, unit, trajectory)
        self._every = check_every(every)
        self._tokenizer = tokenizer
        self._columns: tuple[Column, ...] | None = None
        self._recording: TorchRecording | None = None

    def on_train_begin(self, args: object, state: State, control: object, **given: object) -> None:
        """Record the state before training; one that is resumed inside an epoch is recorded at the epoch's end."""
        del args, control
        self._recording = TorchRecording(self._recorder, self._every, is_writer=state.is_world_process_zero)
        epoch = state.epoch or 0.0
        is_whole = self._recorder.unit == "step" or abs(epoch - round(epoch)) < ALMOST
        number = self._number(state) if is_whole else math.floor(epoch)
        self._recording.begin(number, lambda: self._layers(given), is_whole=is_whole)

    def on_step_end(self, args: object, state: State, control: object, **given: object) -> None:
        """Record the state after every so many steps."""
        del args, control
        if self._recording is not None and self._recorder.unit == "step":
            self._recording.passed(self._number(state), lambda: self._layers(given))

    def on_epoch_end(self, args: object, state: State, control: object, **given: object) -> None:
        """Record the state after every so many epochs."""
        del args, control
        if self._recording is not None and self._recorder.unit == "epoch":
            self._recording.passed(self._number(state), lambda: self._layers(given))

    def on_train_end(self, args: object, state: State, control: object, **given: object) -> None:
        """Record the state after training, and write the trajectory."""
        del args, control
        if self._recording is not None:
            self._recording.end(self._number(state), lambda: self._layers(given))

    def finish(self) -> tuple[Written, ...]:
        """Write the trajectory of a ``train`` that was interrupted, and return what was written."""
        return self._recorder.finish()

    def _number(self, state: State) -> int:
        return state.global_step if self._recorder.unit == "step" else math.ceil((state.epoch or 0.0) - ALMOST)

    def _layers(self, given: Mapping[str, object]) -> dict[str, Layer]:
        model = given["model"]
        table = _input_embeddings(model)
        name = name_of(table, model)
        layer = layer_of(table, name)
        if self._columns is None:
            self._columns = self._columns_of(given, len(layer.values))
        return {name: replace(layer, columns=self._columns)}

    def _columns_of(self, given: Mapping[str, object], n_rows: int) -> tuple[Column, ...]:
        tokenizer = self._tokenizer
        if tokenizer is None:
            tokenizer = given.get("processing_class") or given.get("tokenizer")
        return numbered_columns(n_rows) if tokenizer is None else tokenizer_columns(tokenizer, n_rows)


def _input_embeddings(model: object) -> object:
    try:
        return methodcaller("get_input_embeddings")(model)
    except NotImplementedError as error:
        raise InvalidInputError(
            f"{type(model).__name__} has no input embeddings: this callback is for models of tokens"
        ) from error
