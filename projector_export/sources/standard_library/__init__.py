"""A small real vocabulary, trained offline on the standard library's source files.

The tokenizer learns its tokens from whole source files, the vectors are trained on the docstrings only. Tokens that the
tokenizer learned and the training never saw keep their initial vectors: the mechanism behind the glitch tokens of large
language models (Land & Bartolo 2024, arXiv 2405.05417), here with the truth known.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt

from projector_export.sources.standard_library.corpus import read_corpus, standard_library_folder
from projector_export.sources.standard_library.progress import Progress, stage
from projector_export.sources.standard_library.recipe import Recipe
from projector_export.sources.standard_library.skip_gram import train_vectors
from projector_export.sources.standard_library.tokenizer import token_stream, train_tokenizer
from projector_export.vectors import Float32Array

__all__ = ["Recipe", "TrainedVocabulary", "read"]


@dataclass(frozen=True, eq=False)
class TrainedVocabulary:
    """A tokenizer, a vector for each of its tokens, and how often the training saw each.

    Parameters
    ----------
    tokenizer_json
        Text of a ``tokenizer.json``.
    vectors
        ``(n_tokens, n_dims)``, row = token id. Rows of tokens that the training never saw hold their initial values,
        uniform in [-0.5 / n_dims, 0.5 / n_dims).
    counts
        ``(n_tokens,)`` occurrences in the training text, 0 = never seen. The special token follows each docstring.
    n_files
        Source files that the tokenizer was trained on.
    n_skipped
        Files and folders that could not be read, decoded or parsed.
    n_docstrings
        Docstrings that the vectors were trained on.
    n_training_tokens
        Tokens of these docstrings, the special token after each included.
    recipe
        What it was trained with.
    versions
        Of Python and the packages that took part.
    """

    tokenizer_json: str
    vectors: Float32Array
    counts: npt.NDArray[np.int64]
    n_files: int
    n_skipped: int
    n_docstrings: int
    n_training_tokens: int
    recipe: Recipe
    versions: Mapping[str, str]

    @property
    def n_never_seen(self) -> int:
        """Number of tokens that the training never saw."""
        return int(np.count_nonzero(self.counts == 0))


def read(
    recipe: Recipe | None = None, *, folder: Path | None = None, progress: Progress | None = None
) -> TrainedVocabulary:
    """Train a vocabulary on the standard library of the running Python.

    Parameters
    ----------
    recipe
        What to train with; ``Recipe()`` if not given.
    folder
        Another folder of Python source files. They are read and parsed, never executed.
    progress
        Called several times a second with the stage ("training the vectors") and the share of it that is done, 0 to 1.

    Returns
    -------
    TrainedVocabulary
        Its arrays are read-only. The same recipe on the same files gives the same bytes, run after run on one machine.

    Raises
    ------
    NotFoundError
        If there are no source files with docstrings, as with a zipped or embedded Python.
    """
    recipe = Recipe() if recipe is None else recipe
    corpus = read_corpus(standard_library_folder() if folder is None else folder, progress=progress)
    tokenizer = train_tokenizer(corpus.sources, n_tokens=recipe.n_tokens, progress=progress)
    stream = token_stream(tokenizer, corpus.docstrings, progress=progress)
    n_tokens = tokenizer.get_vocab_size()
    report = stage(progress, "training the vectors")
    vectors = train_vectors(stream, n_tokens=n_tokens, recipe=recipe, report=report)
    counts = np.bincount(stream, minlength=n_tokens).astype(np.int64)
    vectors.flags.writeable = False
    counts.flags.writeable = False
    return TrainedVocabulary(
        tokenizer_json=tokenizer.to_str(pretty=True),
        vectors=vectors,
        counts=counts,
        n_files=len(corpus.sources),
        n_skipped=corpus.n_skipped,
        n_docstrings=len(corpus.docstrings),
        n_training_tokens=len(stream),
        recipe=recipe,
        versions={
            "python": platform.python_version(),
            "numpy": version("numpy"),
            "tokenizers": version("tokenizers"),
        },
    )
