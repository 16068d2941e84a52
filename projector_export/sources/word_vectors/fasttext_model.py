"""Read fastText's models: every word's vector from its own row and its subwords'."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from projector_export.errors import CorruptFileError
from projector_export.formats import fasttext_header
from projector_export.formats.fasttext_header import Header
from projector_export.sources.word_vectors.opening import is_compressed
from projector_export.sources.word_vectors.reading import Reading, Words
from projector_export.sources.word_vectors.subwords import subwords_of, with_subwords
from projector_export.table import Column
from projector_export.vectors import ArrayVectors, Float32Array

__all__ = ["read_fasttext"]

_BATCH = 10_000
_END_OF_SENTENCE = b"</s>"


def read_fasttext(reading: Reading) -> Words:
    """Read a ``.bin`` model; rows of subwords beyond the words are left out.

    ``</s>`` has no subwords (fastText ``dictionary.cc``, ``initNgrams``), although gensim gives it some.

    Raises
    ------
    CorruptFileError
        If it is damaged, quantised or compressed.
    """
    if is_compressed(reading.path):
        raise CorruptFileError(
            f"{str(reading.path)!r} is compressed, and rows of a model are read here and there: unpack it first"
        )
    header, vectors = _read(reading)
    n_words = len(vectors)
    notes: tuple[str, ...] = ()
    if header.n_labels:
        notes = (f"the classifier's labels, {header.n_labels:,}, are left out: they have no vectors of words",)
    return Words(
        header.words[:n_words],
        ArrayVectors(vectors),
        (Column("count", header.counts[:n_words]),),
        {
            "subwords": [header.shortest, header.longest] if header.longest else None,
            "rows_of_subwords": header.matrix.n_rows - len(header.words),
        },
        notes,
    )


def _read(reading: Reading) -> tuple[Header, Float32Array]:
    with open(reading.path, "rb") as file:
        mapped = _mapped(file.fileno(), reading.path)
    header = _header(mapped, reading.path)
    matrix = np.frombuffer(mapped, "<f4", header.matrix.n_rows * header.matrix.n_dims, header.matrix.begin)
    matrix = matrix.reshape(header.matrix.n_rows, header.matrix.n_dims)
    own, shared = matrix[: reading.wanted(len(header.words))], matrix[len(header.words) :]
    vectors = np.empty(own.shape, dtype=np.float32)
    for start in range(0, len(own), _BATCH):
        stop = min(start + _BATCH, len(own))
        vectors[start:stop] = _word_vectors(header.words[start:stop], own[start:stop], shared, header)
        reading.report(stop, len(own))
    vectors.flags.writeable = False
    return header, vectors


def _header(mapped: mmap.mmap, path: Path) -> Header:
    try:
        return fasttext_header.decode(mapped)
    except CorruptFileError as error:
        raise CorruptFileError(f"{str(path)!r} cannot be read as a fastText model: {error}") from error


def _mapped(number: int, path: Path) -> mmap.mmap:
    try:
        return mmap.mmap(number, 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise CorruptFileError(f"{str(path)!r} cannot be read: {error}") from error


def _word_vectors(words: Sequence[bytes], own: Float32Array, shared: Float32Array, header: Header) -> Float32Array:
    if not header.bucket or not header.longest:
        return own
    subwords = subwords_of(words, shortest=header.shortest, longest=header.longest, bucket=header.bucket)
    vectors = with_subwords(own, shared, subwords)
    for row, word in enumerate(words):
        if word == _END_OF_SENTENCE:
            vectors[row] = own[row]
    return vectors
