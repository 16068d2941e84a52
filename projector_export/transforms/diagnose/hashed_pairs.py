"""Pairs of rows that fall into the same cell of random projections: almost all near pairs, at about linear cost."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export.transforms.diagnose.linked_rows import Links
from projector_export.transforms.diagnose.row_sketch import RowSketch
from projector_export.vectors import Float32Array, Progress

__all__ = ["links_of"]

N_TABLES = 32
N_HASHES = 10
CELL_RADII = 4.0
N_FOLLOWING = 4
N_FIRST_LOOK = 32
BLOCK_PAIRS = 65_536
FARTHEST = 2.0**62


def links_of(stand_ins: RowSketch, radius: float, seed: int, *, progress: Progress | None = None) -> Links:
    """Return shortest links between rows whose stand-ins are nearer than the radius.

    Parameters
    ----------
    stand_ins
        Of all rows.
    radius
        Largest distance.
    seed
        Draws the projections.
    progress
        Called with tables done and all tables.

    Notes
    -----
    Locality-sensitive hashing for Euclidean distances (Datar, Immorlica, Indyk and Mirrokni 2004): 32 tables of 10 hashes
    ``floor((a.x + b) / w)``, with cells of width ``w`` of 4 radii. Two rows one radius apart share a cell of one table with
    probability 0.80 ** 10 = 0.11, and of any with 0.97; 3.3 radii apart with 2e-4 a table. The rows of a cell are put in the
    order of one more projection, and each is compared with the 4 that follow: the cost of a table is linear in rows, also
    where thousands of rows share one cell.
    """
    random = np.random.default_rng(seed)
    limit = stand_ins.slack * radius**2
    links = Links.none()
    for table in range(N_TABLES):
        found = _near(stand_ins.rows, *_neighbours(stand_ins.rows, CELL_RADII * radius, random), limit)
        if len(found.first):
            links = links.joined(found)
        if progress:
            progress(table + 1, N_TABLES)
    return links


def _neighbours(
    rows: Float32Array, width: float, random: np.random.Generator
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return pairs of rows that follow each other in a cell."""
    directions = random.standard_normal((rows.shape[1], N_HASHES + 1), dtype=np.float32)
    projected = rows @ directions
    places = np.floor(projected[:, :N_HASHES] / np.float64(width) + random.random(N_HASHES)).clip(-FARTHEST, FARTHEST)
    multipliers = random.integers(1, 2**63, size=N_HASHES, dtype=np.int64) | 1
    keys = (places.astype(np.int64) * multipliers).sum(
        axis=1
    )  # wraps: a hash of the cell, whose chance hits cost one look
    order = np.lexsort((projected[:, N_HASHES], keys))
    cells = keys[order]
    pairs = [np.empty((2, 0), dtype=np.int64)]
    for shift in range(1, min(N_FOLLOWING, len(rows) - 1) + 1):
        together = np.flatnonzero(cells[:-shift] == cells[shift:])
        pairs.append(np.stack([order[together], order[together + shift]]))
    first, second = np.concatenate(pairs, axis=1)
    return first, second


def _near(rows: Float32Array, first: npt.NDArray[np.int64], second: npt.NDArray[np.int64], limit: float) -> Links:
    """Return the pairs that are near enough; a look at a few numbers sorts out most others."""
    looked = rows[first, :N_FIRST_LOOK] - rows[second, :N_FIRST_LOOK]
    promising = np.einsum("ij,ij->i", looked, looked) <= limit
    first, second = first[promising], second[promising]
    squared = np.empty(len(first))
    for start in range(0, len(first), BLOCK_PAIRS):
        part = slice(start, start + BLOCK_PAIRS)
        difference = rows[first[part]] - rows[second[part]]
        squared[part] = np.einsum("ij,ij->i", difference, difference)
    near = squared <= limit
    low, high = np.minimum(first, second)[near], np.maximum(first, second)[near]
    return Links(low, high, squared[near])
