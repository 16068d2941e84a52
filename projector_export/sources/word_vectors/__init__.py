"""Word vectors: word2vec, GloVe, fastText and gensim's own files, each word with its vector.

==================  =====================================================  ==========================================
format              written by                                             read
==================  =====================================================  ==========================================
``word2vec``        word2vec, gensim, fastText (``.vec``): text with a     in blocks, into one float32 array
                    first line of count and dimensions
``glove``           GloVe: the same text without that line                 in blocks, into one float32 array
``word2vec-binary`` word2vec ``-binary 1``, gensim                         lazily; in memory where it is compressed
``fasttext``        fastText (``.bin``), ``save_facebook_model``           words from their subwords, once
``gensim``          ``KeyedVectors.save``, ``Word2Vec.save``, ...          lazily from ``.npy`` files beside it
==================  =====================================================  ==========================================
"""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike, fspath
from pathlib import Path
from types import MappingProxyType

import numpy as np

from projector_export.errors import InvalidInputError, NotFoundError
from projector_export.provenance import JSONValue, Provenance, Step
from projector_export.sources.word_vectors.fasttext_model import read_fasttext
from projector_export.sources.word_vectors.keyed_vectors import read_keyed_vectors
from projector_export.sources.word_vectors.labels import word_labels
from projector_export.sources.word_vectors.opening import COMPRESSIONS
from projector_export.sources.word_vectors.reading import Reading, Words
from projector_export.sources.word_vectors.recognition import format_of, recognise
from projector_export.sources.word_vectors.text_file import read_glove, read_word2vec
from projector_export.sources.word_vectors.word2vec_binary import read_word2vec_binary
from projector_export.table import Column, EmbeddingTable
from projector_export.vectors import Progress, norms_of

__all__ = ["FORMATS", "read", "recognises"]

_READERS: MappingProxyType[str, Callable[[Reading], Words]] = MappingProxyType(
    {
        "word2vec": read_word2vec,
        "word2vec-binary": read_word2vec_binary,
        "glove": read_glove,
        "fasttext": read_fasttext,
        "gensim": read_keyed_vectors,
    }
)

FORMATS = tuple(_READERS)
"""Names of the formats, as ``read(path, format=...)`` takes them."""


def recognises(path: str | PathLike[str]) -> str | None:
    """Return which of :data:`FORMATS` a file is, by its content, or None.

    A table of numbers without words, of tabs or of commas is none of them.
    """
    return recognise(Path(path))


def read(
    path: str | PathLike[str],
    *,
    format: str | None = None,
    limit: int | None = None,
    progress: Progress | None = None,
) -> EmbeddingTable:
    """Read a file of word vectors.

    Parameters
    ----------
    path
        The file; text and word2vec binaries may be compressed by gzip, bzip2 or xz, or be the only file of a zip.
    format
        One of :data:`FORMATS`; found by the content where it is None.
    limit
        Read the first rows only, at most so many.
    progress
        Told how many bytes of the file (or rows, for fastText's binaries) are done.

    Returns
    -------
    EmbeddingTable
        Columns ``word`` (the label), ``rank`` (1 for the first row), ``count`` (how often the word was seen in training, where
        the file tells) and ``norm``. A note tells about words that stand twice and words that are no UTF-8.

    Raises
    ------
    NotFoundError
        If there is no such file.
    InvalidInputError
        If the format is unknown or not recognised.
    CorruptFileError
        If the file is cut off, or its parts contradict each other.
    """
    file = Path(path)
    if not file.is_file():
        raise NotFoundError(f"{fspath(path)!r} is {'a folder, not a file' if file.is_dir() else 'no file'}")
    if limit is not None and limit < 1:
        raise InvalidInputError(f"limit is a number of rows, 1 or more, not {limit!r}")
    name = _format_of(file, format)
    words = _READERS[name](Reading(file, limit, progress))
    labels, notes = word_labels(words.words)
    parameters: dict[str, JSONValue] = {
        "path": fspath(path),
        "format": name,
        "limit": limit,
        "dtype": words.vectors.dtype,
        "words": len(labels),
        "dimensions": words.vectors.shape[1],
        **words.described,
    }
    columns = (
        Column("word", labels),
        Column("rank", np.arange(1, len(labels) + 1)),
        *words.columns,
        Column("norm", norms_of(words.vectors)),
    )
    history = Provenance().then(Step("read_word_vectors", parameters), *words.notes, *notes)
    return EmbeddingTable(_stem(file), words.vectors, columns, history)


def _format_of(file: Path, wanted: str | None) -> str:
    if wanted is not None:
        if wanted not in _READERS:
            raise InvalidInputError(f"a file of word vectors is one of {', '.join(FORMATS)}, not {wanted!r}")
        return wanted
    found = format_of(file)
    if found is None:
        raise InvalidInputError(
            f"{str(file)!r} is no file of word vectors that is known here ({', '.join(FORMATS)}): name its format with "
            "--format (format=...) if it is one of them"
        )
    return found


def _stem(file: Path) -> str:
    """Return the file's name without its last suffix, and without the compression's before it."""
    return Path(file.stem).stem if file.suffix.lower() in COMPRESSIONS else file.stem
