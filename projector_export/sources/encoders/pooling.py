"""One vector of the vectors of a text's tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from projector_export.sources.encoders.options import Pooling

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["grouped_mean", "pool"]


def pool(hidden: Tensor, mask: Tensor, pooling: Pooling) -> Tensor:
    """Return one vector a text.

    Parameters
    ----------
    hidden
        Token vectors, shape ``(n_texts, n_tokens, n_dims)``, padded on the right.
    mask
        1 for tokens, 0 for padding, shape ``(n_texts, n_tokens)``.
    pooling
        ``"mean"``: sum of the tokens' vectors divided by their number (Reimers & Gurevych 2019, section 3); ``"cls"``: that of
        the first token; ``"last"``: that of the last one; ``"max"``: the largest value of each dimension.

    Returns
    -------
    Tensor of shape ``(n_texts, n_dims)``
        A text without any token gets zeros.
    """
    lengths = mask.sum(dim=1)
    found = _pooled(hidden, mask, lengths, pooling)
    return found if bool(lengths.all()) else found.masked_fill(lengths[:, None] == 0, 0.0)


def _pooled(hidden: Tensor, mask: Tensor, lengths: Tensor, pooling: Pooling) -> Tensor:
    if pooling == "cls":
        return hidden[:, 0]
    if pooling == "last":
        return hidden[range(len(hidden)), (lengths - 1).clamp(min=0)]
    wide = mask[:, :, None]
    if pooling == "max":
        return hidden.masked_fill(wide == 0, float("-inf")).amax(dim=1)
    return (hidden * wide.to(hidden.dtype)).sum(dim=1) / lengths.clamp(min=1)[:, None].to(hidden.dtype)


def grouped_mean(hidden: Tensor, groups: Tensor, n_groups: int) -> Tensor:
    """Return the mean vector of each group of tokens of one text.

    Parameters
    ----------
    hidden
        Token vectors, shape ``(n_tokens, n_dims)``.
    groups
        Group of each token, shape ``(n_tokens,)``, from 0; negative ones belong to none.
    n_groups
        Number of groups; none is empty.
    """
    is_in = groups >= 0
    sums = hidden.new_zeros((n_groups, hidden.shape[1])).index_add_(0, groups[is_in], hidden[is_in])
    counts = groups[is_in].bincount(minlength=n_groups)
    return sums / counts[:, None].to(sums.dtype)
