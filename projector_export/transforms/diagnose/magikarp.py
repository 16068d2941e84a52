"""The published computation of under-trained tokens, number by number.

Land & Bartolo 2024 (arXiv 2405.05417), as the authors' program ``magikarp`` computes it today: the first indicator is the
length of the input row where input and output are not tied, else the cosine distance of the output row to the mean of the
reference rows, with the product of the two lengths at least 1e-6; suspects are ordinary and special tokens at or below the
second percentile of the ordinary ones. Dead rows, repeated rows and references count as any other.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.transforms.diagnose.indicator import Indicator
from projector_export.transforms.diagnose.token_classes import TokenClasses

__all__ = ["LEAST_PRODUCT", "PERCENTILE", "magikarp"]

LEAST_PRODUCT = 1e-6
"""The published clip."""

PERCENTILE = 2.0


def magikarp(
    indicator: Indicator, classes: TokenClasses, *, percentile: float = PERCENTILE
) -> tuple[float, npt.NDArray[np.int64]]:
    """Return the published threshold and the suspects, the most suspicious first.

    Parameters
    ----------
    indicator
        The first one.
    classes
        Ordinary and special tokens.
    percentile
        Of the ordinary tokens, 0 to 100; linear between two values, as ``numpy.percentile``.

    Raises
    ------
    InvalidInputError
        If no token is ordinary.
    """
    values = indicator.values
    ordinary = values[classes.ordinary & np.isfinite(values)]
    if not len(ordinary):
        raise InvalidInputError(
            "no token comes back when it is decoded and encoded again, so there is nothing to take a percentile of: name the "
            "right tokenizer with --tokenizer FILE_OR_FOLDER"
        )
    threshold = float(np.percentile(ordinary, percentile))
    with np.errstate(invalid="ignore"):
        rows = np.flatnonzero((classes.ordinary | classes.special) & (values <= threshold))
    return threshold, rows[np.argsort(values[rows], kind="stable")]
