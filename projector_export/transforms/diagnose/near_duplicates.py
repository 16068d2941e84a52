"""Groups of rows that are nearly the same: the clusters in which untrained tokens end."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from projector_export.formats.findings import DeadRows
from projector_export.table import EmbeddingTable, Neighbours
from projector_export.transforms.diagnose import all_pairs, exact_links, hashed_pairs, pair_recall
from projector_export.transforms.diagnose.linked_rows import Links
from projector_export.transforms.diagnose.nearness import Nearness, measure
from projector_export.transforms.diagnose.row_sketch import sketch
from projector_export.vectors import Progress, SelectedVectors, Vectors

__all__ = ["NearDuplicates", "find"]

EXACT_FLOPS = 1e12
"""``2 * n_rows**2 * n_dims`` up to which all pairs are looked at: some 15 seconds on two cores, 36,000 rows of 384."""


@dataclass(frozen=True)
class NearDuplicates:
    """Rows that are nearly the same.

    Parameters
    ----------
    groups
        Row numbers, increasing, the largest group first; exact copies of a member are members.
    recall
        Estimated share of the pairs of near rows that are together in a group; None where the search is exact.
    radius
        Rows nearer than this are linked; a group is what links hold together.
    spacing
        Upper quartile of the distance of a row to its nearest one.
    method
        ``"exact"``, ``"neighbours"`` (the table's graph) or ``"hashing"``.
    """

    groups: tuple[tuple[int, ...], ...]
    recall: float | None
    radius: float
    spacing: float
    method: str

    def added_to(self, dead: DeadRows) -> DeadRows:
        """Return the dead rows with these groups."""
        return replace(dead, near_duplicates=self.groups, near_duplicate_recall=self.recall)


def find(table: EmbeddingTable, *, dead: DeadRows, seed: int = 0, progress: Progress | None = None) -> NearDuplicates:
    """Find groups of rows that are much nearer to each other than rows of this table usually are.

    Parameters
    ----------
    table
        Finite rows.
    dead
        Of this table: zero and tiny rows are left out, and of each identical group all but the first.
    seed
        Of the sampled rows and of the projections.
    progress
        Called with rows (or tables of the hashing) done and all of them.

    Returns
    -------
    NearDuplicates
        No group where fewer than three distinct rows are left: then nothing tells what is usual.

    Notes
    -----
    Two rows are linked where their Euclidean distance is at most :func:`~.nearness.measure`'s radius: 0.3 of the usual
    distance to the nearest row, less in few dimensions. All pairs are looked at up to 1e12 multiplications and additions.
    Above, the table's neighbours are taken where there are some by Euclidean distance; else rows are hashed
    (:func:`~.hashed_pairs.links_of`), links are computed again from differences, and the recall is estimated on up to 256
    sampled rows, each against all rows. Both cost a number of products of rows that does not grow with the table.
    """
    rows = _distinct(table.n_rows, dead)
    if len(rows) < 3:
        return NearDuplicates((), None, 0.0, 0.0, "exact")
    vectors = table.vectors if len(rows) == table.n_rows else SelectedVectors(table.vectors, rows)
    nearness = measure(vectors, seed)
    method = _method(table.neighbours, *vectors.shape)
    if method == "neighbours" and table.neighbours is not None:
        links = _from_graph(table.neighbours, rows, nearness.radius)
    else:
        links = _search(vectors, nearness, method, seed, progress)
    labels = exact_links.within(links, vectors, nearness.radius).groups(len(rows))
    recall = None if method == "exact" else pair_recall.estimate(vectors, labels, nearness.radius, seed)
    return NearDuplicates(_groups(rows, labels, dead), recall, nearness.radius, nearness.spacing, method)


def _method(graph: Neighbours | None, n_rows: int, n_dims: int) -> str:
    if 2.0 * n_rows**2 * n_dims <= EXACT_FLOPS:
        return "exact"
    return "neighbours" if graph is not None and graph.metric == "euclidean" else "hashing"


def _search(vectors: Vectors, nearness: Nearness, method: str, seed: int, progress: Progress | None) -> Links:
    if method == "exact":
        return all_pairs.links_of(vectors, nearness.radius, progress=progress)
    return hashed_pairs.links_of(sketch(vectors, seed, progress=progress), nearness.radius, seed, progress=progress)


def _from_graph(graph: Neighbours, rows: npt.NDArray[np.int64], radius: float) -> Links:
    """Return the graph's links between the rows that are left, by their new numbers."""
    places = np.full(len(graph.indices), -1, dtype=np.int64)
    places[rows] = np.arange(len(rows))
    near = graph.distances[rows] <= np.float32(radius * 1.001)
    first = np.repeat(np.arange(len(rows)), near.sum(axis=1))
    second = places[graph.indices[rows][near]]
    squared = graph.distances[rows][near].astype(np.float64) ** 2
    found = Links(np.minimum(first, second), np.maximum(first, second), squared).take(second >= 0)
    return Links.none().joined(found)


def _distinct(n_rows: int, dead: DeadRows) -> npt.NDArray[np.int64]:
    """Return the rows that are left, each once."""
    left = np.ones(n_rows, dtype=bool)
    for rows in (dead.zero, dead.tiny, *(group[1:] for group in dead.identical)):
        left[list(rows)] = False
    return np.flatnonzero(left)


def _groups(rows: npt.NDArray[np.int64], labels: npt.NDArray[np.int64], dead: DeadRows) -> tuple[tuple[int, ...], ...]:
    """Return groups of two distinct rows or more, with the copies of their members."""
    copies = {group[0]: group for group in dead.identical}
    order = np.argsort(labels, kind="stable")
    parts = np.split(rows[order], np.flatnonzero(np.diff(labels[order])) + 1)
    groups = [
        tuple(sorted(row for first in part.tolist() for row in copies.get(first, (first,))))
        for part in parts
        if len(part) > 1
    ]
    return tuple(sorted(groups, key=lambda group: (-len(group), group[0])))
