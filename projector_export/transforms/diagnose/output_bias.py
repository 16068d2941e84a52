"""What the output layer adds to a token's logit, whatever the text."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.transforms.diagnose.indicator import Indicator

__all__ = ["LEAST_NORM", "NAME", "output_bias"]

NAME = "output bias"

LEAST_NORM = 1e-3
"""A bias no longer than this, all tokens together, was never trained (Land & Bartolo's program takes the same limit)."""


def output_bias(bias: npt.NDArray[np.floating], n_rows: int) -> Indicator | None:
    """Return the bias of each token's logit, or None where the model has none worth the name.

    The loss pushes the bias of a token that never occurs ever lower (Land & Bartolo 2024, arXiv 2405.05417, section 2.2).

    Parameters
    ----------
    bias
        Shape ``(n_biases,)``.
    n_rows
        Rows of the table.

    Raises
    ------
    InvalidInputError
        If it is no list of finite numbers.
    """
    values = np.asarray(bias, dtype=np.float64)
    if values.ndim != 1 or not np.isfinite(values).all():
        raise InvalidInputError(
            f"an output bias is one finite number a row, not an array of shape {values.shape}"
            + (" with NaN or infinite numbers" if values.ndim == 1 else "")
        )
    if np.linalg.norm(values) <= LEAST_NORM:
        return None
    return Indicator(NAME, "bias that the output layer adds to the token's logit", values).of_rows(n_rows)
