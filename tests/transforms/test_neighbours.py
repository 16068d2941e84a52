import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from projector_export.errors import InvalidInputError
from projector_export.table import EmbeddingTable
from projector_export.transforms.neighbours import attach, check_neighbours, exact, neighbours
from projector_export.transforms.neighbours.torch_engine import TorchEngine
from projector_export.vectors import ArrayVectors, MappedVectors, SelectedVectors

RNG = np.random.default_rng(8)
VALUES = (RNG.normal(size=(700, 24)) * np.geomspace(3, 0.1, 24) + 20).astype(np.float32)
VALUES[50:90] = VALUES[3]
VALUES[200:280] = VALUES[7] + RNG.normal(size=(80, 24)).astype(np.float32) * 1e-4


def table_of(values=VALUES):
    return EmbeddingTable.from_array(values, name="t")


def true_distances(values, metric):
    """All distances in float64, infinite to the row itself."""
    wide = values.astype(np.float64)
    if metric == "cosine":
        wide = wide / np.linalg.norm(wide, axis=1, keepdims=True)
    distances = cdist(wide, wide)
    distances = distances**2 / 2 if metric == "cosine" else distances
    np.fill_diagonal(distances, np.inf)
    return distances


def assert_exact(found, values):
    distances = true_distances(values, found.metric)
    nearest = np.sort(distances, axis=1)[:, : found.k]
    assert np.allclose(found.distances, nearest, rtol=1e-3, atol=1e-6 * nearest.max())
    assert np.allclose(np.take_along_axis(distances, found.indices, axis=1), nearest, rtol=1e-3, atol=1e-9)
    assert (found.distances >= 0).all()
    assert (np.diff(found.distances, axis=1) >= 0).all()
    assert all(len(set(row)) == found.k for row in found.indices.tolist())


@pytest.fixture(params=["cosine", "euclidean"])
def metric(request):
    return request.param


@pytest.mark.parametrize("k", [1, 15, 100, 699])
def test_exact_neighbours_equal_brute_force_in_float64(metric, k):
    assert_exact(neighbours(table_of(), k, metric=metric).neighbours, VALUES)


def near_repeats():
    """Half of the rows differ by less than float32 can square; 384 dimensions, as faiss multiplies no small matrices."""
    values = np.repeat(RNG.normal(size=(1, 384)) * 3, 600, axis=0)
    values[:300] += RNG.normal(size=(300, 384)) * 5
    values[300:] += RNG.normal(size=(300, 384)) * np.geomspace(1e-4, 1e-3, 300)[:, None]
    return values.astype(np.float32)


def test_near_repeats_far_from_the_origin_are_told_apart(metric):
    """Their distances are far below what a matrix product in float32 resolves."""
    values = near_repeats()
    found = neighbours(table_of(values), 5, metric=metric).neighbours
    distances = true_distances(values, metric)
    nearest = np.sort(distances, axis=1)[:, :5]
    assert np.allclose(np.take_along_axis(distances, found.indices, axis=1), nearest, rtol=2e-2)


def test_the_second_look_is_needed(metric, monkeypatch):
    values = near_repeats()
    right = neighbours(table_of(values), 5, metric=metric).neighbours
    monkeypatch.setattr(exact, "_may_have_missed", lambda vectors, *_: np.zeros(len(vectors), dtype=bool))
    hasty = neighbours(table_of(values), 5, metric=metric).neighbours
    assert (right.distances < hasty.distances * 0.99).any()
    assert (right.distances < hasty.distances * 1.001).all()


def test_more_repeats_than_neighbours_come_in_the_order_of_rows(metric):
    values = near_repeats()
    values[100:590] = values[3]
    found = neighbours(table_of(values), 6, metric=metric).neighbours
    assert found.indices[3].tolist() == [100, 101, 102, 103, 104, 105]
    assert found.indices[102].tolist() == [3, 100, 101, 103, 104, 105]
    assert found.indices[589].tolist() == [3, 100, 101, 102, 103, 104]
    assert not found.distances[[3, 102, 589]].any()


def test_zero_rows_are_points_like_others_under_euclidean():
    values = VALUES.copy()
    values[[4, 9]] = 0
    assert_exact(neighbours(table_of(values), 4, metric="euclidean").neighbours, values)


@pytest.mark.parametrize("size", [1e-30, 1e-12, 1e12, 1e30])
def test_tiny_and_huge_numbers(metric, size):
    values = (VALUES * size).astype(np.float32)
    assert_exact(neighbours(table_of(values), 5, metric=metric).neighbours, values)


def test_lazy_vectors_in_blocks(metric, monkeypatch):
    monkeypatch.setattr(exact, "BLOCK_FLOPS", 1)
    doubled = MappedVectors(ArrayVectors(VALUES), 24, lambda block: block * 2)
    rows = np.arange(0, 700, 3)
    table = EmbeddingTable("lazy", SelectedVectors(doubled, rows))
    assert_exact(neighbours(table, 7, metric=metric).neighbours, VALUES[rows] * 2)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 30), st.integers(1, 4), st.integers(0, 2**32 - 1), st.data())
def test_small_tables_of_few_values(n_rows, n_dims, seed, data):
    values = np.random.default_rng(seed).integers(0, 3, size=(n_rows, n_dims)).astype(np.float32)
    if (values == values[0]).all():
        values[0] += 1
    k = data.draw(st.integers(1, n_rows - 1))
    found = neighbours(table_of(values), k, metric="euclidean").neighbours
    assert_exact(found, values)
    assert (found.indices != np.arange(n_rows)[:, None]).all()


def test_the_input_is_left_alone_and_the_step_told(metric):
    table = table_of()
    result = neighbours(table, 5, metric=metric)
    assert table.neighbours is None
    assert np.array_equal(table.vectors.read(0, 700), VALUES)
    step = result.provenance.steps[-1]
    told = {"k": 5, "metric": metric, "method": "exact", "recall": 1.0, "from_cache": False}
    assert (step.name, dict(step.parameters)) == ("neighbours", told)


def test_neighbours_that_are_there_already_are_kept():
    table = neighbours(table_of(), 9)
    assert neighbours(table, 9) is table
    assert neighbours(table, 3) is table
    assert neighbours(table, 10).neighbours.k == 10
    assert neighbours(table, 9, metric="euclidean").neighbours.metric == "euclidean"


def test_two_runs_are_the_same(metric):
    first, second = (neighbours(table_of(), 8, metric=metric).neighbours for _ in range(2))
    assert first.indices.tobytes() == second.indices.tobytes()
    assert first.distances.tobytes() == second.distances.tobytes()


def test_progress_ends_at_all_rows(monkeypatch):
    monkeypatch.setattr(exact, "BLOCK_FLOPS", 1)
    told = []
    neighbours(table_of(), 5, progress=lambda *args: told.append(args))
    assert told[-1] == ("neighbours", 700, 700)
    assert len([stage for stage, *_ in told if stage == "neighbours"]) > 5


@pytest.mark.heavy
def test_a_table_too_large_for_the_exact_search_gets_most_neighbours(metric, monkeypatch):
    pytest.importorskip("pynndescent")
    monkeypatch.setattr(attach, "EXACT_FLOPS", 1.0)
    result = neighbours(table_of(), 10, metric=metric, seed=5)
    found = result.neighbours
    nearest = np.sort(true_distances(VALUES, metric), axis=1)[:, 9]
    recall = (found.distances <= nearest[:, None] * (1 + 1e-3) + 1e-6).mean()
    assert found.method == "nn_descent"
    assert found.recall > 0.9
    assert found.recall == pytest.approx(recall, abs=0.03)
    assert f"neighbours found approximately: recall {found.recall:.3f} on 500 sampled rows" in result.provenance.notes
    again = neighbours(table_of(), 10, metric=metric, seed=5).neighbours
    assert found.indices.tobytes() == again.indices.tobytes()
    assert result.provenance.steps[-1].parameters["seed"] == 5


def test_rows_that_descent_leaves_without_neighbours_are_searched_exactly(monkeypatch):
    pynndescent = pytest.importorskip("pynndescent")

    class Lazy:
        def __init__(self, rows, **_):
            self.neighbor_graph = (np.full((len(rows), 31), -1, dtype=np.int32), None)

    monkeypatch.setattr(pynndescent, "NNDescent", Lazy)
    result = neighbours(table_of(), 10, method="nn_descent").neighbours
    assert_exact(result, VALUES)
    assert result.recall == 1.0


@pytest.mark.heavy
def test_torch_finds_the_same(metric, monkeypatch):
    pytest.importorskip("torch")
    expected = neighbours(table_of(), 12, metric=metric).neighbours
    monkeypatch.setattr(attach, "_engine", lambda rows: TorchEngine(rows, "cpu"))
    found = neighbours(table_of(), 12, metric=metric).neighbours
    assert_exact(found, VALUES)
    assert np.allclose(found.distances, expected.distances, rtol=1e-4, atol=1e-6)


def test_too_few_rows(metric):
    with pytest.raises(
        InvalidInputError, match="has 10 rows, so that a row has at most 9 neighbours: 15 were asked for"
    ):
        neighbours(table_of(VALUES[:10]), 15, metric=metric)
    with pytest.raises(InvalidInputError, match="has 1 row, which has no neighbours"):
        check_neighbours(table_of(VALUES[:1]), 1, metric)


@pytest.mark.parametrize("k", [0, -1, 2.5, True, "3"])
def test_numbers_that_are_no_number_of_neighbours(k):
    with pytest.raises(InvalidInputError, match="whole number from 1"):
        check_neighbours(table_of(), k, "cosine")


def test_zero_rows_under_cosine():
    values = VALUES.copy()
    values[[4, 9]] = 0
    with pytest.raises(InvalidInputError, match=r"'t' has 2 among its 700 \(rows 4, 9\).*euclidean.*--drop-zero-rows"):
        neighbours(table_of(values), 5)


def test_rows_that_are_not_finite(metric):
    values = VALUES.copy()
    values[7, 3] = np.nan
    with pytest.raises(InvalidInputError, match=r"row 7.*--drop-bad-rows"):
        neighbours(table_of(values), 5, metric=metric)


def test_rows_that_are_all_the_same(metric):
    values = np.repeat(VALUES[:1], 20, axis=0)
    with pytest.raises(InvalidInputError, match="all 20 rows of 't' (point the same way|are the same)"):
        neighbours(table_of(values), 5, metric=metric)
    values[13] += 0.5 * np.arange(24, dtype=np.float32)
    assert neighbours(table_of(values), 5, metric=metric).neighbours.distances[13, 0] > 0


def test_multiples_of_one_row_have_one_direction():
    values = VALUES[:1] * np.arange(1, 21, dtype=np.float32)[:, None]
    with pytest.raises(InvalidInputError, match="all 20 rows of 't' point the same way"):
        neighbours(table_of(values), 5)
    assert_exact(neighbours(table_of(values), 5, metric="euclidean").neighbours, values)


@pytest.mark.parametrize("name", ["metric", "method"])
def test_unknown_names(name):
    with pytest.raises(InvalidInputError, match=r"'manhattan' is no .*choose "):
        neighbours(table_of(), 5, **{name: "manhattan"})
