import numpy as np
import pytest

from projector_export.transforms.layouts.alignment import align
from projector_export.transforms.layouts.repulsion import GridRepulsion


def all_pairs(points, dof):
    difference = points[:, None] - points
    base = 1 + (difference**2).sum(axis=-1) / dof
    return (difference * (base ** -(dof + 1))[:, :, None]).sum(axis=1), (base**-dof).sum() - len(points)


@pytest.mark.parametrize("dof", [1.0, 0.5, 2.0])
@pytest.mark.parametrize(("extent", "aspect"), [(1e-4, 1.0), (1e-4, 0.0), (1.0, 1.0), (1.0, 0.0), (40.0, 1.0)])
def test_repulsion_is_that_of_all_pairs(dof, extent, aspect):
    points = np.random.default_rng(0).normal(size=(800, 2)) * [extent / 4, aspect * extent / 4]
    forces, total = GridRepulsion(dof)(points)
    wanted, wanted_total = all_pairs(points, dof)
    assert np.linalg.norm(forces - wanted) < (0.04 if extent > 1 else 0.005) * np.linalg.norm(wanted)
    assert total == pytest.approx(wanted_total, rel=0.01)


def test_repulsion_does_not_depend_on_threads_or_on_what_came_before():
    points = np.random.default_rng(0).normal(size=(3000, 2)) * 20
    first, used = GridRepulsion(workers=1), GridRepulsion(workers=3)
    used(points * 0.3)
    (forces, total), (others, other_total) = first(points), used(points)
    assert np.array_equal(forces, others)
    assert total == other_total


def test_a_point_that_has_flown_away_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr("projector_export.transforms.layouts.repulsion.MAX_NODES", 256)
    points = np.random.default_rng(0).normal(size=(50, 2))
    points[0] = 1e7
    forces, _ = GridRepulsion()(points)
    assert np.isfinite(forces).all()


@pytest.mark.parametrize("n_components", [2, 3])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_turned_picture_is_turned_back(n_components, mirrored):
    random = np.random.default_rng(n_components)
    picture = random.normal(size=(40, n_components)) * np.arange(1, n_components + 1)
    turn = np.linalg.qr(random.normal(size=(n_components, n_components)))[0]
    turn[0] *= np.sign(np.linalg.det(turn)) * (-1 if mirrored else 1)
    target = (picture @ turn * 3 + 5).astype(np.float32)
    wanted = target.copy()
    target[:7] = np.nan
    aligned = align(picture, target)
    assert np.allclose(aligned.coordinates, wanted, atol=1e-4)
    assert aligned.disparity == pytest.approx(0, abs=1e-6)


def test_disparity_is_that_of_scipy():
    spatial = pytest.importorskip("scipy.spatial")
    random = np.random.default_rng(0)
    ours, theirs = random.normal(size=(30, 2)), random.normal(size=(30, 2))
    assert align(ours, theirs.astype(np.float32)).disparity == pytest.approx(
        spatial.procrustes(theirs, ours)[2], abs=1e-6
    )
