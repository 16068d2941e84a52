"""Links whose lengths are computed again from the rows themselves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from projector_export.transforms.diagnose.linked_rows import FIELDS, Links
from projector_export.vectors import BLOCK_BYTES, SelectedVectors, Vectors

__all__ = ["within"]

HELD_BYTES = 512 * 2**20
"""Float32 bytes of rows that are held at a time."""


def within(links: Links, vectors: Vectors, radius: float) -> Links:
    """Return the links that are no longer than the radius, their lengths from float64 differences.

    Parameters
    ----------
    links
        Shortest links: fewer than rows.
    vectors
        Finite rows, read lazily: only those at the ends of links, 512 MB at a time.
    radius
        Largest distance.
    """
    kept = [Links.none()]
    for part in _parts(links, max(2, HELD_BYTES // (4 * vectors.shape[1]))):
        rows, places = np.unique(np.concatenate([part.first, part.second]), return_inverse=True)
        held = SelectedVectors(vectors, rows).read(0, len(rows))
        first, second = places.reshape(2, -1)
        squared = np.empty(len(first))
        step = max(1, BLOCK_BYTES // (8 * vectors.shape[1]))
        for start in range(0, len(first), step):
            ends = slice(start, start + step)
            difference = held[first[ends]].astype(np.float64) - held[second[ends]]
            squared[ends] = np.einsum("ij,ij->i", difference, difference)
        kept.append(Links(part.first, part.second, squared).take(squared <= radius**2))
    return Links(*(np.concatenate([getattr(one, name) for one in kept]) for name in FIELDS))


def _parts(links: Links, n_held: int) -> Iterator[Links]:
    """Cut the links so that the ends of each part are few enough; links of one group stay near each other."""
    n_rows = int(links.second.max(initial=-1)) + 1
    order: npt.NDArray[np.int64] = (
        np.lexsort((links.first, links.groups(n_rows)[links.first])) if n_rows else links.first
    )
    step = n_held // 2
    for start in range(0, len(order), step):
        yield links.take(order[start : start + step])
