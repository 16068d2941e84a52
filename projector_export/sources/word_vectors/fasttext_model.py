"""Read fastText's models: every word's vector from its own row and its subwords'."""

from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np

from projector_export.errors import CorruptFileError
from projector_export.formats import fasttext_header
from projector_export.formats.fasttext_header import Entry, Header
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
    header, entries, vectors = _read(reading)
    labels = sum(entry.is_label for entry in header.entries)
    left_out = header.matrix.n_rows - len(header.words)
    notes = (f"{labels:,} labels of the classifier are left out: they have no vectors of words",) if labels else ()
    return Words(
        [entry.word for entry in entries],
        ArrayVectors(vectors),
        (Column("count", np.array([entry.count for entry in entries], dtype=np.int64)),),
        {"subwords": [header.shortest, header.longest] if header.longest else None, "rows_of_subwords": left_out},
        notes,
    )


def _read(reading: Reading) -> tuple[Header, tuple[Entry, ...], Float32Array]:
    with open(reading.path, "rb") as file:
        mapped = _mapped(file.fileno(), reading.path)
    header = _header(mapped, reading.path)
    matrix = np.frombuffer(mapped, "<f4", header.matrix.n_rows * header.matrix.n_dims, header.matrix.begin)
    matrix = matrix.reshape(header.matrix.n_rows, header.matrix.n_dims)
    words = header.words
    own, shared = matrix[: reading.wanted(len(words))], matrix[len(words) :]
    entries = words[: len(own)]
    vectors = np.empty(own.shape, dtype=np.float32)
    for start in range(0, len(own), _BATCH):
        stop = min(start + _BATCH, len(own))
        vectors[start:stop] = _word_vectors(entries[start:stop], own[start:stop], shared, header)
        reading.report(stop, len(own))
    vectors.flags.writeable = False
    return header, entries, vectors


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


def _word_vectors(entries: tuple[Entry, ...], own: Float32Array, shared: Float32Array, header: Header) -> Float32Array:
    if not header.bucket or not header.longest:
        return own
    words = [entry.word for entry in entries]
    subwords = subwords_of(words, shortest=header.shortest, longest=header.longest, bucket=header.bucket)
    vectors = with_subwords(own, shared, subwords)
    for row, word in enumerate(words):
        if word == _END_OF_SENTENCE:
            vectors[row] = own[row]
    return vectors
