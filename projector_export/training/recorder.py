"""A training's embedding layers, written while it goes on: one run an epoch, and a trajectory at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from os import PathLike, fspath
from pathlib import Path

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.pipeline import Destination, Layouts, Treatment, Written, check_wishes, write
from projector_export.provenance import Provenance, Step
from projector_export.table import Column, EmbeddingTable
from projector_export.targets.result import usual_name
from projector_export.training.background import Background
from projector_export.training.chosen_rows import Wanted, check_wanted, distances_between, find_rows
from projector_export.training.labels import numbered_columns
from projector_export.training.runs import TRAJECTORY_RUN, Unit, check_unit, recorded, run_name, stored_vectors
from projector_export.training.trajectory import Followed, color_of, trajectory
from projector_export.vectors import ArrayVectors, norms_of

__all__ = ["DEFAULT_FOLLOWED", "Layer", "Recorder"]

DEFAULT_FOLLOWED = 200
"""Rows that a trajectory follows where nobody says which: more lines are a ball of wool."""


@dataclass(frozen=True, eq=False)
class Layer:
    """An embedding layer at one moment.

    Parameters
    ----------
    values
        Shape ``(n_rows, n_dims)``, real numbers; copied at once, as float32.
    columns
        Of the rows, the label first; numbers of the rows where there are none.
    dtype
        How the training stores a value, where that is not the array's dtype (``"bfloat16"``).
    notes
        Sentences that the user should be told about it.
    """

    values: npt.NDArray[np.generic]
    columns: Sequence[Column] = ()
    dtype: str | None = None
    notes: Sequence[str] = ()


@dataclass(eq=False)
class Recorder:
    """Writes the embedding layers of a training below a logdir, in a thread of its own.

    Every moment that is recorded becomes a run (``epoch-003``), complete or not there at all. What cannot be written is an
    error of the next call, or of :meth:`finish`.

    Parameters
    ----------
    logdir
        What ``tensorboard --logdir`` is given; one for each training.
    unit
        What is counted: ``"epoch"`` or ``"step"``.
    trajectory
        The rows whose ways are shown at the end: how many (those that went farthest), or their labels or numbers; 0 for no
        trajectory.

    Raises
    ------
    InvalidInputError
        If the unit is another, or the rows are neither.
    """

    logdir: str | PathLike[str]
    unit: Unit = "epoch"
    trajectory: Wanted = DEFAULT_FOLLOWED
    _background: Background = field(default_factory=Background, init=False, repr=False)
    _shapes: dict[str, tuple[int, int]] = field(default_factory=dict, init=False, repr=False)
    _columns: dict[str, tuple[Column, ...]] = field(default_factory=dict, init=False, repr=False)
    _rows: dict[str, npt.NDArray[np.int64]] | None = field(default=None, init=False, repr=False)
    _offset: int = field(default=0, init=False, repr=False)
    _last: int | None = field(default=None, init=False, repr=False)
    _written: list[Written] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        self.unit = check_unit(self.unit)
        check_wanted(self.trajectory)
        Destination(logdir=self.logdir)

    @property
    def last(self) -> int | None:
        """Number of the last moment that was recorded, as the training counts; None before the first."""
        return None if self._last is None else self._last - self._offset

    def begin(self, number: int, *, is_resumed: bool = False) -> None:
        """Get ready for a training.

        Parameters
        ----------
        number
            Epochs or steps that it has behind it: 0 for a new one. Where this recorder has recorded more already, counting
            goes on from there.
        is_resumed
            Whether it is an earlier training that goes on, maybe from inside its first epoch.

        Raises
        ------
        InvalidInputError
            If the logdir holds a later epoch although the training is new.
        WriteError, CorruptFileError
            If nothing can be written to the logdir.
        """
        self._offset = 0 if self._last is None else max(0, self._last - number)
        check_wishes(Treatment(), Destination(logdir=self.logdir, run=run_name(self.unit, 0)))
        later = [run.name for other, run in recorded(self._folder, self.unit).items() if other > 0]
        if self._last is None and number == 0 and not is_resumed and later:
            raise InvalidInputError(
                f"{fspath(self.logdir)} holds {later[-1]} of an earlier training, and runs of two trainings would be taken for "
                f"one: give each a logdir of its own, or delete {later[0]} to {later[-1]}"
            )

    def record(self, number: int, layers: Mapping[str, Layer]) -> None:
        """Copy layers and have them written.

        Returns as soon as they are copied, unless more than a gigabyte waits to be written.

        Parameters
        ----------
        number
            Epochs or steps that the training has behind it.
        layers
            Name -> values and columns; the same layers at each call, of the same shapes.

        Raises
        ------
        ProjectorExportError
            If a layer cannot be shown, or an earlier one could not be written.
        """
        arrays = {name: np.asarray(layer.values) for name, layer in layers.items()}
        self._check(arrays, layers)
        self._background.make_room(sum(4 * array.size for array in arrays.values()))
        with np.errstate(over="ignore"):
            copies = {name: np.array(array, dtype=np.float32, order="C") for name, array in arrays.items()}
        self._last = number + self._offset
        tables = tuple(self._table(name, copies[name], layer) for name, layer in layers.items())
        n_bytes = sum(copy.nbytes for copy in copies.values())
        self._background.submit(partial(self._write_moment, self._last, tables), n_bytes)

    def finish(self) -> tuple[Written, ...]:
        """Wait for everything that was recorded, write the trajectory, and return what was written since the last call.

        Raises
        ------
        ProjectorExportError
            If something could not be written.
        """
        self._background.wait()
        if self._last is not None and self.trajectory != 0:
            self._write_trajectory(self._last)
        written, self._written = tuple(self._written), []
        return written

    def wait(self) -> None:
        """Wait for everything that was recorded, without a trajectory: for a training that failed."""
        self._background.wait()

    @property
    def _folder(self) -> Path:
        return Path(self.logdir).expanduser()

    def _check(self, arrays: Mapping[str, npt.NDArray[np.generic]], layers: Mapping[str, Layer]) -> None:
        for name, array in arrays.items():
            shape = ArrayVectors(array).shape
            if self._shapes.setdefault(name, shape) != shape:
                old = self._shapes[name]
                raise InvalidInputError(
                    f"{name!r} had {old[0]:,} rows of {old[1]:,} dimensions and has {shape[0]:,} of {shape[1]:,} now: give "
                    "what comes after such a change a logdir and a callback of its own"
                )
            if shape[0] < 2 or shape[1] < 1:
                raise InvalidInputError(
                    f"{name!r} has {shape[0]:,} rows of {shape[1]:,} dimensions, and the viewer lists only "
                    "tensors of two rows or more"
                )
            if name not in self._columns:
                self._columns[name] = tuple(layers[name].columns) or numbered_columns(shape[0])
        wanted = check_wanted(self.trajectory)
        if self._rows is None and not isinstance(wanted, int):
            known = {name: (self._shapes[name][0], self._columns[name]) for name in arrays}
            self._rows = find_rows(wanted, known)

    def _table(self, name: str, values: npt.NDArray[np.float32], layer: Layer) -> EmbeddingTable:
        dtype = layer.dtype or str(np.asarray(layer.values).dtype)
        step = Step("record_training", {"layer": name, "dtype": dtype, self.unit: self._last})
        history = Provenance().then(step, *layer.notes)
        return EmbeddingTable(usual_name(name), ArrayVectors(values), self._columns[name], history)

    def _write_moment(self, number: int, tables: Sequence[EmbeddingTable]) -> None:
        measured = [self._measured(table, number) for table in tables]
        place = Destination(logdir=self.logdir, run=run_name(self.unit, number))
        self._written += write(measured, place)

    def _measured(self, table: EmbeddingTable, number: int) -> EmbeddingTable:
        """Return the table with the length of its rows, and how far they are from where they were at first."""
        norms = norms_of(table.vectors)
        bad = np.flatnonzero(~np.isfinite(norms))
        if len(bad):
            raise InvalidInputError(
                f"{table.name!r} holds NaN or infinite numbers in {len(bad):,} of {table.n_rows:,} rows after {self.unit} "
                f"{number} (the first is row {bad[0]:,}), and cannot be shown: the training has diverged"
            )
        own = [Column("norm", norms)]
        earlier = [run for other, run in recorded(self._folder, self.unit).items() if other < number]
        first = stored_vectors(earlier[0], table.name) if earlier else None
        if first is not None and first.shape == table.shape:
            own.append(Column("moved", distances_between(first, table.vectors)))
        names = {column.name for column in table.columns}
        return replace(table, columns=(*table.columns, *(column for column in own if column.name not in names)))

    def _write_trajectory(self, last: int) -> None:
        tables = []
        for name, columns in self._columns.items():
            runs = {number: run for number, run in recorded(self._folder, self.unit).items() if number <= last}
            stored = {number: stored_vectors(run, usual_name(name)) for number, run in runs.items()}
            epochs = {number: vectors for number, vectors in stored.items() if vectors is not None}
            wanted = check_wanted(self.trajectory)
            rows = wanted if isinstance(wanted, int) else (self._rows or {}).get(name, np.empty(0, dtype=np.int64))
            table = trajectory(Followed(usual_name(name), epochs, columns, self.unit), rows)
            if table is not None:
                tables.append(table)
        for table in tables:
            layouts = Layouts(metric="euclidean", color=color_of(table, self.unit))
            treatment = Treatment(center=True, layouts=layouts)
            self._written += write(table, Destination(logdir=self.logdir, run=TRAJECTORY_RUN), treatment=treatment)
