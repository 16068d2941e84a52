"""A table with the nearest neighbours of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue, Step
from projector_export.table import EmbeddingTable, Neighbours
from projector_export.transforms.neighbours import exact, nn_descent
from projector_export.transforms.neighbours.engine import Engine
from projector_export.transforms.neighbours.faiss_engine import FaissEngine
from projector_export.transforms.neighbours.graph_cache import GraphCache, digest_of
from projector_export.transforms.neighbours.requirements import check_neighbours
from projector_export.transforms.neighbours.rows import prepare
from projector_export.transforms.neighbours.torch_engine import TorchEngine, has_graphics_card
from projector_export.vectors import Float32Array
from projector_export.vectors import StageProgress as Progress

__all__ = ["METHODS", "Progress", "neighbours"]

METHODS = ("auto", "exact", "nn_descent")

EXACT_FLOPS = 2.5e13
"""``2 * n_rows**2 * n_dims`` up to which the search is exact: three minutes on two cores, 127,000 rows of 768 dimensions."""

CARD_FLOPS = (2e12, 5e15)
"""From where on a graphics card is worth importing torch, and up to where the search is exact on it."""


@dataclass(frozen=True)
class Search:
    """On what neighbours depend besides the rows."""

    k: int
    metric: str
    method: str
    seed: int

    @property
    def key(self) -> str:
        """Its part of the name in the cache: an exact search for more neighbours, with any seed, serves one for fewer."""
        one = "" if self.method == "exact" else f" k={self.k} seed={self.seed}"
        return f"{self.metric} {self.method}{one}"


def neighbours(
    table: EmbeddingTable,
    k: int,
    *,
    metric: str = "cosine",
    method: str = "auto",
    seed: int = 0,
    cache: Path | None = None,
    progress: Progress | None = None,
) -> EmbeddingTable:
    """Return the table with the k nearest neighbours of every row; the same object if it has them already.

    Parameters
    ----------
    table
        Finite rows, of which at least two differ; none zero where the metric is cosine.
    k
        Neighbours of each row, the row itself left out; 1 to ``n_rows - 1``.
    metric
        One of :data:`~projector_export.table.METRICS`.
    method
        ``"exact"``, ``"nn_descent"`` (most of them, with a measured recall), or ``"auto"``: exact up to 2.5e13
        multiplications and additions, and 200 times that with torch and a CUDA device.
    seed
        Of ``"nn_descent"``; the exact search has no random numbers.
    cache
        Folder in which at most 4 graphs are kept for other commands, named after the content of the rows.
    progress
        Called with the name of the stage, rows done and all rows.

    Raises
    ------
    InvalidInputError
        See :func:`check_neighbours`.
    MissingExtraError
        If faiss, or pynndescent for ``"nn_descent"``, is not installed.

    Notes
    -----
    The exact search misses no row that is nearer by more than float32 can store, also among rows that nearly repeat (see
    :func:`~projector_export.transforms.neighbours.exact.search`). Memory: the rows once as float32, the result, and blocks.
    """
    if method not in METHODS:
        raise InvalidInputError(f"{method!r} is no way to find neighbours: choose {', '.join(METHODS)}")
    known = table.neighbours
    if known is not None and known.metric == metric and known.k >= k >= 1 and method in {"auto", known.method}:
        return table
    _tell(progress, "checking rows")
    check_neighbours(table, k, metric)
    search = Search(int(k), metric, _chosen(table) if method == "auto" else method, seed)
    store = None if cache is None else GraphCache(Path(cache))
    digest = "" if store is None else digest_of(table.vectors, search.key)
    kept = None if store is None else store.load(digest, table.vectors, k, metric=metric, method=search.method)
    if kept is not None:
        return _with(table, kept, search, from_cache=True)
    found = _find(table, search, progress)
    reason = None if store is None else store.keep(digest, found)
    notes = [] if reason is None else [f"the neighbours could not be kept for the next command: {reason}"]
    return _with(table, found, search, *notes, from_cache=False)


def _with(table: EmbeddingTable, found: Neighbours, search: Search, *notes: str, from_cache: bool) -> EmbeddingTable:
    step: dict[str, JSONValue] = {
        "k": search.k,
        "metric": search.metric,
        "method": search.method,
        "recall": found.recall,
    }
    if search.method == "exact":
        return table.with_neighbours(found, Step("neighbours", {**step, "from_cache": from_cache}), *notes)
    sampled = min(nn_descent.N_SAMPLED, table.n_rows)
    note = f"neighbours found approximately: recall {found.recall:.3f} on {sampled} sampled rows"
    return table.with_neighbours(
        found, Step("neighbours", {**step, "seed": search.seed, "from_cache": from_cache}), note, *notes
    )


def _find(table: EmbeddingTable, search: Search, progress: Progress | None) -> Neighbours:
    _tell(progress, "reading rows")
    prepared = prepare(table.vectors, search.metric)
    engine = _engine(prepared.rows)
    if search.method == "exact":
        told = None if progress is None else partial(progress, "neighbours")
        indices, squared = exact.search(engine, prepared.rows, search.k, progress=told)
        return Neighbours(indices, prepared.distances(squared), search.metric)
    _tell(progress, "neighbours")
    indices, squared = nn_descent.search(engine, prepared.rows, search.k, seed=search.seed)
    recall = nn_descent.recall_of(engine, prepared.rows, squared, seed=search.seed)
    return Neighbours(indices, prepared.distances(squared), search.metric, search.method, recall)


def _flops(n_rows: int, n_dims: int) -> float:
    return 2.0 * n_rows**2 * n_dims


def _card_helps(n_rows: int, n_dims: int) -> bool:
    """Tell whether there is a graphics card, worth its start, that holds the rows and a search's blocks."""
    return _flops(n_rows, n_dims) > CARD_FLOPS[0] and has_graphics_card(4 * n_rows * n_dims + 4 * 2**30)


def _engine(rows: Float32Array) -> Engine:
    return TorchEngine(rows) if _card_helps(*rows.shape) else FaissEngine(rows)


def _chosen(table: EmbeddingTable) -> str:
    flops = _flops(*table.shape)
    limit = EXACT_FLOPS if flops <= EXACT_FLOPS or not _card_helps(*table.shape) else CARD_FLOPS[1]
    return "exact" if flops <= limit else "nn_descent"


def _tell(progress: Progress | None, stage: str) -> None:
    if progress:
        progress(stage, 0, 0)
