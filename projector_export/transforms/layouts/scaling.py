"""The arithmetic of multidimensional scaling, on matrices of distances."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from projector_export import vectors
from projector_export.transforms.layouts.distances import distances
from projector_export.transforms.layouts.start import Float64Array

__all__ = ["classical", "landmark_map", "smacof_from", "stress"]

LANCZOS_ROWS = 1_000
"""Rows from which on the few wanted eigenvectors are found by iteration."""

TOLERANCE = 1e-6
"""Relative fall of the stress below which SMACOF ends; scikit-learn's default."""

ITERATIONS_AT_ONCE = 10


def classical(pairs: Float64Array, n_components: int) -> Float64Array:
    """Return coordinates whose inner products come nearest to those that the distances imply (Torgerson 1952).

    Parameters
    ----------
    pairs
        Distances, shape ``(n, n)``, zero on the diagonal.
    n_components
        2 or 3. An axis that the distances do not have is zero.
    """
    values, axes = _largest(_centred(pairs), n_components)
    return axes * np.sqrt(values)


def _centred(pairs: Float64Array) -> Float64Array:
    product = pairs**2
    means = product.mean(axis=0)
    product -= means
    product -= means[:, None]
    product += means.mean()
    product *= -0.5
    return product


def _largest(product: Float64Array, n_components: int) -> tuple[Float64Array, Float64Array]:
    """Return the largest eigenvalues, none below 0, and their axes as columns, each with its largest entry positive."""
    from scipy.linalg import eigh
    from scipy.sparse.linalg import eigsh

    n = len(product)
    if n < LANCZOS_ROWS:
        values, axes = eigh(product, subset_by_index=(n - n_components, n - 1))
    else:
        begin = np.random.default_rng(0).normal(size=n)
        values, axes = eigsh(product, k=n_components, which="LA", v0=begin)
    order = np.argsort(values)[::-1]
    values, axes = values[order], axes[:, order]
    axes *= np.where(axes[np.abs(axes).argmax(axis=0), np.arange(n_components)] < 0, -1.0, 1.0)
    return np.maximum(values, 0), axes


def landmark_map(pairs: Float64Array, n_components: int) -> Callable[[Float64Array], Float64Array]:
    """Return what places rows by their distances to the landmarks (de Silva and Tenenbaum 2004, section 3.2).

    Parameters
    ----------
    pairs
        Distances between landmarks, shape ``(m, m)``.
    n_components
        2 or 3.

    Returns
    -------
    Callable
        Distances of shape ``(n, m)`` -> coordinates of shape ``(n, n_components)``.
    """
    values, axes = _largest(_centred(pairs), n_components)
    scaled = np.divide(axes, np.sqrt(values), out=np.zeros_like(axes), where=values > values[0] * 1e-12)
    means = (pairs**2).mean(axis=0)
    return lambda to_landmarks: (to_landmarks**2 - means) @ scaled / -2


def smacof_from(first: Float64Array, pairs: Float64Array, n_iter: int, report: vectors.Progress | None) -> Float64Array:
    """Return coordinates of low stress by scikit-learn's SMACOF, a few iterations at a time.

    Parameters
    ----------
    first
        Where it begins, shape ``(n, n_components)``.
    pairs
        Distances, shape ``(n, n)``.
    n_iter
        Iterations at most; fewer where the stress hardly falls any more.
    report
        Called with iterations done and ``n_iter``.

    Notes
    -----
    An iteration (a Guttman transform) depends on nothing but the coordinates before it, so that several short runs are one
    long one.
    """
    from sklearn.manifold import smacof

    coordinates, before = first, np.inf
    for done in range(0, n_iter, ITERATIONS_AT_ONCE):
        now = min(ITERATIONS_AT_ONCE, n_iter - done)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a short run did not converge
            coordinates, after = smacof(
                pairs,
                init=coordinates,
                n_components=first.shape[1],
                n_init=1,
                max_iter=now,
                eps=0,
                normalized_stress=False,
            )
        if report:
            report(done + now, n_iter)
        if before - after <= TOLERANCE * now * after:
            break
        before = after
    if report:
        report(n_iter, n_iter)
    return np.asarray(coordinates, dtype=np.float64)


def stress(coordinates: Float64Array, pairs: Float64Array) -> float:
    """Return ``sqrt(sum((d - delta)**2) / sum(delta**2))`` of a picture with distances d."""
    centred = coordinates - coordinates.mean(axis=0)
    drawn = distances(centred, centred, "euclidean")
    return float(np.sqrt(((drawn - pairs) ** 2).sum() / (pairs**2).sum()))
