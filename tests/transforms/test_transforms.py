import numpy as np
import pytest

from projector_export.errors import InvalidInputError
from projector_export.table import Column, EmbeddingTable
from projector_export.transforms.all_but_the_top import all_but_the_top
from projector_export.transforms.center import center
from projector_export.transforms.drop_bad_rows import drop_bad_rows
from projector_export.transforms.for_viewer import ViewerLimits, choose_rows, for_viewer
from projector_export.transforms.moments import principal_axes
from projector_export.transforms.normalize import normalize
from projector_export.transforms.principal_components import principal_components

RNG = np.random.default_rng(3)
VALUES = (RNG.normal(size=(400, 30)) * np.geomspace(5, 0.01, 30) + 50).astype(np.float32)
WIDE = VALUES.astype(np.float64)

TRANSFORMS = {
    "center": center,
    "normalize": normalize,
    "all_but_the_top": lambda table: all_but_the_top(table, 2),
    "principal_components": lambda table: principal_components(table, 5),
    "drop_bad_rows": drop_bad_rows,
    "choose_rows": lambda table: choose_rows(table, 100),
    "for_viewer": lambda table: for_viewer(table, ViewerLimits(50, 50 * 4 * 10)),
}


def table_of(values=VALUES, **columns):
    texts = [f"row {i}" for i in range(len(values))]
    return EmbeddingTable.from_array(
        values, name="t", columns=[Column("label", texts), *(Column(k, v) for k, v in columns.items())]
    )


def whole(table):
    return table.vectors.read(0, table.n_rows)


@pytest.fixture(params=sorted(TRANSFORMS))
def transform(request):
    return TRANSFORMS[request.param]


def test_the_input_is_left_alone(transform):
    table = table_of()
    transform(table)
    assert np.array_equal(whole(table), VALUES)
    assert len(table.provenance.steps) == 1


def test_rows_keep_their_labels(transform):
    values = VALUES.copy()
    values[:, 0] = np.arange(400)
    values[7, 3] = np.nan if transform is drop_bad_rows else values[7, 3]
    result = transform(table_of(values))
    assert all(len(column.values) == result.n_rows for column in result.columns)
    if transform in (drop_bad_rows, TRANSFORMS["choose_rows"]):
        assert [f"row {int(row[0])}" for row in whole(result)] == list(result.column("label").values)


def test_the_same_input_gives_the_same_bits(transform):
    assert whole(transform(table_of())).tobytes() == whole(transform(table_of())).tobytes()


def test_a_step_is_added_to_the_history(transform):
    values = VALUES.copy()
    values[7, 3] = np.nan if transform is drop_bad_rows else values[7, 3]
    history = transform(table_of(values)).provenance
    assert len(history.steps) >= 2
    assert history.as_json()


def test_center():
    assert np.abs(whole(center(table_of())).mean(axis=0)).max() < 1e-5
    assert np.allclose(whole(center(table_of())), WIDE - WIDE.mean(axis=0), atol=1e-6)


def test_normalize_keeps_zero_rows_and_tells():
    values = VALUES.copy()
    values[[3, 9]] = 0
    result = normalize(table_of(values))
    lengths = np.linalg.norm(whole(result), axis=1)
    assert np.allclose(np.delete(lengths, [3, 9]), 1, atol=1e-6)
    assert not lengths[[3, 9]].any()
    assert "2 rows are zero" in result.provenance.notes[0]


def test_principal_components_equal_an_independent_computation():
    result = whole(principal_components(table_of(), 5)).astype(float)
    centred = WIDE - WIDE.mean(axis=0)
    _, singular, right = np.linalg.svd(centred, full_matrices=False)
    expected = centred @ right[:5].T
    assert np.allclose(np.abs(result), np.abs(expected), atol=1e-4)
    step = principal_components(table_of(), 5).provenance.steps[-1].parameters
    assert step["variance_kept"] == pytest.approx((singular[:5] ** 2).sum() / (singular**2).sum(), rel=1e-9)


def test_axes_have_a_sign_of_their_own():
    axes = principal_axes(table_of().vectors, 30)
    flipped = principal_axes(table_of(-VALUES).vectors, 30)
    assert (axes.components[np.arange(30), np.abs(axes.components).argmax(axis=1)] > 0).all()
    assert np.allclose(axes.components, flipped.components, atol=1e-9)


@pytest.mark.parametrize("count", [0, 31, 10**6])
def test_impossible_numbers_of_components_are_refused(count):
    with pytest.raises(InvalidInputError, match="choose 1 to 30"):
        principal_components(table_of(), count)


def test_all_but_the_top_takes_mean_and_directions():
    result = whole(all_but_the_top(table_of(), 2)).astype(float)
    centred = WIDE - WIDE.mean(axis=0)
    top = np.linalg.svd(centred, full_matrices=False)[2][:2]
    assert np.allclose(result, centred - centred @ top.T @ top, atol=1e-5)
    assert all_but_the_top(table_of()).provenance.steps[-1].parameters["n_directions"] == 1


@pytest.mark.parametrize("count", [0, 30])
def test_impossible_numbers_of_directions_are_refused(count):
    with pytest.raises(InvalidInputError, match="choose 1 to 29"):
        all_but_the_top(table_of(), count)


def test_drop_bad_rows():
    values = VALUES.copy()
    values[[0, 399], [1, 2]] = [np.nan, -np.inf]
    result = drop_bad_rows(table_of(values))
    assert np.array_equal(whole(result), VALUES[1:399])
    assert result.column("label").values[0] == "row 1"
    assert "2 rows with NaN or infinite numbers were dropped (rows 0, 399)" in result.provenance.notes
    with pytest.raises(InvalidInputError, match="all 400 rows"):
        drop_bad_rows(table_of(np.full((400, 3), np.nan)))


def test_the_viewer_gets_the_same_object_where_it_can_take_all():
    table = table_of()
    assert for_viewer(table) is table


def test_odd_kinds_are_all_kept_and_the_rest_evenly():
    kinds = ["word"] * 400
    for row in (0, 57, 58, 399):
        kinds[row] = "unused"
    result = choose_rows(table_of(kind=kinds), 104)
    labels = list(result.column("label").values)
    assert len(labels) == 104
    assert {"row 0", "row 57", "row 58", "row 399"} <= set(labels)
    gaps = np.diff([int(label.split()[1]) for label in labels])
    assert gaps.min() >= 1
    assert gaps.max() <= 5


def test_more_odd_rows_than_places_are_sampled_evenly():
    result = choose_rows(table_of(kind=["special"] * 400), 100)
    assert [int(label.split()[1]) for label in result.column("label").values] == list(range(0, 400, 4))


def test_a_tensor_too_large_for_a_browser_is_brought_below_and_told():
    result = for_viewer(table_of(), ViewerLimits(400, 400 * 4 * 10))
    assert result.shape == (400, 10)
    assert "30 dimensions brought to 10 by exact PCA" in result.provenance.notes[-1]
    assert for_viewer(table_of(), ViewerLimits(400, 0)).shape == (400, 30)


@pytest.mark.parametrize("n_dims", [1, 2])
def test_few_dimensions_are_filled_up_for_the_first_view(n_dims):
    result = for_viewer(table_of(VALUES[:, :n_dims]))
    assert np.array_equal(whole(result), np.pad(VALUES[:, :n_dims], ((0, 0), (0, 3 - n_dims))))


def test_a_single_row_is_refused():
    with pytest.raises(InvalidInputError, match="single row"):
        for_viewer(table_of(VALUES[:1]))
    with pytest.raises(InvalidInputError, match="at least 2 rows"):
        ViewerLimits(1)
