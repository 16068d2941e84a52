"""The table of a trajectory: every row's points in their order, each linked to the next."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projector_export.errors import InvalidInputError
from projector_export.table import Column
from projector_export.training import trajectory as module
from projector_export.training.trajectory import SEQUENCE_COLUMN, Followed, color_of, trajectory
from projector_export.vectors import ArrayVectors


def followed(points, columns=(), *, first=0):
    """Points of shape (n_epochs, n_rows, n_dims)."""
    return Followed("layer", {first + place: ArrayVectors(array) for place, array in enumerate(points)}, columns)


def values(table, name):
    return np.asarray(table.column(name).values)


@given(
    n_epochs=st.integers(2, 7),
    n_rows=st.integers(1, 12),
    n_dims=st.integers(1, 5),
    seed=st.integers(0, 99),
    data=st.data(),
)
def test_links_lead_through_all_epochs_of_a_row_and_end(n_epochs, n_rows, n_dims, seed, data):
    points = np.random.default_rng(seed).normal(size=(n_epochs, n_rows, n_dims)).astype(np.float32)
    rows = np.array(data.draw(st.lists(st.integers(0, n_rows - 1), min_size=1, unique=True)))
    table = trajectory(followed(points, first=3), rows)
    stored = table.vectors.read(0, table.n_rows)
    following = values(table, SEQUENCE_COLUMN)
    starts = sorted(set(range(table.n_rows)) - set(following[~np.isnan(following)].astype(int).tolist()))
    assert [int(values(table, "row")[start]) for start in starts] == rows.tolist()
    for start, row in zip(starts, rows, strict=True):
        way = [start]
        while not np.isnan(following[way[-1]]):
            way.append(int(following[way[-1]]))
        assert np.array_equal(stored[way], points[:, row])
        assert values(table, "epoch")[way].tolist() == list(range(3, 3 + n_epochs))
        assert {table.column("token").values[point] for point in way} == {f"row {row}"}


def test_ways_are_measured():
    points = np.array([[[0.0, 0.0, 0.0]], [[3.0, 4.0, 0.0]], [[3.0, 0.0, 0.0]]], np.float32)
    table = trajectory(followed(points), np.array([0]))
    assert values(table, "moved").tolist() == [0, 5, 3]
    assert values(table, "path").tolist() == [0, 5, 9]


def test_those_that_went_farthest_are_followed():
    points = np.zeros((3, 50, 4), np.float32)
    points[1] = 9
    points[2, [7, 30, 31], 0] = [2, 1, 3]
    table = trajectory(followed(points), 2)
    assert sorted(set(values(table, "row").tolist())) == [7, 31]
    assert trajectory(followed(points), 80).n_rows == 150
    assert trajectory(followed(points), np.empty(0, np.int64)) is None


def test_all_epochs_share_their_axes():
    generator = np.random.default_rng(0)
    points = generator.normal(size=(4, 20, 8)).astype(np.float32)
    table = trajectory(followed(points), 20)
    (layout,) = table.layouts
    flat = points.transpose(1, 0, 2).reshape(-1, 8).astype(np.float64)
    centred = flat - flat.mean(axis=0)
    expected = centred @ np.linalg.svd(centred, full_matrices=False)[2][:3].T
    assert np.allclose(np.abs(layout.coordinates), np.abs(expected), atol=1e-5)


@pytest.mark.parametrize("points", [np.ones((3, 5, 4), np.float32), np.arange(6, dtype=np.float32).reshape(2, 3, 1)])
def test_where_there_is_nothing_to_see_there_is_no_layout(points):
    assert trajectory(followed(points), 5).layouts == ()


def test_texts_go_along_and_numbers_stay_behind():
    points = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
    columns = [
        Column("id", np.arange(3)),
        Column("epoch", ["x", "y", "z"]),
        Column("kind", ["a", "b", None]),
        Column(SEQUENCE_COLUMN, ["1", "2", None]),
    ]
    table = trajectory(followed(points, columns), 3)
    assert [column.name for column in table.columns] == [
        "token",
        "epoch",
        "row",
        "moved",
        "path",
        "kind",
        SEQUENCE_COLUMN,
    ]
    assert table.column("token").values == ("x", "x", "y", "y", "z", "z")


def test_more_points_than_the_viewer_shows_leave_epochs_out(monkeypatch):
    monkeypatch.setattr(module, "MAX_ROWS", 50)
    points = np.random.default_rng(0).normal(size=(30, 10, 4)).astype(np.float32)
    table = trajectory(followed(points), 10)
    assert sorted(set(values(table, "epoch").tolist())) == [0, 7, 14, 22, 29]
    assert table.provenance.notes == (
        "the trajectory passes through 5 of 30 epochs, evenly spaced: the viewer shows no more points",
    )


@pytest.mark.parametrize(
    ("n_epochs", "color"), [(2, "epoch"), (10, "epoch"), (11, "moved"), (50, "moved"), (51, "epoch")]
)
def test_no_two_epochs_share_a_color(n_epochs, color):
    points = np.random.default_rng(0).normal(size=(n_epochs, 20, 4)).astype(np.float32)
    assert color_of(trajectory(followed(points), 20), "epoch") == color
    assert color_of(trajectory(followed(points[:, :, :1]), 20), "epoch") is None, "there is no layout of one dimension"


def test_too_few_distances_are_no_gradient():
    points = np.random.default_rng(0).normal(size=(12, 4, 4)).astype(np.float32)
    assert color_of(trajectory(followed(points), 4), "epoch") == "epoch"


def test_epochs_of_different_shape_are_refused():
    vectors = {0: ArrayVectors(np.zeros((5, 4))), 1: ArrayVectors(np.zeros((6, 4)))}
    with pytest.raises(InvalidInputError, match="5 rows of 4 dimensions in epoch 0 and 6 of 4 in epoch 1"):
        trajectory(Followed("layer", vectors, ()), 5)
