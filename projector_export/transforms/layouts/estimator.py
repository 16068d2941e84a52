"""Any estimator in the manner of scikit-learn as a layout."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue
from projector_export.table import EmbeddingTable
from projector_export.transforms.layouts.picture import with_coordinates
from projector_export.transforms.layouts.start import check_start
from projector_export.vectors import Float32Array

__all__ = ["Estimator", "estimator"]


class Estimator(Protocol):
    """Anything with ``fit_transform``: ``sklearn.manifold.TSNE``, ``sklearn.decomposition.KernelPCA``..."""

    def fit_transform(self, vectors: Float32Array, /) -> object:
        """Return coordinates of shape ``(n_rows, 2)`` or ``(n_rows, 3)``."""


def estimator(
    table: EmbeddingTable, fitted_by: Estimator, *, name: str | None = None, start: Float32Array | None = None
) -> EmbeddingTable:
    """Return the table with the layout that an estimator makes of its vectors.

    Parameters
    ----------
    table
        Finite vectors. The estimator gets a copy of them, float32, shape ``(n_rows, n_dims)``.
    fitted_by
        An object with ``fit_transform``. It is fitted, as such objects are; seed it for the same picture each time.
    name
        What people call the layout; by default the class's name and the dimensions (``"KernelPCA 2d"``).
    start
        Earlier layout of these rows, same shape as the coordinates, NaN where it has none: the picture is laid onto it.

    Raises
    ------
    InvalidInputError
        If there is no such method, or what it returns is no finite array of shape ``(n_rows, 2)`` or ``(n_rows, 3)``.

    Notes
    -----
    The layout's parameters keep the class, and what ``get_params()`` says as far as it is numbers and texts.
    """
    kind = type(fitted_by).__name__
    if isinstance(fitted_by, type) or not callable(getattr(fitted_by, "fit_transform", None)):
        what = f"the class {fitted_by.__name__}" if isinstance(fitted_by, type) else f"a {kind}"
        raise InvalidInputError(f"{what} is no estimator: give an object that has the method fit_transform")
    table.require_finite()
    result = fitted_by.fit_transform(table.vectors.read(0, table.n_rows))
    coordinates = _coordinates(result, kind, table.n_rows)
    if start is not None:
        check_start(table, coordinates.shape[1], start)
    parameters = {"estimator": f"{type(fitted_by).__module__}.{type(fitted_by).__qualname__}", **_parameters(fitted_by)}
    called = name or f"{kind} {coordinates.shape[1]}d"
    return with_coordinates(table, called, "estimator", coordinates, parameters, start)


def _coordinates(result: object, kind: str, n_rows: int) -> Float32Array:
    coordinates = np.asarray(result)
    if (
        coordinates.dtype.kind not in "fiu"
        or coordinates.ndim != 2
        or coordinates.shape not in {(n_rows, 2), (n_rows, 3)}
    ):
        raise InvalidInputError(
            f"{kind}.fit_transform returned {coordinates.dtype} of shape {coordinates.shape} instead of numbers of shape "
            f"({n_rows}, 2) or ({n_rows}, 3): set its n_components to 2 or 3"
        )
    with np.errstate(over="ignore"):
        coordinates = coordinates.astype(np.float32)
    missing = int((~np.isfinite(coordinates).all(axis=1)).sum())
    if missing:
        raise InvalidInputError(
            f"{kind}.fit_transform returned NaN or infinite coordinates for {missing:,} of {n_rows:,} rows"
        )
    return coordinates


def _parameters(fitted_by: Estimator) -> dict[str, JSONValue]:
    get_params = getattr(fitted_by, "get_params", None)
    known = get_params(deep=False) if callable(get_params) else {}
    return {key: value for key, value in known.items() if value is None or isinstance(value, (bool, int, float, str))}
