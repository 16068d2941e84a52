"""Figures on a whole table: each against a straightforward computation in float64."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import cdist

from projector_export.errors import InvalidInputError
from projector_export.table import EmbeddingTable, Neighbours
from projector_export.transforms.diagnose import directions, health, hubness, local_health, partition_isotropy, spectrum
from projector_export.transforms.diagnose.intrinsic_dimension import two_nn
from projector_export.transforms.diagnose.sampled_neighbours import nearest
from projector_export.vectors import ArrayVectors, FileVectors

RANDOM = np.random.default_rng(11)
ROWS = (RANDOM.standard_normal((300, 12)) * np.geomspace(3, 0.05, 12) + 0.7).astype(np.float32)
WIDE = ROWS.astype(np.float64)
VALUES = np.linalg.eigvalsh(np.cov(WIDE.T, bias=True))[::-1]
TOLERANCE = 1e-9


def close(value: object) -> object:
    return pytest.approx(value, rel=TOLERANCE)


@pytest.fixture(scope="module")
def measured() -> dict:
    return health.measure(EmbeddingTable.from_array(ROWS))


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_norms(measured: dict) -> None:
    norms = np.linalg.norm(WIDE, axis=1)
    assert measured["norm"] == close(
        {
            "mean": norms.mean(),
            "standard_deviation": norms.std(),
            "minimum": norms.min(),
            "maximum": norms.max(),
            **{name: np.quantile(norms, share) for name, share in health.QUANTILES.items()},
        }
    )
    assert measured["norm_id_spearman"] == close(stats.spearmanr(norms, np.arange(300)).statistic)


def test_anisotropy_is_the_mean_cosine_over_all_pairs(measured: dict) -> None:
    cosines = unit(WIDE) @ unit(WIDE).T
    assert measured["anisotropy"] == close((cosines.sum() - 300) / (300 * 299))


def test_rogue_dimensions_are_the_largest_contributions(measured: dict) -> None:
    pairs = unit(WIDE)[:, None, :] * unit(WIDE)[None, :, :]
    shares = (pairs.sum(axis=(0, 1)) - pairs[range(300), range(300)].sum(axis=0)) / (300 * 299)
    shares /= shares.sum()
    order = np.argsort(-shares)[:3]
    assert measured["rogue_dimensions"]["dimensions"] == order.tolist()
    assert measured["rogue_dimensions"]["shares"] == close(shares[order].tolist())
    assert measured["rogue_dimensions"]["share"] == close(shares[order].sum())


def test_where_cosines_cancel_out_no_dimension_has_a_share_of_their_mean() -> None:
    found = health.measure(EmbeddingTable.from_array(np.random.default_rng(0).normal(size=(2000, 64))))
    assert abs(found["anisotropy"]) < 0.01
    assert found["rogue_dimensions"] is None
    assert "not above 0.01" in found["reasons"]["rogue_dimensions"]


def test_figures_of_the_spectrum(measured: dict) -> None:
    assert measured["participation_ratio"] == close(VALUES.sum() ** 2 / (VALUES**2).sum())
    assert measured["effective_rank"] == close(np.exp(stats.entropy(np.linalg.svd(WIDE - WIDE.mean(0))[1])))
    assert measured["entropy_dimensions"] == close(np.exp(stats.entropy(VALUES)))


def defined_isoscore(values: np.ndarray) -> float:
    """Steps 3 to 7 of algorithm 1 of Rudman and others (2022)."""
    d = len(values)
    scaled = values * np.sqrt(d) / np.linalg.norm(values)
    defect = np.linalg.norm(scaled - 1) / np.sqrt(2 * (d - np.sqrt(d)))
    return ((d - defect**2 * (d - np.sqrt(d))) ** 2 - d) / (d * (d - 1))


@given(st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=40))
def test_isoscore_is_as_defined(values: list[float]) -> None:
    assert spectrum.isoscore(np.array(values)) == pytest.approx(defined_isoscore(np.array(values)), abs=1e-9)


def test_isoscore_of_the_table(measured: dict) -> None:
    assert measured["isoscore"] == close(defined_isoscore(VALUES))


def test_partition_isotropy(measured: dict) -> None:
    _, axes = np.linalg.eigh(WIDE.T @ WIDE)
    sums = np.exp(WIDE @ np.hstack([axes, -axes])).sum(axis=0)
    assert measured["partition_isotropy"] == pytest.approx(sums.min() / sums.max(), rel=1e-6)


def test_partition_isotropy_of_long_rows_does_not_overflow() -> None:
    rows = 1000 * np.eye(3)[[0, 1, 2, 0]]
    value = partition_isotropy.measure(ArrayVectors(rows), rows.mean(0), np.cov(rows.T, bias=True))
    assert 0 <= value < 1e-300


def test_all_but_the_top(measured: dict) -> None:
    expected = {
        "n_components": 1,
        "mean_share": (WIDE.mean(0) ** 2).sum() / (WIDE**2).sum(axis=1).mean(),
        "variance_share": VALUES[0] / VALUES.sum(),
    }
    assert measured["all_but_the_top"] == close(expected)


def test_float32_products_of_wide_tables_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = RANDOM.standard_normal((5000, 60)) * np.geomspace(30, 0.3, 60) + 100
    vectors = ArrayVectors(rows.astype(np.float32))
    exact = spectrum.covariance(vectors, rows.astype(np.float32).mean(0, dtype=np.float64))
    monkeypatch.setattr(spectrum, "WIDE_FLOPS", 0)
    short = spectrum.covariance(vectors, rows.astype(np.float32).mean(0, dtype=np.float64))
    assert not np.array_equal(exact.matrix, short.matrix)
    for figure in (spectrum.participation_ratio, spectrum.effective_rank, spectrum.entropy_dimensions):
        assert figure(short.eigenvalues) == pytest.approx(figure(exact.eigenvalues), rel=1e-6)


def test_rounding_is_no_dimension() -> None:
    rows = (RANDOM.standard_normal((500, 2)) @ RANDOM.standard_normal((2, 50))).astype(np.float32)
    values = spectrum.covariance(ArrayVectors(rows), rows.mean(axis=0, dtype=np.float64)).eigenvalues
    assert np.sum(values > 1e-12 * values[0]) == 2


def counts_by_hand(neighbours: np.ndarray) -> np.ndarray:
    return np.array([(neighbours == row).sum() for row in range(len(neighbours))])


def test_hubness(measured: dict) -> None:
    cosines = unit(WIDE) @ unit(WIDE).T - 2 * np.eye(300)
    counts = counts_by_hand(np.argsort(-cosines, axis=1)[:, :10])
    expected = {
        "skewness": stats.skew(counts),
        "hub_share": np.mean(counts >= 20),
        "antihub_share": np.mean(counts == 0),
        "robin_hood": np.abs(counts - 10).sum() / 2 / counts.sum(),
    }
    found = measured["hubness"]
    assert {name: found[name] for name in expected} == close(expected)
    assert (found["n_neighbors"], found["n_rows"], found["metric"]) == (10, 300, "cosine")


def test_hubness_takes_the_tables_neighbours_with_and_without_excluded_rows() -> None:
    rows = np.concatenate([ROWS, np.repeat(ROWS[:1], 50, axis=0)]).astype(np.float64)
    distances = cdist(rows, rows)
    np.fill_diagonal(distances, np.inf)
    order = np.argsort(distances, axis=1, kind="stable")[:, :70]
    graph = Neighbours(order.astype(np.int32), np.take_along_axis(distances, order, 1).astype(np.float32), "euclidean")
    found = health.measure(EmbeddingTable.from_array(rows), exclude=np.arange(300, 350), neighbours=graph)
    alone = np.argsort(distances[:300, :300], axis=1, kind="stable")[:, :10]
    assert found["hubness"]["skewness"] == close(stats.skew(counts_by_hand(alone)))
    assert found["hubness_with_excluded"]["skewness"] == close(stats.skew(counts_by_hand(order[:, :10])))
    assert found["hubness_with_excluded"]["skewness"] > 2 * found["hubness"]["skewness"]
    assert found["hubness"]["metric"] == "euclidean"


def test_lists_that_lost_excluded_rows_count_what_is_left() -> None:
    graph = Neighbours(np.array([[1], [2], [1], [0]]), np.ones((4, 1)), "cosine")
    table = EmbeddingTable.from_array(np.arange(1, 9.0).reshape(4, 2))
    found = {name: value for name, value, _ in local_health.measure(table, np.array([0, 1, 3]), graph, 0)}
    assert found["hubness"]["antihub_share"] == pytest.approx(1 / 3)


def test_no_neighbour_at_all_is_no_hubness() -> None:
    assert hubness.measure(np.full((3, 1), -1)) == hubness.Hubness(0.0, 0.0, 1.0, 0.0, 1, 3)


def test_sampled_neighbours_are_the_nearest_by_cosine() -> None:
    rows = np.sort(RANDOM.choice(300, 100, replace=False))
    cosines = unit(WIDE[rows]) @ unit(WIDE[rows]).T - 2 * np.eye(100)
    expected = np.sort(np.argsort(-cosines, axis=1)[:, :7], axis=1)
    assert np.array_equal(np.sort(nearest(ArrayVectors(ROWS), rows, 7), axis=1), expected)


def test_intrinsic_dimension(measured: dict) -> None:
    distances = cdist(WIDE, WIDE)
    np.fill_diagonal(distances, np.inf)
    first, second = np.sort(distances, axis=1)[:, :2].T
    ratios = np.sort(second / first)
    kept, heights = np.log(ratios[:270]), -np.log(1 - np.arange(270) / 300)
    assert measured["intrinsic_dimension"] == pytest.approx(
        {
            "fit": np.linalg.lstsq(kept[:, None], heights, rcond=None)[0][0],
            "maximum_likelihood": 300 / np.log(ratios).sum(),
            "n_rows": 300,
            "n_dropped": 0,
        },
        rel=1e-6,
    )


@pytest.mark.parametrize("dimension", [2, 5])
def test_two_nn_finds_the_dimension_of_a_plane_in_many_dimensions(dimension: int) -> None:
    rows = np.random.default_rng(0).random((2000, dimension)) @ np.random.default_rng(1).standard_normal(
        (dimension, 30)
    )
    found = health.measure(EmbeddingTable.from_array(rows))["intrinsic_dimension"]
    assert found["maximum_likelihood"] == pytest.approx(dimension, rel=0.15)
    assert found["fit"] == pytest.approx(dimension, rel=0.15)


def test_two_nn_drops_and_counts_repeated_rows() -> None:
    ratios = np.stack([np.ones(100), np.linspace(1.1, 3, 100)], axis=1)
    repeated = np.concatenate([[[0, 0], [0, 5], [1, np.inf]], ratios])
    assert two_nn(repeated).n_dropped == 3
    assert two_nn(repeated).fit == two_nn(ratios).fit
    assert two_nn(np.ones((5, 2))).maximum_likelihood is None


def test_excluded_rows_change_nothing_but_hubness_with_them() -> None:
    spoiled = np.insert(ROWS, [0, 100, 100, 300], 1e3, axis=0)
    spoiled[101] = 0
    excluded = np.array([0, 101, 102, 303])
    alone = health.measure(EmbeddingTable.from_array(ROWS))
    found = health.measure(EmbeddingTable.from_array(spoiled), exclude=excluded)
    assert found.pop("n_excluded") == 4
    assert alone.pop("n_excluded") == 0
    assert found.pop("hubness_with_excluded")["n_rows"] == 303
    assert alone.pop("hubness_with_excluded") == alone["hubness"]
    assert {name: found[name] for name in alone} == alone


def test_lazy_vectors_and_blocks_give_the_same(tmp_path: Path) -> None:
    rows = np.repeat(ROWS, 100, axis=0).astype(np.float32)[:, :11] + RANDOM.standard_normal((30_000, 11)).astype(
        np.float32
    )
    path = tmp_path / "rows"
    path.write_bytes(rows.tobytes())
    lazy = EmbeddingTable("lazy", FileVectors(path, 0, rows.shape, "float32", 44, lambda raw: raw.view(np.float32)))
    found = health.measure(lazy, exclude=np.arange(0, 30_000, 7), seed=3)
    kept = np.delete(rows, np.arange(0, 30_000, 7), axis=0).astype(np.float64)
    units = unit(kept)
    n = len(kept)
    assert found["anisotropy"] == pytest.approx((np.square(units.sum(0)).sum() - n) / (n * (n - 1)), rel=1e-9)
    values = np.linalg.eigvalsh(np.cov(kept.T, bias=True))
    assert found["participation_ratio"] == pytest.approx(values.sum() ** 2 / (values**2).sum(), rel=1e-9)
    assert found["hubness"]["n_rows"] == 4000
    assert found == health.measure(lazy, exclude=np.arange(0, 30_000, 7), seed=3)


def test_a_size_that_would_take_minutes_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PARTITION_FLOPS", 0)
    found = health.measure(EmbeddingTable.from_array(ROWS))
    assert found["partition_isotropy"] is None
    assert "minutes" in found["reasons"]["partition_isotropy"]


def test_no_row_left_is_a_sentence() -> None:
    with pytest.raises(InvalidInputError, match="all 2 rows of 'embeddings' are dead"):
        health.measure(EmbeddingTable.from_array(np.eye(2)), exclude=np.arange(2))


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 6), st.integers(1, 4), st.sampled_from([0.0, 1.0, 1e-30, 1e15]), st.booleans(), st.integers(0, 99)
)
def test_every_figure_is_finite_or_has_a_reason(n_rows: int, n_dims: int, scale: float, same: bool, seed: int) -> None:
    rows = scale * np.random.default_rng(seed).standard_normal((1 if same else n_rows, n_dims))
    found = health.measure(EmbeddingTable.from_array(np.repeat(rows, n_rows, axis=0) if same else rows))
    json.dumps(found, allow_nan=False)
    reasons = found.pop("reasons")
    assert all(reasons.values())
    assert {name for name, value in found.items() if value is None} == set(reasons)


def test_contributions_add_up_to_the_anisotropy() -> None:
    sums = directions.measure(ArrayVectors(ROWS))
    assert sums.contributions.sum() == close(sums.anisotropy)
