"""The bias of a model's output layer, where it has one."""

from __future__ import annotations

import re
from os import PathLike

import numpy as np
import numpy.typing as npt

from projector_export.sources.huggingface.model_files import ModelFiles, open_model
from projector_export.sources.huggingface.names import is_output_table

__all__ = ["read_output_bias"]

_OF_ITS_OWN = re.compile(
    r"(?:.*\.)?(?:cls\.predictions|generator_lm_head|lm_head|vocab_projector)\.bias|final_logits_bias"
)
"""Biases that lie beside a tied table whose weight is not saved again (BERT, RoBERTa, DistilBERT, BART)."""

_ROWS_MORE_OR_LESS = 1024


def read_output_bias(
    source: str | PathLike[str], n_rows: int, *, revision: str | None = None
) -> npt.NDArray[np.float64] | None:
    """Read what a model's output layer adds to each token's logit, or return None if its files hold no such tensor.

    Parameters
    ----------
    source
        Hub id, model folder or weights file.
    n_rows
        Rows of the output table: a bias has about as many numbers.
    revision
        Branch, tag or commit of a model on the Hub.

    Returns
    -------
    ndarray of float64, shape (n_biases,), or None

    Raises
    ------
    ProjectorExportError
        If there is no such model, its files are damaged, or a download fails.
    """
    model = open_model(source, revision=revision)
    for name in model.tensor_names:
        if _is_output_bias(name):
            size = int(np.prod(model.tensor(name).shape))
            if abs(size - n_rows) <= _ROWS_MORE_OR_LESS and 2 * size > n_rows:
                return _values(model, name, size)
    return None


def _is_output_bias(name: str) -> bool:
    path = name.removesuffix(".bias")
    return _OF_ITS_OWN.fullmatch(name) is not None or (path != name and is_output_table(f"{path}.weight"))


def _values(model: ModelFiles, name: str, size: int) -> npt.NDArray[np.float64]:
    rows = model.weights.rows(name, (size, 1)).read(0, size)
    return rows[:, 0].astype(np.float64)
