"""The embedding table: what every source makes, every transform turns into another, and every target writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.provenance import Provenance, Step
from projector_export.table.column import Column
from projector_export.table.layout import Layout
from projector_export.table.neighbours import Neighbours
from projector_export.table.selection import Selection
from projector_export.table.thumbnails import Thumbnails
from projector_export.vectors import (
    BLOCK_BYTES,
    ArrayVectors,
    Float32Array,
    SelectedVectors,
    Vectors,
    bad_rows_of,
    blocks_of,
)

__all__ = ["EmbeddingTable", "listed"]

N_LISTED = 5


def listed(rows: npt.NDArray[np.int64]) -> str:
    """Return the first few row numbers as words of a sentence."""
    first = ", ".join(str(row) for row in rows[:N_LISTED].tolist())
    return f"row {first}" if len(rows) == 1 else f"rows {first}{', …' if len(rows) > N_LISTED else ''}"


@dataclass(frozen=True, eq=False)
class EmbeddingTable:
    """Vectors with their columns and their history, checked once, then frozen.

    Parameters
    ----------
    name
        What the viewer calls the tensor.
    vectors
        ``(n_rows, n_dims)``: an array, or a lazy view that is read in blocks.
    columns
        One value a row each, in display order; the first text column is the label.
    provenance
        Where the rows came from and what was done to them.
    neighbours
        The nearest neighbours of every row, where somebody has asked for them.
    layouts
        Pictures of all rows.
    components
        Coordinates on the first principal axes of the centred vectors, float32, shape ``(n_rows, at most 10)``, where there
        are layouts: a saved view of the viewer has to bring them along.
    selections
        Named sets of rows.
    thumbnails
        One small picture a row.

    Raises
    ------
    InvalidInputError
        If there is no row or no dimension, a part has another number of rows, or two columns or layouts share a name.
    """

    name: str
    vectors: Vectors
    columns: Sequence[Column] = ()
    provenance: Provenance = field(default_factory=Provenance)
    neighbours: Neighbours | None = None
    layouts: tuple[Layout, ...] = ()
    components: Float32Array | None = None
    selections: tuple[Selection, ...] = ()
    thumbnails: Thumbnails | None = None

    def __post_init__(self) -> None:
        self._check_parts()
        n_rows, n_dims = self.vectors.shape
        if n_rows < 1 or n_dims < 1:
            raise InvalidInputError(f"table {self.name!r} is empty: it has {n_rows} rows of {n_dims} dimensions")
        names = [column.name for column in self.columns]
        for column in self.columns:
            if len(column.values) != n_rows:
                raise InvalidInputError(
                    f"column {column.name!r} has {len(column.values):,} values for {n_rows:,} rows of table {self.name!r}"
                )
            if names.count(column.name) > 1:
                raise InvalidInputError(f"table {self.name!r} has two columns named {column.name!r}: rename one")
        self._check_pictures()

    def _check_pictures(self) -> None:
        names = [layout.name for layout in self.layouts]
        for name in names:
            if names.count(name) > 1:
                raise InvalidInputError(f"table {self.name!r} has two layouts named {name!r}: give one another name")
        self._check_selections()
        parts = {f"layout {layout.name!r}": len(layout.coordinates) for layout in self.layouts}
        if self.neighbours is not None:
            parts["the neighbours"] = len(self.neighbours.indices)
        if self.components is not None:
            parts["the principal components"] = len(self.components)
        if self.thumbnails is not None:
            parts["the thumbnails"] = len(self.thumbnails)
        for part, n_rows in parts.items():
            if n_rows != self.n_rows:
                raise InvalidInputError(f"{part} of table {self.name!r}: {n_rows:,} rows instead of {self.n_rows:,}")

    def _check_parts(self) -> None:
        if not isinstance(self.name, str):
            raise InvalidInputError(f"a table's name is a text, not {self.name!r}")
        if not isinstance(self.vectors, Vectors):
            raise InvalidInputError(
                f"vectors of table {self.name!r} are a {type(self.vectors).__name__}: use EmbeddingTable.from_array for arrays"
            )
        columns = (self.columns,) if isinstance(self.columns, Column) else tuple(self.columns)
        for column in columns:
            if not isinstance(column, Column):
                raise InvalidInputError(f"{column!r} is no column of table {self.name!r}: use Column(name, values)")
        object.__setattr__(self, "columns", columns)

    def _check_selections(self) -> None:
        names = [selection.name for selection in self.selections]
        for selection in self.selections:
            if names.count(selection.name) > 1:
                raise InvalidInputError(f"table {self.name!r} has two selections named {selection.name!r}: rename one")
            if len(selection.rows) and selection.rows[-1] >= self.n_rows:
                raise InvalidInputError(
                    f"selection {selection.name!r} of table {self.name!r} holds the row number {selection.rows[-1]:,}, and "
                    f"there are {self.n_rows:,} rows"
                )

    @classmethod
    def from_array(
        cls, array: npt.NDArray[np.generic], *, name: str = "embeddings", columns: Sequence[Column] = ()
    ) -> EmbeddingTable:
        """Make a table of an array in memory.

        Parameters
        ----------
        array
            Shape ``(n_rows, n_dims)``, real numbers. It is copied, so later changes to it do not reach the table.
        name
            What the viewer calls the tensor.
        columns
            One value a row each, in display order.
        """
        if np.ma.isMaskedArray(array):
            raise InvalidInputError(
                "a masked array has no values where it is masked: fill them, or leave those rows out"
            )
        try:
            copy = np.array(array)
        except ValueError as error:
            raise InvalidInputError(f"rows of different lengths are no table of vectors ({error})") from error
        copy.flags.writeable = False
        vectors = ArrayVectors(copy)
        step = Step("from_array", {"shape": list(vectors.shape), "dtype": vectors.dtype})
        return cls(name, vectors, columns, Provenance().then(step))

    @property
    def shape(self) -> tuple[int, int]:
        """``(n_rows, n_dims)``."""
        return self.vectors.shape

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.vectors.shape[0]

    @property
    def n_dims(self) -> int:
        """Number of dimensions."""
        return self.vectors.shape[1]

    def require_finite(self) -> None:
        """Walk through all rows.

        Raises
        ------
        InvalidInputError
            If one holds NaN or infinite numbers; the sentence names the first ones.
        """
        rows = bad_rows_of(self.vectors)
        if len(rows):
            raise InvalidInputError(
                f"{len(rows):,} of {self.n_rows:,} rows of {self.name!r} hold NaN, infinite numbers, or numbers beyond float32 "
                f"({listed(rows)}), and the viewer shows nothing then: mend them, or add --drop-bad-rows (drop_bad_rows=True)"
            )

    def column(self, name: str) -> Column:
        """Return the column of that name.

        Raises
        ------
        InvalidInputError
            If there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        known = ", ".join(column.name for column in self.columns) or "none at all"
        raise InvalidInputError(f"table {self.name!r} has no column {name!r}; it has {known}")

    def blocks(self, *, block_bytes: int = BLOCK_BYTES) -> Iterator[tuple[int, Float32Array]]:
        """Walk through the vectors in blocks, as :func:`blocks_of` does."""
        return blocks_of(self.vectors, block_bytes=block_bytes)

    def with_vectors(self, vectors: Vectors, step: Step, *notes: str) -> EmbeddingTable:
        """Return this table with other vectors for the same rows; neighbours and components belonged to the old ones."""
        return replace(
            self,
            vectors=vectors,
            provenance=self.provenance.then(step, *notes),
            neighbours=None,
            components=None,
        )

    def with_neighbours(self, neighbours: Neighbours, step: Step, *notes: str) -> EmbeddingTable:
        """Return this table with the nearest neighbours of its rows."""
        return replace(self, neighbours=neighbours, provenance=self.provenance.then(step, *notes))

    def with_layout(self, layout: Layout, step: Step, *notes: str) -> EmbeddingTable:
        """Return this table with one more picture of its rows."""
        return replace(self, layouts=(*self.layouts, layout), provenance=self.provenance.then(step, *notes))

    def take(self, rows: npt.NDArray[np.int64], step: Step, *notes: str) -> EmbeddingTable:
        """Return the table of the chosen rows (increasing row numbers), still lazy."""
        return replace(
            self,
            vectors=SelectedVectors(self.vectors, rows),
            columns=tuple(column.take(rows) for column in self.columns),
            provenance=self.provenance.then(step, *notes),
            neighbours=None,
            layouts=tuple(layout.take(rows) for layout in self.layouts),
            components=None if self.components is None else self.components[rows],
            selections=tuple(selection.take(rows) for selection in self.selections),
            thumbnails=None if self.thumbnails is None else self.thumbnails.take(rows),
        )
