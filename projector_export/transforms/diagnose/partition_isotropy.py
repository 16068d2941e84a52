"""Isotropy by the partition function of Mu and Viswanath."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export.vectors import Vectors, blocks_of

__all__ = ["measure"]


def measure(vectors: Vectors, mean: npt.NDArray[np.float64], covariance: npt.NDArray[np.float64]) -> float:
    """Return ``min Z(c) / max Z(c)``, 0 to 1, with ``Z(c) = sum_i exp(c.x_i)``; 1 is isotropic.

    Parameters
    ----------
    vectors
        Finite rows, not centred.
    mean, covariance
        Of these rows (divided by their number).

    Notes
    -----
    Mu and Viswanath (2018, "All-but-the-top", equation 5): c goes over the eigenvectors of ``X.T X``, both signs. Sums of
    exponentials are taken relative to the largest exponent. Cost: ``2 n_rows n_dims**2``.
    """
    from scipy.linalg import eigh

    _, axes = eigh(covariance + np.outer(mean, mean), check_finite=False)
    logarithms = np.full(2 * vectors.shape[1], -np.inf)
    for _, block in blocks_of(vectors):
        exponents = block @ axes
        for sign, part in ((1, slice(None, vectors.shape[1])), (-1, slice(vectors.shape[1], None))):
            signed = sign * exponents
            largest = signed.max(axis=0)
            here = largest + np.log(np.exp(signed - largest).sum(axis=0))
            logarithms[part] = np.logaddexp(logarithms[part], here)
    return float(np.exp(logarithms.min() - logarithms.max()))
