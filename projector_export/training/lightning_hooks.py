"""What a Lightning callback does in a training, for both names under which Lightning is installed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from projector_export.errors import InvalidInputError
from projector_export.pipeline import Written
from projector_export.table import Column
from projector_export.training.choice import Choice
from projector_export.training.chosen_rows import Wanted
from projector_export.training.labels import Labels, given_labels, label_columns, numbered_columns
from projector_export.training.recorder import Layer, Recorder
from projector_export.training.runs import Unit
from projector_export.training.schedule import check_every
from projector_export.training.torch_layers import embedding_modules, layer_of
from projector_export.training.torch_recording import TorchRecording

__all__ = ["LightningHooks", "LightningPlan", "Trainer"]


class Trainer(Protocol):
    """What is used of Lightning's ``Trainer``."""

    current_epoch: int
    global_step: int
    is_global_zero: bool
    num_training_batches: int | float
    fit_loop: Any

    @property
    def log_dir(self) -> str | None:
        """Folder of the logger; all processes have to ask for it."""


@dataclass(frozen=True)
class LightningPlan:
    """What is to be recorded; the parameters are those of :class:`projector_export.lightning.ProjectorCallback`."""

    logdir: str | None
    module: Choice
    labels: Labels | Mapping[str, Labels] | None
    every: int
    unit: Unit
    trajectory: Wanted

    def __post_init__(self) -> None:
        check_every(self.every)
        self.recorder(self.logdir or ".")

    def recorder(self, logdir: str) -> Recorder:
        """Return what writes to a logdir."""
        return Recorder(logdir, self.unit, self.trajectory)


class LightningHooks:
    """The methods by which Lightning tells a callback about a training; Lightning's own ``Callback`` is the other parent.

    Parameters
    ----------
    plan
        What is to be recorded.
    """

    def __init__(self, plan: LightningPlan) -> None:
        super().__init__()
        self._plan = plan
        self._columns: dict[str, tuple[Column, ...]] = {}
        self._recorders: dict[str, Recorder] = {}
        self._recording: TorchRecording | None = None

    def on_train_start(self, trainer: Trainer, pl_module: object) -> None:
        """Record the state before training; one that is resumed inside an epoch is recorded at the epoch's end."""
        logdir = self._plan.logdir or trainer.log_dir
        if not logdir:
            raise InvalidInputError(
                "this trainer has no logger whose folder could be used: say where to write, as in ProjectorCallback('runs/1')"
            )
        recorder = self._recorders.setdefault(logdir, self._plan.recorder(logdir))
        self._recording = TorchRecording(recorder, self._plan.every, is_writer=trainer.is_global_zero)
        is_whole = self._plan.unit == "step" or _stands_between_epochs(trainer)
        self._recording.begin(self._number(trainer), lambda: self._layers(pl_module), is_whole=is_whole)

    def on_train_batch_end(self, trainer: Trainer, pl_module: object, *given: object) -> None:
        """Record the state after every so many steps."""
        del given
        if self._recording is not None and self._plan.unit == "step":
            self._recording.passed(trainer.global_step, lambda: self._layers(pl_module))

    def on_train_epoch_end(self, trainer: Trainer, pl_module: object) -> None:
        """Record the state after every so many epochs."""
        if self._recording is not None and self._plan.unit == "epoch":
            self._recording.passed(trainer.current_epoch + 1, lambda: self._layers(pl_module))

    def on_train_end(self, trainer: Trainer, pl_module: object) -> None:
        """Record the state after training, and write the trajectory."""
        if self._recording is not None:
            self._recording.end(self._number(trainer), lambda: self._layers(pl_module))

    def on_exception(self, trainer: Trainer, pl_module: object, exception: BaseException) -> None:
        """Let what was recorded be written when a training fails."""
        del trainer, pl_module, exception
        if self._recording is not None:
            self._recording.recorder.wait()

    def finish(self) -> tuple[Written, ...]:
        """Write the trajectory of a ``fit`` that was interrupted, and return what was written."""
        return () if self._recording is None else self._recording.recorder.finish()

    def _number(self, trainer: Trainer) -> int:
        return trainer.global_step if self._plan.unit == "step" else trainer.current_epoch

    def _layers(self, owner: object) -> dict[str, Layer]:
        layers = {}
        chosen = embedding_modules(owner, self._plan.module)
        for name, module in chosen.items():
            layer = layer_of(module, name)
            if name not in self._columns:
                labels = given_labels(self._plan.labels, name, chosen)
                n_rows = len(layer.values)
                known = numbered_columns(n_rows) if labels is None else label_columns(labels, n_rows, name)
                self._columns[name] = known
            layers[name] = replace(layer, columns=self._columns[name])
        return layers


def _stands_between_epochs(trainer: Trainer) -> bool:
    """Tell whether a training begins, or is resumed, where an epoch does (``loops/progress.py``)."""
    return trainer.fit_loop.epoch_loop.batch_progress.current.ready in {0, trainer.num_training_batches}
