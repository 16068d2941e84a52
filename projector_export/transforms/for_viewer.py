"""What the viewer can take of a table: its first 100,000 rows, what a browser holds, and at least three dimensions."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.formats.viewer_limits import MAX_ROWS, MAX_TENSOR_BYTES, MIN_DIMS
from projector_export.provenance import Step
from projector_export.table import EmbeddingTable
from projector_export.transforms.principal_components import principal_components
from projector_export.vectors import Float32Array, MappedVectors, Progress

__all__ = ["ViewerLimits", "choose_rows", "for_viewer"]

ORDINARY_KINDS = frozenset({"word", "subword", "number", "punctuation"})
"""Kinds of tokens of which a sample is enough; all others, and what was selected, are what people look for."""


@dataclass(frozen=True)
class ViewerLimits:
    """What the viewer is given.

    Parameters
    ----------
    max_rows
        At most so many rows, at least 2; above 100,000 TensorBoard's viewer shows only the first of them.
    max_bytes
        At most so many bytes of float32, 0 for no limit; a larger tensor is brought below by exact PCA.
    """

    max_rows: int = MAX_ROWS
    max_bytes: int = MAX_TENSOR_BYTES

    def __post_init__(self) -> None:
        if self.max_rows < 2:
            raise InvalidInputError(f"the viewer needs at least 2 rows, not {self.max_rows:,}")
        if self.max_bytes < 0:
            raise InvalidInputError(f"a limit of {self.max_bytes:,} bytes makes no sense: 0 means no limit")


def for_viewer(
    table: EmbeddingTable, limits: ViewerLimits | None = None, *, progress: Progress | None = None
) -> EmbeddingTable:
    """Return what the viewer is given of a table: the same object where it can take all of it.

    Parameters
    ----------
    table
        Vectors that may be lazy; they are walked through only if they are reduced.
    limits
        How much it may be.
    progress
        Called with rows done and all rows while principal components are computed.

    Raises
    ------
    InvalidInputError
        If the table has a single row, which the viewer does not list, or has to be reduced and holds numbers that are not
        finite.
    """
    limits = limits or ViewerLimits()
    if table.n_rows < 2:
        raise InvalidInputError(
            f"{table.name!r} has a single row, and the viewer lists only tensors of two rows or more"
        )
    n_bytes = 4 * min(table.n_rows, limits.max_rows) * table.n_dims
    is_reduced = 0 < limits.max_bytes < n_bytes
    if is_reduced:
        table.require_finite()  # now, while rows have the numbers that the user knows
    if table.n_rows > limits.max_rows:
        table = choose_rows(table, limits.max_rows)
    if is_reduced:
        reduced = principal_components(table, _dims_below(table.n_rows, limits.max_bytes), progress=progress)
        table = replace(reduced, components=table.components)  # principal axes of principal axes are the same
    return _padded(table) if table.n_dims < MIN_DIMS else table


def choose_rows(table: EmbeddingTable, n_rows: int) -> EmbeddingTable:
    """Return a table of so many rows: all special, unused and odd kinds of tokens, the rest evenly spaced.

    Parameters
    ----------
    table
        Its column ``kind``, where it has one, tells what is odd.
    n_rows
        Rows to keep, in their order.
    """
    odd = _odd_rows(table)
    ordinary = np.setdiff1d(np.arange(table.n_rows), odd)
    if len(odd) >= n_rows:
        chosen = _evenly(odd, n_rows)
    else:
        chosen = np.sort(np.concatenate([odd, _evenly(ordinary, n_rows - len(odd))]))
    selected = ", all that were selected" if any(len(selection.rows) for selection in table.selections) else ""
    kept = (
        f"all special, unused and odd ones{selected} and an even sample of the rest" if len(odd) else "an even sample"
    )
    note = f"the viewer shows {len(chosen):,} of {table.n_rows:,} rows: {kept} (--rows changes it)"
    step = Step("choose_rows", {"n_rows": len(chosen), "of_rows": table.n_rows, "kept_for_their_kind": len(odd)})
    return table.take(chosen, step, note)


def _odd_rows(table: EmbeddingTable) -> npt.NDArray[np.int64]:
    kinds = next(
        (tuple(column.values) for column in table.columns if column.name == "kind" and not column.is_numeric), ()
    )
    odd = np.array([row for row, kind in enumerate(kinds) if kind not in ORDINARY_KINDS], dtype=np.int64)
    return np.unique(np.concatenate([odd, *(selection.rows for selection in table.selections)]))


def _evenly(rows: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    return rows[np.arange(count) * len(rows) // count]


def _dims_below(n_rows: int, max_bytes: int) -> int:
    fitting = max_bytes // (4 * n_rows)
    return max(MIN_DIMS, fitting - fitting % 10 if fitting > 20 else fitting)


def _padded(table: EmbeddingTable) -> EmbeddingTable:
    """Add dimensions of zeros up to three: the viewer's first view has three axes and draws nothing without them."""
    missing = MIN_DIMS - table.n_dims

    def pad(block: Float32Array) -> Float32Array:
        return np.pad(block, ((0, 0), (0, missing)))

    step = Step("pad_dimensions", {"from_dims": table.n_dims, "to_dims": MIN_DIMS})
    note = f"the viewer draws nothing of {table.n_dims} dimensions: zeros fill them up to three"
    padded = table.with_vectors(MappedVectors(table.vectors, MIN_DIMS, pad), step, note)
    return replace(padded, components=table.components)
