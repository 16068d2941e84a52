"""Labels beside points: none on another, none on a point, none forgotten that has room."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projector_export.targets.plot import label_placement
from projector_export.targets.plot.label_placement import SLOTS, place

BOUNDS = (0.0, 0.0, 400.0, 300.0)
RADIUS = 4.0

coordinate = st.floats(0, 1, width=32)
labels = st.lists(
    st.tuples(coordinate, coordinate, st.floats(5, 120, width=32), st.floats(5, 20, width=32)), min_size=0, max_size=40
)


def overlap(first, second, slack=1e-6):
    return bool(
        (np.maximum(first[:2], second[:2]) + slack < np.minimum(first[2:], second[2:])).all(),
    )


def placed(rows):
    rows = np.array(rows, dtype=float).reshape(-1, 4)
    points, sizes = rows[:, :2] * (400, 300), rows[:, 2:]
    corners = place(points, sizes, bounds=BOUNDS, radius=RADIUS)
    return points, sizes, corners, np.concatenate([corners, corners + sizes], axis=1)


@given(labels)
def test_no_label_lies_on_another_or_on_a_point_or_outside(rows):
    points, _, corners, boxes = placed(rows)
    squares = np.concatenate([points - RADIUS, points + RADIUS], axis=1)
    chosen = np.flatnonzero(np.isfinite(corners).all(axis=1)).tolist()
    for number, label in enumerate(chosen):
        assert (boxes[label, :2] >= 0).all()
        assert (boxes[label, 2:] <= (400, 300)).all()
        assert not any(overlap(boxes[label], boxes[other]) for other in chosen[:number])
        assert not any(overlap(boxes[label], square) for square in squares)


@given(labels)
def test_no_label_is_left_out_that_has_a_free_slot(rows):
    points, sizes, corners, boxes = placed(rows)
    squares = np.concatenate([points - RADIUS, points + RADIUS], axis=1)
    is_placed = np.isfinite(corners).all(axis=1)
    for label in np.flatnonzero(~is_placed).tolist():
        for slot in SLOTS:
            middle = points[label] + slot * (sizes[label] / 2 + RADIUS)
            box = np.concatenate([middle - sizes[label] / 2, middle + sizes[label] / 2])
            is_inside = (box[:2] >= 0).all() and (box[2:] <= (400, 300)).all()
            in_the_way = [*boxes[is_placed], *np.delete(squares, label, axis=0)]
            assert not is_inside or any(overlap(box, other, slack=-1e-6) for other in in_the_way)


def test_labels_give_way_to_others(monkeypatch):
    random = np.random.default_rng(5).uniform(size=(100, 4))
    points, sizes = random[:, :2] * (400, 300), random[:, 2:] * (60, 8) + (20, 8)

    def n_placed():
        return np.isfinite(place(points, sizes, bounds=BOUNDS, radius=RADIUS)).all(axis=1).sum()

    yielding = n_placed()
    monkeypatch.setattr(label_placement._Choice, "_make_room", lambda choice, label: False)
    assert yielding > n_placed()


def test_labels_far_apart_all_stand_at_the_right():
    points = np.array([[50.0, 50.0], [50.0, 150.0], [50.0, 250.0]])
    corners = place(points, np.full((3, 2), (40.0, 10.0)), bounds=BOUNDS, radius=RADIUS)
    assert corners == pytest.approx(points + np.array([RADIUS, -5.0]))


def test_the_same_points_give_the_same_places():
    rows = np.random.default_rng(0).uniform(size=(60, 4)) * (1, 1, 80, 15) + (0, 0, 5, 5)
    np.testing.assert_array_equal(placed(rows)[2], placed(rows)[2])
