"""How far each row is from rows that are known to be untrained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.table import EmbeddingTable
from projector_export.transforms.diagnose.indicator import Indicator
from projector_export.transforms.moments import principal_axes
from projector_export.vectors import ArrayVectors, Float32Array, Progress, SelectedVectors, Vectors, blocks_of

__all__ = [
    "CENTRED",
    "COSINE",
    "EUCLIDEAN",
    "FROM_REFERENCES",
    "WITHOUT_FIRST",
    "reference_distances",
    "reference_mean",
]

COSINE = "cosine to references"
EUCLIDEAN = "distance to references"
CENTRED = "centred cosine to references"
WITHOUT_FIRST = "cosine to references without first component"
FROM_REFERENCES = (COSINE, EUCLIDEAN, CENTRED, WITHOUT_FIRST)

SAMPLE_VALUES = 2**26
"""The first component is that of all rows up to so many numbers, else of evenly spaced rows: 268 MB as float32."""

EXACT_DIMS = 256
EXACT_PRODUCTS = 5e10
"""Up to so many dimensions, or rows times squared dimensions, the first component comes from the covariance matrix."""

LANCZOS_TOLERANCE = 1e-5
ROUNDING = 1e-13
"""What is left of a squared length after a subtraction is nothing below this share of it."""


def reference_distances(
    table: EmbeddingTable,
    references: npt.NDArray[np.int64],
    *,
    least_product: float = 0.0,
    progress: Progress | None = None,
) -> tuple[Indicator, ...]:
    """Return how far each row is from the mean of reference rows, measured in four ways.

    The loss drives the logits of a token that never occurs down for every text, so its output row ends up near the negative of
    a direction that all texts share: untrained rows are alike (Land & Bartolo 2024, arXiv 2405.05417, section 2.2).

    Parameters
    ----------
    table
        The output table, or the only one.
    references
        Row numbers, at least one.
    least_product
        The product of two lengths is taken to be at least this. The published program takes 1e-6, which puts a short row at
        distance 1 even if it points to the references.
    progress
        Called with rows done and all rows.

    Returns
    -------
    tuple of Indicator
        For rows U, references R and u = mean of U[R]:

        - cosine: ``1 - U[i].u / (|U[i]| |u|)``;
        - euclidean: ``|U[i] - u|``;
        - centred: the cosine, after the mean of all rows was subtracted from rows and references;
        - without first component: the cosine, after the direction of largest variance was projected out of rows and references,
          which are not centred for it (the indicator of the paper's first version).

        All in float64; a row without direction has NaN, unless ``least_product`` gives it a distance of 1.

    Raises
    ------
    InvalidInputError
        If there is no reference row, or one lies outside the table.
    """
    target = reference_mean(table.vectors, references)
    told = None if progress is None else lambda done, total: progress(done, 2 * total)
    centre, sample = _first_walk(table.vectors, told)
    axis = _first_axis(sample)
    del sample
    told = None if progress is None else lambda done, total: progress(done + total, 2 * total)
    walked = _products(table.vectors, np.column_stack([target, centre, axis]), told)
    rows = _Geometry(*walked, target, centre, axis, least_product)
    what = "to the mean of the reference rows"
    return (
        Indicator(COSINE, f"1 minus the cosine of the angle {what}", rows.plain()),
        Indicator(EUCLIDEAN, f"Euclidean distance {what}", rows.euclidean()),
        Indicator(
            CENTRED, f"1 minus the cosine of the angle {what}, after the table's mean was subtracted", rows.centred()
        ),
        Indicator(
            WITHOUT_FIRST,
            f"1 minus the cosine of the angle {what}, after the direction of largest variance was projected out",
            rows.without_first(),
        ),
    )


def reference_mean(vectors: Vectors, references: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the mean of reference rows, shape ``(n_dims,)``.

    Raises
    ------
    InvalidInputError
        If there is no reference row, or one lies outside the table.
    """
    n_rows = vectors.shape[0]
    rows = np.unique(references)
    if not len(rows):
        raise InvalidInputError("no reference row is given: name rows that are known to be untrained, such as 177-187")
    if rows[0] < 0 or rows[-1] >= n_rows:
        wrong = rows[0] if rows[0] < 0 else rows[-1]
        raise InvalidInputError(f"reference row {wrong:,} lies outside the table, whose rows are 0 to {n_rows - 1:,}")
    total = np.zeros(vectors.shape[1])
    for _, block in blocks_of(SelectedVectors(vectors, rows)):
        total += block.sum(axis=0, dtype=np.float64)
    return total / len(rows)


def _first_walk(vectors: Vectors, progress: Progress | None) -> tuple[npt.NDArray[np.float64], Float32Array]:
    """Return the mean row, and the rows that the first component is found in."""
    n_rows, n_dims = vectors.shape
    stride = max(1, -(-n_rows * n_dims // SAMPLE_VALUES))
    sample = np.empty((-(-n_rows // stride), n_dims), dtype=np.float32)
    total = np.zeros(n_dims)
    for start, block in blocks_of(vectors):
        total += block.sum(axis=0, dtype=np.float64)
        taken = block[-start % stride :: stride]
        first = -(-start // stride)
        sample[first : first + len(taken)] = taken
        if progress:
            progress(start + len(block), n_rows)
    return total / n_rows, sample


def _first_axis(sample: Float32Array) -> npt.NDArray[np.float64]:
    """Return the direction of largest variance: exactly where that is cheap, else by Lanczos in float32."""
    n_rows, n_dims = sample.shape
    if n_dims <= EXACT_DIMS or n_rows * n_dims**2 <= EXACT_PRODUCTS:
        return np.asarray(principal_axes(ArrayVectors(sample), 1).components[0])
    from scipy.sparse.linalg import LinearOperator, eigsh

    sample -= sample.mean(axis=0, dtype=np.float64).astype(np.float32)

    def scatter(vector: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        shares = sample @ vector.reshape(-1).astype(np.float32)
        return np.asarray(shares @ sample, dtype=np.float64)

    start = np.random.default_rng(0).standard_normal(n_dims)
    operator = LinearOperator((n_dims, n_dims), matvec=scatter, dtype=np.float64)
    return np.asarray(eigsh(operator, k=1, v0=start, tol=LANCZOS_TOLERANCE)[1][:, 0])


def _products(
    vectors: Vectors, columns: npt.NDArray[np.float64], progress: Progress | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the squared length of each row, and its products with each column."""
    n_rows = vectors.shape[0]
    squares, products = np.empty(n_rows), np.empty((n_rows, columns.shape[1]))
    for start, block in blocks_of(vectors):
        wide = block.astype(np.float64)
        stop = start + len(block)
        squares[start:stop] = np.matmul(wide[:, None, :], wide[:, :, None])[:, 0, 0]
        products[start:stop] = wide @ columns
        if progress:
            progress(stop, n_rows)
    return squares, products


@dataclass(frozen=True, eq=False)
class _Geometry:
    """What is known of all rows: squared lengths, and products with target, centre and axis."""

    squares: npt.NDArray[np.float64]
    products: npt.NDArray[np.float64]
    target: npt.NDArray[np.float64]
    centre: npt.NDArray[np.float64]
    axis: npt.NDArray[np.float64]
    least_product: float

    def plain(self) -> npt.NDArray[np.float64]:
        return self._cosine_distance(self.products[:, 0], self.squares, float(self.target @ self.target))

    def euclidean(self) -> npt.NDArray[np.float64]:
        squared = self.squares - 2 * self.products[:, 0] + self.target @ self.target
        return np.asarray(np.sqrt(np.maximum(squared, 0.0)))

    def centred(self) -> npt.NDArray[np.float64]:
        moved = self.target - self.centre
        products = self.products[:, 0] - self.products[:, 1] - moved @ self.centre
        squares = self.squares - 2 * self.products[:, 1] + self.centre @ self.centre
        return self._cosine_distance(products, squares, float(moved @ moved))

    def without_first(self) -> npt.NDArray[np.float64]:
        share = self.target @ self.axis
        left = self.target - share * self.axis
        products = self.products[:, 0] - self.products[:, 2] * share
        return self._cosine_distance(products, self.squares - self.products[:, 2] ** 2, float(left @ left))

    def _cosine_distance(
        self, products: npt.NDArray[np.float64], squares: npt.NDArray[np.float64], target_square: float
    ) -> npt.NDArray[np.float64]:
        lengths = np.sqrt(np.where(squares > ROUNDING * self.squares, squares, 0.0) * target_square)
        lengths = np.maximum(lengths, self.least_product)
        return np.asarray(1.0 - np.divide(products, lengths, out=np.full(len(products), np.nan), where=lengths > 0))
