"""Rows made ready for a search: under either metric the squared Euclidean distance puts them in the right order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.vectors import BLOCK_BYTES, Float32Array, Vectors, blocks_of

__all__ = ["PreparedRows", "prepare"]


@dataclass(frozen=True, eq=False)
class PreparedRows:
    """Centred float32 rows in one array, of unit length before the centring where the metric is cosine.

    Parameters
    ----------
    rows
        Shape ``(n_rows, n_dims)``.
    metric
        Distance between the rows of the table.
    scale
        Distances between the table's rows are this much larger than those between ``rows`` (a power of two).

    Notes
    -----
    For unit rows ``1 - cos(a, b) = |a - b|**2 / 2``: the difference keeps the digits of near rows that ``1 - cos`` loses. A
    common shift changes no distance, and takes away what would swamp the others in ``|a|**2 + |b|**2 - 2 a.b``.
    """

    rows: Float32Array
    metric: str
    scale: float

    def distances(self, squared: Float32Array) -> Float32Array:
        """Return distances under the metric for squared Euclidean distances between ``rows``.

        Raises
        ------
        InvalidInputError
            If one is larger than any float32.
        """
        if self.metric == "cosine":
            return np.asarray(squared * np.float32(0.5), dtype=np.float32)
        lengths = np.sqrt(squared, dtype=np.float32)
        if float(lengths.max(initial=0)) * self.scale > float(np.finfo(np.float32).max):
            raise InvalidInputError("rows lie further apart than float32 can hold: divide the vectors, or use cosine")
        return np.asarray(lengths * np.float32(self.scale), dtype=np.float32)


def prepare(vectors: Vectors, metric: str) -> PreparedRows:
    """Read all rows into one array and make them ready; no second copy is alive at any time.

    Parameters
    ----------
    vectors
        Finite rows, none zero where the metric is cosine.
    metric
        One of :data:`~projector_export.table.METRICS`.
    """
    rows = np.empty(vectors.shape, dtype=np.float32)
    total = np.zeros(vectors.shape[1])
    largest = 0.0
    for start, block in blocks_of(vectors):
        part = rows[start : start + len(block)]
        part[:] = _unit(block) if metric == "cosine" else block
        total += part.sum(axis=0, dtype=np.float64)
        largest = max(largest, float(np.abs(part).max()))
    scale = 1.0 if metric == "cosine" else float(2.0 ** np.frexp(largest)[1])
    centre = total / len(rows)
    step = max(1, BLOCK_BYTES // (4 * rows.shape[1]))
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        part[:] = (part - centre) / scale
    return PreparedRows(rows, metric, scale)


def _unit(block: Float32Array) -> npt.NDArray[np.float64]:
    wide = block.astype(np.float64)
    wide /= np.sqrt(np.einsum("ij,ij->i", wide, wide))[:, None]
    return wide
