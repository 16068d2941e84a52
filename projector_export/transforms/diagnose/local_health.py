"""Figures of a table's health that look at nearest rows: hubness and intrinsic dimension."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
import numpy.typing as npt

from projector_export.provenance import JSONValue
from projector_export.table import EmbeddingTable, Neighbours
from projector_export.transforms.diagnose import hubness
from projector_export.transforms.diagnose.intrinsic_dimension import two_nn
from projector_export.transforms.diagnose.sampled_distances import two_nearest
from projector_export.transforms.diagnose.sampled_neighbours import N_SAMPLED, nearest
from projector_export.vectors import SelectedVectors, blocks_of

__all__ = ["measure"]

N_NEIGHBORS = 10
N_ANCHORS = (128, 1_024)
ANCHOR_FLOPS = 2e11


def measure(
    table: EmbeddingTable, rows: npt.NDArray[np.int64], neighbours: Neighbours | None, seed: int
) -> Iterator[tuple[str, JSONValue, str]]:
    """Yield the name of each figure, its value, and why it is missing where it is None.

    Parameters
    ----------
    table
        Finite rows.
    rows
        Row numbers, increasing, that count; none of them zero.
    neighbours
        Of all rows of the table.
    seed
        Draws the sampled rows.
    """
    alive = np.union1d(rows, _alive(table, np.setdiff1d(np.arange(table.n_rows), rows)))
    for name, chosen in (("hubness", rows), ("hubness_with_excluded", alive)):
        value = _hubness(table, chosen, neighbours, seed)
        yield name, value, "" if value else "there are too few rows"
    dimension = _dimension(table, rows, seed)
    yield "intrinsic_dimension", dimension, "" if dimension else "fewer than three rows with two neighbours differ"


def _alive(table: EmbeddingTable, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return those of the rows that are not zero."""
    parts = [rows[:0]]
    for start, block in blocks_of(SelectedVectors(table.vectors, rows)):
        parts.append(rows[start : start + len(block)][block.any(axis=1)])
    return np.concatenate(parts)


def _hubness(
    table: EmbeddingTable, rows: npt.NDArray[np.int64], neighbours: Neighbours | None, seed: int
) -> dict[str, JSONValue] | None:
    if len(rows) < 3:
        return None
    if neighbours is not None:
        indices = _among(neighbours, rows)
        return {**asdict(hubness.measure(indices)), "metric": neighbours.metric}
    sampled = rows
    if len(rows) > N_SAMPLED:
        sampled = np.sort(np.random.default_rng(seed).choice(rows, N_SAMPLED, replace=False))
    k = min(N_NEIGHBORS, len(sampled) - 1)
    return {**asdict(hubness.measure(nearest(table.vectors, sampled, k))), "metric": "cosine"}


def _among(neighbours: Neighbours, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the first neighbours of rows that are themselves among the rows, by their new numbers; -1 where none is left."""
    places = np.full(len(neighbours.indices), -1, dtype=np.int64)
    places[rows] = np.arange(len(rows))
    indices = places[neighbours.indices[rows]]
    order = np.argsort(indices < 0, axis=1, kind="stable")
    return np.take_along_axis(indices, order, axis=1)[:, :N_NEIGHBORS]


def _dimension(table: EmbeddingTable, rows: npt.NDArray[np.int64], seed: int) -> dict[str, JSONValue] | None:
    if len(rows) < 3:
        return None
    affordable = int(ANCHOR_FLOPS / (2.0 * len(rows) * table.n_dims))
    count = min(len(rows), int(np.clip(affordable, *N_ANCHORS)))
    sampled = np.sort(np.random.default_rng(seed).choice(len(rows), count, replace=False)).astype(np.int64)
    found = two_nn(two_nearest(SelectedVectors(table.vectors, rows), sampled))
    return None if found.maximum_likelihood is None else {**asdict(found)}
