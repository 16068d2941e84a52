"""Train a byte-level BPE tokenizer and tokenise a training text with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from projector_export.sources.standard_library.progress import INTERVAL, Progress, stage

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["END_OF_TEXT", "token_stream", "train_tokenizer"]

END_OF_TEXT = "<|endoftext|>"
"""The only special token; it follows each text of a training stream, as in GPT-2."""

_BATCH_TEXTS = 500


def train_tokenizer(texts: Sequence[str], *, n_tokens: int, progress: Progress | None = None) -> Tokenizer:
    """Train a byte-level byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909; bytes as in GPT-2).

    Parameters
    ----------
    texts
        What the merges are learned from.
    n_tokens
        Size of the vocabulary with 256 bytes and one special token; fewer where the texts give no more merges.
    progress
        Called with the stage's name and the share that is done.

    Returns
    -------
    tokenizers.Tokenizer
        The same one for the same texts, whatever the number of threads. It reads a special token that is spelled out in
        a text as ordinary text.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=n_tokens,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.encode_special_tokens = True
    report = stage(progress, "training the tokenizer")
    n_fed = 0

    def feed() -> Iterator[str]:
        nonlocal n_fed
        for text in texts:
            yield text
            n_fed += 1

    # The library says nothing while it merges: it works in a thread of its own, and this one reports.
    with ThreadPoolExecutor(1) as pool:
        training = pool.submit(tokenizer.train_from_iterator, feed(), trainer)
        while wait([training], timeout=INTERVAL).not_done:
            report(0.5 * n_fed / len(texts))
        training.result()
    report(1.0)
    return tokenizer


def token_stream(
    tokenizer: Tokenizer, texts: Sequence[str], *, progress: Progress | None = None
) -> npt.NDArray[np.int64]:
    """Tokenise texts into one stream.

    Parameters
    ----------
    tokenizer
        From :func:`train_tokenizer`.
    texts
        One document each.
    progress
        Called with the stage's name and the share that is done.

    Returns
    -------
    ndarray of int64, shape (n_training_tokens,)
        Token ids of all texts, each text followed by :data:`END_OF_TEXT`.
    """
    report = stage(progress, "tokenising docstrings")
    end = np.array([tokenizer.token_to_id(END_OF_TEXT)], dtype=np.int64)
    pieces: list[npt.NDArray[np.int64]] = []
    for start in range(0, len(texts), _BATCH_TEXTS):
        report(start / len(texts))
        for encoding in tokenizer.encode_batch(list(texts[start : start + _BATCH_TEXTS])):
            pieces += [np.array(encoding.ids, dtype=np.int64), end]
    report(1.0)
    return np.concatenate(pieces)
