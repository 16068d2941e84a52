import numpy as np
import pytest

from projector_export.errors import InvalidInputError
from projector_export.table import EmbeddingTable
from projector_export.transforms.diagnose import reference_distance
from projector_export.transforms.diagnose.indicator import Indicator
from projector_export.transforms.diagnose.input_norm import input_norm, longest_first
from projector_export.transforms.diagnose.nearest_rows import nearest_rows
from projector_export.transforms.diagnose.output_bias import output_bias
from projector_export.transforms.diagnose.reference_distance import reference_distances

REFERENCES = np.array([3, 4, 5, 90])


def planted(n_rows=400, n_dims=12, seed=0):
    random = np.random.default_rng(seed)
    rows = random.normal(size=(n_rows, n_dims)) * np.geomspace(3, 0.2, n_dims) + random.normal(size=n_dims)
    rows[REFERENCES] = -2 * rows.mean(axis=0) + 0.01 * random.normal(size=(4, n_dims))
    return rows.astype(np.float32)


def cosine_distances(rows, target):
    return np.array([1 - row @ target / (np.linalg.norm(row) * np.linalg.norm(target)) for row in rows])


def expected(rows, stride=1):
    rows = rows.astype(np.float64)
    target = rows[REFERENCES].mean(axis=0)
    moved = rows - rows.mean(axis=0)
    sample = rows[::stride]
    axis = np.linalg.svd(sample - sample.mean(axis=0), full_matrices=False)[2][0]
    left = rows - np.outer(rows @ axis, axis)
    return (
        cosine_distances(rows, target),
        np.array([np.linalg.norm(row - target) for row in rows]),
        cosine_distances(moved, moved[REFERENCES].mean(axis=0)),
        cosine_distances(left, left[REFERENCES].mean(axis=0)),
    )


def test_each_distance_equals_an_independent_computation():
    rows = planted()
    found = reference_distances(EmbeddingTable.from_array(rows), REFERENCES)
    assert [each.name for each in found] == list(reference_distance.FROM_REFERENCES)
    for indicator, values in zip(found, expected(rows), strict=True):
        np.testing.assert_allclose(indicator.values, values, rtol=1e-6, atol=1e-7)


def test_a_first_component_by_lanczos_equals_the_exact_one(monkeypatch):
    monkeypatch.setattr(reference_distance, "EXACT_DIMS", 0)
    monkeypatch.setattr(reference_distance, "EXACT_PRODUCTS", 0)
    rows = planted()
    found = reference_distances(EmbeddingTable.from_array(rows), REFERENCES)
    np.testing.assert_allclose(found[3].values, expected(rows)[3], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("values", "stride"), [(400 * 12, 1), (400 * 12 - 1, 2), (1_000, 5)])
def test_the_first_component_of_a_large_table_is_that_of_evenly_spaced_rows(values, stride, monkeypatch):
    rows = planted()
    monkeypatch.setattr(reference_distance, "SAMPLE_VALUES", values)
    monkeypatch.setattr(reference_distance, "blocks_of", blocks_of_seven)
    told = []
    found = reference_distances(EmbeddingTable.from_array(rows), REFERENCES, progress=lambda *done: told.append(done))
    for indicator, one in zip(found, expected(rows, stride), strict=True):
        np.testing.assert_allclose(indicator.values, one, rtol=1e-6, atol=1e-7)
    assert told[-1] == (800, 800)


def blocks_of_seven(vectors):
    for start in range(0, vectors.shape[0], 7):
        yield start, vectors.read(start, min(start + 7, vectors.shape[0]))


def test_a_short_row_keeps_its_direction_unless_the_published_clip_is_wanted():
    rows = planted().astype(np.float64)
    target = rows[REFERENCES].mean(axis=0)
    rows[0] = target * 1e-8
    rows[1] = 0
    table = EmbeddingTable.from_array(rows)
    plain = reference_distances(table, REFERENCES)[0].values
    clipped = reference_distances(table, REFERENCES, least_product=1e-6)[0].values
    assert plain[0] == pytest.approx(0, abs=1e-6)
    assert np.isnan(plain[1])
    exact = table.vectors.read(0, 1)[0].astype(np.float64)
    assert clipped[0] == pytest.approx(1 - exact @ target / 1e-6, rel=1e-6)
    assert clipped[1] == 1
    np.testing.assert_array_equal(clipped[2:], plain[2:])


@pytest.mark.parametrize(
    ("rows", "words"), [([], "no reference row"), ([400], "reference row 400 lies outside"), ([-1], "-1")]
)
def test_references_outside_the_table_are_refused(rows, words):
    with pytest.raises(InvalidInputError, match=words):
        reference_distances(EmbeddingTable.from_array(planted()), np.array(rows, dtype=np.int64))


def test_lengths_are_those_of_float64():
    rows = planted() * np.float32(1e-25)
    found = input_norm(EmbeddingTable.from_array(rows))
    np.testing.assert_allclose(found.values, np.linalg.norm(rows.astype(np.float64), axis=1), rtol=1e-12)


def test_lengths_are_turned_only_where_references_are_the_longest():
    values = np.linspace(1, 2, 101)
    lengths = Indicator("input norm", "", values)
    everyone = np.ones(101, dtype=bool)
    assert longest_first(lengths, np.array([0, 1, 2]), everyone) is None
    assert longest_first(lengths, np.array([100]), everyone) is None
    turned = longest_first(lengths, np.array([98, 99, 100]), everyone)
    np.testing.assert_array_equal(turned.values, -values)


def test_a_bias_that_was_trained_is_an_indicator():
    found = output_bias(np.array([0.5, -2.0], dtype=np.float32), 3)
    np.testing.assert_array_equal(found.values, [0.5, -2.0, np.nan])
    assert output_bias(np.full(4, 1e-4), 4) is None
    with pytest.raises(InvalidInputError, match="NaN or infinite"):
        output_bias(np.array([np.nan]), 1)


def test_nearest_rows_are_those_of_a_full_search():
    rows = planted(seed=4)
    rows[7] = 0
    table = EmbeddingTable.from_array(rows)
    wanted = np.array([50, 2, 399])
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-30)
    cosines = unit[wanted] @ unit.T
    cosines[np.arange(3), wanted] = -np.inf
    np.testing.assert_array_equal(nearest_rows(table, wanted, 4), np.argsort(-cosines, axis=1)[:, :4])
    assert nearest_rows(EmbeddingTable.from_array(rows[:2]), np.array([1]), 3).tolist() == [[0, -1, -1]]
