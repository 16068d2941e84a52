"""For users of PyTorch Lightning: the embeddings of a training, epoch by epoch, in TensorBoard's Projector."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from os import PathLike, fspath
from typing import Any

from projector_export.training.choice import Choice
from projector_export.training.chosen_rows import Wanted
from projector_export.training.labels import Labels
from projector_export.training.lightning_hooks import LightningHooks, LightningPlan
from projector_export.training.recorder import DEFAULT_FOLLOWED
from projector_export.training.runs import Unit

__all__ = ["ProjectorCallback"]

PACKAGES = {"lightning": "lightning.pytorch", "pytorch_lightning": "pytorch_lightning"}
"""Both have a ``Callback`` of their own, and a trainer takes only its own where it is given a single one."""


def _callback_class() -> type:
    """Return the class of callbacks of whichever Lightning was imported: of both, if both were."""
    imported = [name for name in PACKAGES.values() if name in sys.modules]
    installed = [name for package, name in PACKAGES.items() if find_spec(package) is not None]
    names = imported or installed[:1] or ["lightning.pytorch"]
    parents = dict.fromkeys(import_module(name).Callback for name in names)
    return type("Callback", tuple(parents), {})


_Callback: Any = _callback_class()


class ProjectorCallback(LightningHooks, _Callback):
    """A Lightning callback that writes ``nn.Embedding`` modules as runs ``epoch-000`` (before training), and so on.

    At the end of ``fit`` a run ``trajectory`` shows the ways that rows went; after an interrupted one, call ``finish()``.

    The export is written by another thread: an epoch waits only until the values are copied. What still waits when a program
    ends without ``finish`` is left out, whole. Where something cannot be written, the next export, or the end
    of ``fit``, raises the error. Of several processes the first one writes.

    Parameters
    ----------
    logdir
        What ``tensorboard --logdir`` is given; by default the trainer's ``log_dir``.
    module
        Name of the embedding inside the LightningModule, or of several; not needed where there is only one.
    labels
        What the rows are: a path (one label a line, TSV or CSV with heads, JSON), a list of texts, or columns; a dictionary
        by module's name where there are several. By default row numbers.
    every
        Write after every so many epochs, or steps; the states before and after the training are always written.
    unit
        ``"epoch"``, or ``"step"`` for optimizer steps (runs ``step-0000500``).
    trajectory
        Which rows are followed: how many (those that went farthest), or a list of labels and row numbers; 0 for none.

    Examples
    --------
    >>> Trainer(callbacks=[ProjectorCallback("runs/1", module="encoder.tokens")])  # doctest: +SKIP
    """

    def __init__(
        self,
        logdir: str | PathLike[str] | None = None,
        module: Choice = None,
        labels: Labels | Mapping[str, Labels] | None = None,
        every: int = 1,
        *,
        unit: Unit = "epoch",
        trajectory: Wanted = DEFAULT_FOLLOWED,
    ) -> None:
        place = None if logdir is None else fspath(logdir)
        super().__init__(LightningPlan(place, module, labels, every, unit, trajectory))
