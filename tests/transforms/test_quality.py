from importlib import import_module

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from projector_export.errors import InvalidInputError
from projector_export.provenance import Step
from projector_export.table import EmbeddingTable, Layout
from projector_export.transforms.quality import anchors, measure
from projector_export.vectors import ArrayVectors, MappedVectors, SelectedVectors

RNG = np.random.default_rng(5)
VALUES = (RNG.normal(size=(900, 12)) * np.geomspace(2, 0.2, 12) + 1).astype(np.float32)
NAMES = ("trustworthiness", "continuity", "neighbour_recall", "triplet_accuracy")


def with_layouts(table, values=VALUES, **more):
    pictures = {"flat": values[:, :2], "deep": values[:, 1:4], "noise": RNG.normal(size=(len(values), 2)), **more}
    for name, coordinates in pictures.items():
        table = table.with_layout(Layout(name, "pca", coordinates), Step("pca"))
    return table


def table_of(values=VALUES):
    return with_layouts(EmbeddingTable.from_array(values, name="t"), values)


def values_of(quality):
    return [getattr(quality, name).value for name in NAMES]


@pytest.fixture(params=["cosine", "euclidean"])
def metric(request):
    return request.param


@pytest.mark.parametrize("k", [1, 15, 120])
def test_all_rows_give_the_figures_of_scikit_learn(metric, k):
    for layout in measure(table_of(), n_neighbors=k, n_anchors=900, metric=metric).layouts:
        quality = layout.quality
        assert quality.trustworthiness.value == pytest.approx(
            trustworthiness(VALUES, layout.coordinates, n_neighbors=k, metric=metric), abs=1e-6
        )
        if metric == "euclidean":
            swapped = trustworthiness(layout.coordinates, VALUES, n_neighbors=k)
            assert quality.continuity.value == pytest.approx(swapped, abs=1e-6)
        assert (quality.n_neighbors, quality.n_anchors, quality.metric) == (k, 900, metric)


def test_continuity_under_cosine_is_that_of_unit_rows():
    layout = measure(table_of(), n_anchors=900).layouts[0]
    unit = VALUES / np.linalg.norm(VALUES, axis=1, keepdims=True)
    swapped = trustworthiness(layout.coordinates, unit, n_neighbors=15)
    assert layout.quality.continuity.value == pytest.approx(swapped, abs=1e-6)


def brute_force(values, coordinates, k):
    """Recall of neighbours and share of all triplets, from whole matrices."""
    truth, picture = (
        np.linalg.norm(rows[:, None].astype(float) - rows[None], axis=2) for rows in (values, coordinates)
    )
    for distances in (truth, picture):
        np.fill_diagonal(distances, np.inf)
    nearest = [np.argsort(distances, axis=1)[:, :k] for distances in (truth, picture)]
    recall = np.mean([len(set(a) & set(b)) / k for a, b in zip(*map(np.ndarray.tolist, nearest), strict=True)])
    agree = []
    for row in range(len(values)):
        others = np.delete(np.arange(len(values)), row)
        signs = [np.sign(d[row, others][:, None] - d[row, others][None]) for d in (truth, picture)]
        agree.append((signs[0] == signs[1])[~np.eye(len(others), dtype=bool)].mean())
    return recall, np.mean(agree)


def test_recall_and_triplets_equal_brute_force(monkeypatch):
    values = VALUES[:200]
    monkeypatch.setattr(anchors, "N_TRIPLETS", 500)
    for layout in measure(table_of(values), n_anchors=200, metric="euclidean").layouts:
        recall, accuracy = brute_force(values, layout.coordinates, 15)
        assert layout.quality.neighbour_recall.value == pytest.approx(recall, abs=1e-9)
        figure = layout.quality.triplet_accuracy
        assert figure.value == pytest.approx(accuracy, abs=0.01)


def test_a_faithful_picture_has_full_marks_and_a_random_one_does_not():
    plane = VALUES[:, :3]
    table = with_layouts(EmbeddingTable.from_array(plane), plane, same=plane)
    found = {layout.name: layout.quality for layout in measure(table, metric="euclidean").layouts}
    assert values_of(found["same"]) == [1, 1, 1, 1]
    assert values_of(found["noise"]) == pytest.approx([0.5, 0.5, 15 / 900, 0.5], abs=0.05)


def test_sampled_figures_lie_within_their_standard_error(metric):
    full = measure(table_of(), n_anchors=900, metric=metric).layouts
    for seed in range(4):
        for layout, whole in zip(
            measure(table_of(), n_anchors=150, metric=metric, seed=seed).layouts, full, strict=True
        ):
            for name in NAMES:
                estimate, truth = getattr(layout.quality, name), getattr(whole.quality, name)
                assert abs(estimate.value - truth.value) <= 4 * np.hypot(estimate.standard_error, truth.standard_error)


def test_the_standard_error_is_the_spread_of_the_estimates():
    runs = [measure(table_of(), n_anchors=120, seed=seed).layouts[1].quality for seed in range(30)]
    for name in NAMES:
        spread = np.std([getattr(quality, name).value for quality in runs], ddof=1)
        told = np.mean([getattr(quality, name).standard_error for quality in runs])
        assert 0.65 < spread / told < 1.5, name


def test_more_anchors_leave_less_doubt_and_all_rows_none():
    errors = [
        [getattr(measure(table_of(), n_anchors=count).layouts[1].quality, name).standard_error for name in NAMES]
        for count in (30, 300, 900)
    ]
    assert (np.array(errors[0]) > np.array(errors[1])).all()
    assert errors[2][:3] == [0, 0, 0]
    assert errors[2][3] > 0  # triplets are always a sample


def test_anchors_and_triplets_are_distinct_rows():
    for n_rows in (3, 4, 50):
        drawn = anchors.draw(n_rows, n_rows, seed=2)
        assert drawn.rows.tolist() == list(range(n_rows))
        first, second = drawn.triplets[..., 0], drawn.triplets[..., 1]
        assert (first != second).all()
        assert (drawn.triplets != drawn.rows[:, None, None]).all()
        assert (drawn.triplets >= 0).all()
        assert (drawn.triplets < n_rows).all()
    assert np.array_equal(np.unique(anchors.draw(9, 9, seed=1).triplets), np.arange(9))


def test_seeds(metric):
    first, again, other = (measure(table_of(), n_anchors=100, seed=seed, metric=metric) for seed in (1, 1, 2))
    table = [[layout.quality for layout in result.layouts][:2] for result in (first, again, other)]
    assert table[0] == table[1]
    assert table[0] != table[2]


def test_blocks_make_no_difference(monkeypatch):
    expected = [layout.quality for layout in measure(TABLE, n_anchors=50).layouts]
    monkeypatch.setattr(import_module(measure.__module__), "DISTANCE_BYTES", 7 * 4 * 900)
    told = []
    result = measure(TABLE, n_anchors=50, progress=lambda *args: told.append(args))
    assert [layout.quality for layout in result.layouts] == expected
    assert told[-1] == ("quality", 50, 50)
    assert len(told) >= 7


TABLE = table_of()


def test_lazy_vectors():
    rows = np.arange(0, 900, 2)
    doubled = MappedVectors(ArrayVectors(VALUES), 12, lambda block: block * 2)
    lazy = with_layouts(EmbeddingTable("t", SelectedVectors(doubled, rows)), VALUES[rows])
    plain = table_of(VALUES[rows])
    results = [[layout.quality for layout in measure(table).layouts[:2]] for table in (lazy, plain)]
    assert results[0] == results[1]


def test_repeated_rows_count_as_equally_near():
    values = np.repeat(VALUES[:30], 10, axis=0)
    table = EmbeddingTable.from_array(values).with_layout(Layout("same", "pca", values[:, :3]), Step("pca"))
    three = EmbeddingTable.from_array(values[:, :3]).with_layout(table.layouts[0], Step("pca"))
    quality = measure(three, n_neighbors=12, metric="euclidean").layouts[0].quality
    assert values_of(quality) == [1, 1, 1, 1]


def test_layouts_that_were_measured_stay_as_they_are():
    once = measure(TABLE, n_anchors=50)
    assert measure(once, n_anchors=60) is once
    more = once.with_layout(Layout("new", "pca", VALUES[:, 4:6]), Step("pca"))
    result = measure(more, n_anchors=60)
    assert [layout.quality.n_anchors for layout in result.layouts] == [50, 50, 50, 60]
    assert result.provenance.steps[-1].parameters["layouts"] == ["new"]
    assert all(layout.quality is None for layout in TABLE.layouts)


def test_a_table_without_layouts_is_returned():
    table = EmbeddingTable.from_array(VALUES[:2])
    assert measure(table) is table


@pytest.mark.parametrize(("n_rows", "k"), [(4, 1), (5, 2), (30, 14), (31, 15)])
def test_small_tables_have_smaller_neighbourhoods(n_rows, k):
    table = table_of(VALUES[:n_rows])
    result = measure(table, metric="euclidean")
    assert result.layouts[0].quality.n_neighbors == k
    assert result.layouts[0].quality.trustworthiness.value == pytest.approx(
        trustworthiness(VALUES[:n_rows], table.layouts[0].coordinates, n_neighbors=k), abs=1e-6
    )
    told = f"measured on {k} neighbours instead of 15: there are only {n_rows} rows"
    assert any(told in note for note in result.provenance.notes) == (k < 15)


def test_bad_input(metric):
    with pytest.raises(
        InvalidInputError, match="a layout of 3 rows cannot be measured: table 't' needs at least 4 rows"
    ):
        measure(table_of(VALUES[:3]), metric=metric)
    for name, value in (("n_neighbors", 0), ("n_anchors", 1), ("n_anchors", 2.5)):
        with pytest.raises(InvalidInputError, match=f"{name} is a whole number from"):
            measure(TABLE, metric=metric, **{name: value})
    zero = VALUES.copy()
    zero[5] = 0
    with pytest.raises(InvalidInputError, match=r"row 5.*--drop-zero-rows"):
        measure(table_of(zero))
    with pytest.raises(InvalidInputError, match="'manhattan' is no metric"):
        measure(TABLE, metric="manhattan")
