"""The ways that rows went in a training: their points of all epochs in one table, each linked to the next.

The viewer draws a line from point to point along the column ``__seq_next__``, which holds the number of the next point's row
(``vz_projector/data.ts``, ``SEQUENCE_METADATA_ATTRS``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.formats.javascript import LARGEST_CATEGORIES
from projector_export.formats.viewer_limits import MAX_ROWS, MAX_TENSOR_BYTES
from projector_export.provenance import Provenance, Step
from projector_export.table import Column, EmbeddingTable
from projector_export.training.chosen_rows import distances_between, most_moved
from projector_export.transforms.layouts.pca import Pca, pca
from projector_export.vectors import ArrayVectors, Float32Array, SelectedVectors, Vectors

__all__ = ["SEQUENCE_COLUMN", "Followed", "color_of", "trajectory"]

SEQUENCE_COLUMN = "__seq_next__"

OWN_COLORS = 10
"""Categories that the viewer gives different colours (``vz_projector/util.ts``, d3's ``schemeCategory10``)."""


@dataclass(frozen=True, eq=False)
class Followed:
    """A layer whose rows are followed.

    Parameters
    ----------
    name
        What the viewer calls the layer.
    epochs
        Number of an epoch or step -> the layer's vectors by then, all of one shape; increasing.
    columns
        Of the layer's rows; the first text column is the label.
    unit
        What the numbers count: ``"epoch"`` or ``"step"``.
    """

    name: str
    epochs: Mapping[int, Vectors]
    columns: Sequence[Column]
    unit: str = "epoch"


def trajectory(followed: Followed, rows: int | npt.NDArray[np.int64]) -> EmbeddingTable | None:
    """Return the table of the ways that rows went, with their principal components as a layout where they can be had.

    Parameters
    ----------
    followed
        What went.
    rows
        Row numbers, or how many: those whose last point is farthest from their first.

    Returns
    -------
    EmbeddingTable or None
        One row a point, the points of a row one after the other, with columns ``token`` (or what the label is called), the
        epoch, ``row``, ``moved`` (Euclidean distance from the row's first point), ``path`` (length of the way so far), the
        layer's other columns of texts, and ``__seq_next__``. None where there are fewer than two epochs or no rows.

    Raises
    ------
    InvalidInputError
        If the epochs differ in shape.
    """
    numbers = list(followed.epochs)
    _require_one_shape(followed)
    if len(numbers) < 2:
        return None
    if isinstance(rows, int):
        rows = most_moved(distances_between(followed.epochs[numbers[0]], followed.epochs[numbers[-1]]), rows)
    if not len(rows):
        return None
    kept = _thinned(numbers, len(rows), followed.epochs[numbers[0]].shape[1])
    points = np.stack([_rows_of(followed.epochs[number], rows) for number in kept], axis=1)
    step = Step(
        "trajectory",
        {"layer": followed.name, "unit": followed.unit, followed.unit: list(kept), "rows": rows.tolist()},
    )
    notes = [] if len(kept) == len(numbers) else [_thinning_note(followed.unit, len(kept), len(numbers))]
    columns = (*_point_columns(followed, rows, kept, points), _links(*points.shape[:2]))
    vectors = ArrayVectors(points.reshape(-1, points.shape[2]))
    name = f"{followed.name} trajectory"
    return _laid_out(EmbeddingTable(name, vectors, columns, Provenance().then(step, *notes)))


def color_of(table: EmbeddingTable, unit: str) -> str | None:
    """Return the column by which a trajectory is coloured, None without a layout.

    That is the epoch, where each has a colour of its own (up to 10) or there is a gradient (beyond 50); between, the viewer
    would give the colours of the first ten again, and the distance from the beginning tells more.
    """
    if not table.layouts:
        return None
    n_epochs = len(set(table.column(unit).values))
    n_distances = len(set(table.column("moved").values))
    return "moved" if OWN_COLORS < n_epochs <= LARGEST_CATEGORIES < n_distances else unit


def _require_one_shape(followed: Followed) -> None:
    shapes = {number: vectors.shape for number, vectors in followed.epochs.items()}
    for number, shape in shapes.items():
        first, expected = next(iter(shapes.items()))
        if shape != expected:
            raise InvalidInputError(
                f"{followed.name!r} has {expected[0]:,} rows of {expected[1]:,} dimensions in {followed.unit} {first} and "
                f"{shape[0]:,} of {shape[1]:,} in {followed.unit} {number}: they are of different trainings, give each a "
                "logdir of its own"
            )


def _thinned(numbers: Sequence[int], n_rows: int, n_dims: int) -> list[int]:
    """Return as many epochs, evenly spaced, first and last among them, as the viewer shows points."""
    n_points = min(MAX_ROWS, MAX_TENSOR_BYTES // (4 * n_dims))
    count = min(len(numbers), max(2, n_points // n_rows))
    places = np.linspace(0, len(numbers) - 1, count).round().astype(int)
    return [numbers[place] for place in places]


def _thinning_note(unit: str, n_kept: int, n_all: int) -> str:
    return (
        f"the trajectory passes through {n_kept:,} of {n_all:,} {unit}s, evenly spaced: the viewer shows no more points"
    )


def _rows_of(vectors: Vectors, rows: npt.NDArray[np.int64]) -> Float32Array:
    order = np.argsort(rows, kind="stable")
    found = np.empty((len(rows), vectors.shape[1]), dtype=np.float32)
    found[order] = SelectedVectors(vectors, rows[order]).read(0, len(rows))
    return found


def _point_columns(
    followed: Followed, rows: npt.NDArray[np.int64], kept: Sequence[int], points: Float32Array
) -> list[Column]:
    n_epochs = len(kept)
    each = np.repeat(rows, n_epochs)
    texts = [column.take(each) for column in followed.columns if not column.is_numeric]
    label, *others = texts or [Column("token", [f"row {row}" for row in each.tolist()])]
    wide = points.astype(np.float64)
    own = [
        Column(followed.unit, np.tile(np.array(kept), len(rows))),
        Column("row", each),
        Column("moved", np.linalg.norm(wide - wide[:, :1], axis=2).reshape(-1)),
        Column("path", _path_lengths(wide).reshape(-1)),
    ]
    taken = {column.name for column in own} | {SEQUENCE_COLUMN, "__next__"}
    if label.name in taken:
        label = replace(label, name="token")
    return [label, *own, *(column for column in others if column.name not in {*taken, label.name})]


def _path_lengths(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    steps = np.linalg.norm(np.diff(points, axis=1, prepend=points[:, :1]), axis=2)
    return np.cumsum(steps, axis=1)


def _links(n_rows: int, n_epochs: int) -> Column:
    following = np.arange(1.0, n_rows * n_epochs + 1).reshape(n_rows, n_epochs)
    following[:, -1] = np.nan
    return Column(SEQUENCE_COLUMN, following.reshape(-1))


def _laid_out(table: EmbeddingTable) -> EmbeddingTable:
    """Return the table with its exact principal components, all epochs together, unless it spans too few dimensions."""
    if table.n_dims < 2:
        return table
    try:
        return pca(table, Pca(n_components=min(3, table.n_dims)))
    except InvalidInputError as error:
        step = Step("pca", {"made": False})
        return replace(table, provenance=table.provenance.then(step, f"the trajectory has no layout: {error}"))
