"""Groups of rows that are nearly the same: found where planted, by each search, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, pdist, squareform

from projector_export.formats.findings import DeadRows
from projector_export.table import EmbeddingTable, Neighbours
from projector_export.transforms.diagnose import (
    dead_rows,
    exact_links,
    hashed_pairs,
    near_duplicates,
    nearness,
    pair_recall,
    sampled_distances,
)
from projector_export.transforms.diagnose.linked_rows import Links
from projector_export.transforms.diagnose.row_sketch import sketch
from projector_export.vectors import ArrayVectors

CLUSTER = tuple(range(100, 160))


def planted(n_dims: int, *, shift: float = 0.0, n_rows: int = 1500) -> EmbeddingTable:
    random = np.random.default_rng(n_dims)
    rows = random.standard_normal((n_rows, n_dims)) + shift
    rows[list(CLUSTER)] = rows[100] + 0.05 * random.standard_normal((60, n_dims))
    rows[501] = rows[500] + 0.1 * random.standard_normal(n_dims)
    rows[700:705] = rows[500]
    rows[800:803] = 0
    return EmbeddingTable.from_array(rows.astype(np.float32))


def found(table: EmbeddingTable, *, seed: int = 0) -> near_duplicates.NearDuplicates:
    return near_duplicates.find(table, dead=dead_rows.find(table), seed=seed)


@pytest.fixture(params=["exact", "hashing"])
def search(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(near_duplicates, "EXACT_FLOPS", 1e12 if request.param == "exact" else 0)
    return request.param


@pytest.mark.parametrize(("n_dims", "shift"), [(32, 0.0), (32, 30.0), (400, 0.0), (400, 10.0)])
def test_planted_groups_are_found_whatever_the_shift(search: str, n_dims: int, shift: float) -> None:
    near = found(planted(n_dims, shift=shift))
    assert near.method == search
    assert near.groups == (CLUSTER, (500, 501, 700, 701, 702, 703, 704))
    assert near.recall == (None if search == "exact" else 1.0)


@pytest.mark.parametrize("n_dims", [1, 2, 5, 30, 300])
@pytest.mark.parametrize("seed", [0, 1])
def test_structureless_tables_have_hardly_any(search: str, n_dims: int, seed: int) -> None:
    rows = np.random.default_rng(seed).standard_normal((2000, n_dims))
    assert sum(map(len, found(EmbeddingTable.from_array(rows)).groups)) <= 8


def test_most_rows_may_be_one_cluster(search: str) -> None:
    random = np.random.default_rng(0)
    rows = random.standard_normal((600, 24))
    rows[:360] = 0.01 * random.standard_normal((360, 24)) + 1
    assert found(EmbeddingTable.from_array(rows)).groups == (tuple(range(360)),)


def test_rounding_to_bfloat16_keeps_rows_together(search: str) -> None:
    random = np.random.default_rng(0)
    rows = random.standard_normal((500, 64)).astype(np.float32) + 3
    rows[10:20] = rows[10] * (1 + 1e-3 * random.standard_normal((10, 64)))
    rows = (rows.view(np.uint32) + 0x8000 & 0xFFFF0000).view(np.float32)
    assert found(EmbeddingTable.from_array(rows)).groups == (tuple(range(10, 20)),)


def test_the_tables_neighbours_are_used_where_all_pairs_cost_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_duplicates, "EXACT_FLOPS", 0)
    table = planted(32)
    distances = cdist(table.vectors.read(0, 1500), table.vectors.read(0, 1500))
    np.fill_diagonal(distances, np.inf)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :12]
    graph = Neighbours(
        nearest.astype(np.int32), np.take_along_axis(distances, nearest, 1).astype(np.float32), "euclidean"
    )
    with_graph = EmbeddingTable("graph", table.vectors, neighbours=graph)
    near = found(with_graph)
    assert near.method == "neighbours"
    assert near.groups == (CLUSTER, (500, 501, 700, 701, 702, 703, 704))
    assert near.recall == 1.0


@pytest.mark.parametrize(
    "rows", [np.ones((1, 2)), np.eye(2), np.zeros((5, 2)), np.ones((4, 3)), [[0, 0], [1, 1], [1, 2]]]
)
def test_the_smallest_tables_have_none(rows: np.ndarray) -> None:
    assert found(EmbeddingTable.from_array(np.array(rows, dtype=float))).groups == ()


def test_three_rows_suffice() -> None:
    assert found(EmbeddingTable.from_array(np.array([[1, 1], [1 + 1e-6, 1], [5, 5.0]]))).groups == ((0, 1),)


def test_the_same_seed_finds_the_same(search: str) -> None:
    table = planted(400)
    assert found(table, seed=5) == found(table, seed=5)


def test_groups_and_recall_are_added_to_the_dead_rows() -> None:
    near = near_duplicates.NearDuplicates(((1, 2),), 0.5, 1.0, 4.0, "hashing")
    assert near.added_to(DeadRows(zero=(3,))) == DeadRows(
        zero=(3,), near_duplicates=((1, 2),), near_duplicate_recall=0.5
    )


def test_recall_is_the_share_of_pairs_that_share_a_label() -> None:
    rows = np.random.default_rng(0).standard_normal((120, 3))
    labels = np.random.default_rng(1).integers(0, 3, 120)
    labels[:50] = np.arange(3, 53)
    near = squareform(pdist(rows)) <= 0.7
    np.fill_diagonal(near, False)
    share = (near & (labels[:, None] == labels)).sum() / near.sum()
    assert 0 < share < 1
    assert pair_recall.estimate(ArrayVectors(rows), labels, 0.7, 0) == pytest.approx(share, rel=1e-12)
    assert pair_recall.estimate(ArrayVectors(rows), labels, 1e-9, 0) == 1.0


def test_recall_counts_what_a_search_missed_among_rows_without_group() -> None:
    rows = np.random.default_rng(0).standard_normal((3000, 20))
    rows[1::2] = rows[::2] + 1e-3
    labels = np.repeat(np.arange(1500), 2)
    labels[:600] = np.arange(1500, 2100)
    assert pair_recall.estimate(ArrayVectors(rows), labels, 0.1, 0) == pytest.approx(0.8, abs=1e-9)


@pytest.mark.parametrize("share", [0.4, 0.7, 1.0])
def test_hashing_finds_lonely_pairs_as_often_as_it_says(share: float) -> None:
    random = np.random.default_rng(0)
    rows = random.standard_normal((4000, 300))
    step = random.standard_normal((2000, 300))
    step *= 5.0 * 0.999 * share / np.linalg.norm(step, axis=1, keepdims=True)
    rows[1::2] = rows[::2] + step
    vectors = ArrayVectors(rows.astype(np.float32))
    links = exact_links.within(hashed_pairs.links_of(sketch(vectors, 0), 5.0, 0), vectors, 5.0)
    assert len(links.first) / 2000 > (0.99 if share < 1 else 0.95)
    assert np.array_equal(links.second, links.first + 1)


def test_sampled_distances_are_exact_and_walk_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampled_distances, "N_DISTANCES", 100)
    rows = np.random.default_rng(0).standard_normal((60, 3)) + 50
    sampled = np.array([0, 7, 59])
    distances = cdist(rows[sampled], rows)
    distances[range(3), sampled] = np.inf
    expected = np.sort(distances, axis=1)[:, :2]
    assert sampled_distances.two_nearest(ArrayVectors(rows.astype(np.float64)), sampled) == pytest.approx(
        expected, rel=1e-5
    )


def test_the_spacing_is_the_upper_quartile_and_few_dimensions_shrink_the_radius() -> None:
    rows = np.random.default_rng(0).random((120, 2)).astype(np.float32)
    distances = squareform(pdist(rows.astype(np.float64)))
    np.fill_diagonal(distances, np.inf)
    near = nearness.measure(ArrayVectors(rows), 0)
    assert near.spacing == pytest.approx(np.quantile(distances.min(axis=1), 0.75), rel=1e-9)
    assert near.radius == pytest.approx(near.spacing * 1e-4 ** (1 / near.dimension), rel=1e-9)
    assert 1.5 < near.dimension <= 2


def test_links_longer_than_the_radius_are_dropped_and_lengths_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact_links, "HELD_BYTES", 64)
    rows = np.array([[0, 0], [1, 1], [1, 1.5], [9, 9], [9, 10]], dtype=np.float32)
    links = Links(np.array([0, 1, 3]), np.array([1, 2, 4]), np.zeros(3))
    kept = exact_links.within(links, ArrayVectors(rows), 1.0)
    assert dict(zip(kept.first.tolist(), kept.squared.tolist(), strict=True)) == {1: 0.25, 3: 1.0}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 5)), max_size=30))
def test_shortest_links_hold_together_the_same_rows(pairs: list[tuple[int, int, int]]) -> None:
    pairs = [(min(a, b), max(a, b), length) for a, b, length in pairs if a != b]
    first, second, squared = (np.array([pair[place] for pair in pairs], dtype=np.int64) for place in range(3))
    links = Links(first, second, squared.astype(float))
    forest = Links.none().joined(links)
    assert len(forest.first) <= 9
    for limit in range(6):
        expected = links.take(links.squared <= limit).groups(10)
        kept = forest.take(forest.squared <= limit + 1e-9).groups(10)
        assert np.array_equal(expected[:, None] == expected, kept[:, None] == kept)
