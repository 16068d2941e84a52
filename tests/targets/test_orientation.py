import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from projector_export.targets.orientation import equal_extents

RNG = np.random.default_rng(5)


def assert_shape_survives(points):
    found = equal_extents(points)
    widths = np.ptp(found.coordinates, axis=0)
    assert np.isfinite(found.coordinates).all()
    assert np.ptp(widths) <= 1e-4 * widths.max()
    assert np.allclose(found.coordinates.max(axis=0), -found.coordinates.min(axis=0))
    assert np.allclose(found.rotation @ found.rotation.T, np.eye(points.shape[1]))
    assert np.linalg.det(found.rotation) == pytest.approx(1), "nothing is mirrored"
    turned = (points.astype(float) - points.astype(float).mean(axis=0)) @ found.rotation.T
    assert np.allclose(np.ptp(found.coordinates - turned, axis=0), 0, atol=1e-9 * (1 + np.abs(points).max()))
    assert np.array_equal(equal_extents(points).coordinates, found.coordinates)
    return found


small = st.floats(-100, 100, width=32)


@given(
    st.sampled_from([2, 3]).flatmap(
        lambda n: hnp.arrays(np.float32, st.tuples(st.integers(1, 12), st.just(n)), elements=small)
    )
)
def test_any_few_points(points):
    assert_shape_survives(points)


@pytest.mark.parametrize("n_axes", [2, 3])
@pytest.mark.parametrize("seed", range(25))
def test_clouds_of_any_shape(n_axes, seed):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(2000, n_axes)) ** rng.integers(1, 4) * rng.uniform(0.1, 6, n_axes)
    clusters = rng.normal(size=(9, n_axes))[rng.integers(0, 9, 2000)] * 5
    assert_shape_survives((points + clusters * (seed % 2)) @ np.linalg.qr(rng.normal(size=(n_axes, n_axes)))[0])


@pytest.mark.parametrize("n_rows", [60, 3])
@pytest.mark.parametrize("n_axes", [2, 3])
def test_flat_clouds(n_rows, n_axes):
    line = RNG.normal(size=(n_rows, 1)) @ RNG.normal(size=(1, n_axes))
    assert np.ptp(assert_shape_survives(line).coordinates) > 0
    assert np.ptp(assert_shape_survives(np.eye(n_axes)[:1] * np.arange(n_rows)[:, None]).coordinates) > 0
    assert not assert_shape_survives(np.full((n_rows, n_axes), 7.5)).coordinates.any()
    plane = RNG.normal(size=(n_rows, 2)) @ RNG.normal(size=(2, n_axes))
    assert_shape_survives(plane)
    assert_shape_survives(plane + 1e-7 * RNG.normal(size=plane.shape))


@pytest.mark.parametrize("n_axes", [2, 3])
def test_what_is_equally_wide_already_is_left_alone(n_axes):
    corners = np.array(np.meshgrid(*[[-1.0, 1.0]] * n_axes)).reshape(n_axes, -1).T
    points = np.vstack([corners, RNG.uniform(-0.9, 0.9, (100, n_axes))])
    assert np.allclose(assert_shape_survives(points).rotation, np.eye(n_axes), atol=1e-6)


@pytest.mark.parametrize("n_axes", [2, 3])
def test_similar_pictures_are_rotated_alike(n_axes):
    points = RNG.normal(size=(3000, n_axes)) * [3, 2, 1][:n_axes]
    moved = points * 1.01 + 0.001 * RNG.normal(size=points.shape)
    change = equal_extents(points).rotation @ equal_extents(moved).rotation.T
    assert np.trace(change) > n_axes - 0.01


@pytest.mark.parametrize("n_axes", [2, 3])
def test_a_hundred_thousand_points_are_quick(n_axes):
    points = (RNG.normal(size=(100_000, n_axes)) * [5, 1, 2][:n_axes]).astype(np.float32)
    equal_extents(points[:100])
    start = time.perf_counter()
    equal_extents(points)
    assert time.perf_counter() - start < 1
