"""Read gensim's own files: ``KeyedVectors.save``, and the vectors in ``Word2Vec.save`` and ``FastText.save``.

A file is a pickle; arrays that are large lie beside it, ``NAME.vectors.npy`` (gensim ``utils.py``, ``SaveLoad``). The pickle is
looked at, never unpickled.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError, InvalidInputError, excerpt
from projector_export.formats import pickle_values
from projector_export.formats.pickle_values import PickledObject, PickledValue
from projector_export.sources.word_vectors.opening import is_compressed, opened
from projector_export.sources.word_vectors.pickled_arrays import allows, array_of
from projector_export.sources.word_vectors.reading import Reading, Words
from projector_export.sources.word_vectors.side_files import side_array, side_rows
from projector_export.sources.word_vectors.subwords import subwords_of, with_subwords
from projector_export.table import Column
from projector_export.vectors import ArrayVectors, Float32Array, SelectedVectors, Vectors

__all__ = ["read_keyed_vectors"]

_BATCH = 10_000
_BLOCK_BYTES = 16 * 2**20
_WORDS = ("index_to_key", "index2word", "index2entity")
_VECTORS = ("vectors", "syn0")


@dataclass(frozen=True, eq=False)
class _Stored:
    """One object of a saved file: its attributes, and how the files beside it begin."""

    name: str
    attributes: dict[PickledValue, PickledValue]
    prefix: Path
    class_name: str

    def part(self, attribute: str) -> _Stored | None:
        """Return an attribute that is an object itself."""
        value = self.attributes.get(attribute)
        if not isinstance(value, PickledObject):
            return None
        prefix = self.prefix.with_name(f"{self.prefix.name}.{attribute}")
        return _Stored(self.name, value.attributes, prefix, value.maker.name)

    def is_beside(self, attribute: str) -> bool:
        """Whether an array was stored in a file of its own."""
        beside = self.attributes.get("__numpys")
        return isinstance(beside, list) and attribute in beside

    def has(self, attribute: str) -> bool:
        """Whether there is such an array."""
        return self.is_beside(attribute) or isinstance(self.attributes.get(attribute), PickledObject)

    def array(self, attribute: str) -> npt.NDArray[np.generic]:
        """Return an array of two axes, in the file or beside it."""
        if self.is_beside(attribute):
            return side_array(self.prefix, attribute)
        return array_of(self.attributes.get(attribute), f"{attribute!r} in {self.name!r}")

    def rows(self, attribute: str) -> Vectors:
        """Return an array's rows, lazily where they lie beside it."""
        if self.is_beside(attribute):
            return side_rows(self.prefix, attribute)
        array = self.array(attribute)
        if array.ndim != 2:
            raise CorruptFileError(f"{attribute!r} in {self.name!r} is no table: its shape is {excerpt(array.shape)}")
        return ArrayVectors(array)


def read_keyed_vectors(reading: Reading) -> Words:
    """Read a file that gensim saved, of any version since 1.0.

    Raises
    ------
    InvalidInputError
        If the pickle names anything that gensim's do not, or holds no word vectors.
    NotFoundError
        If a file that should lie beside it does not.
    CorruptFileError
        If it is damaged, or words and vectors do not go together.
    """
    stored = _keyed_vectors(reading.path)
    words = _words(stored)
    vectors = (
        _subword_vectors(stored, words, reading) if _needs_subwords(stored) else stored.rows(_vectors_name(stored))
    )
    n_rows, n_words = vectors.shape[0], reading.wanted(len(words))
    if n_rows < n_words:
        raise CorruptFileError(f"{stored.name!r} has {len(words):,} words and {n_rows:,} vectors")
    notes: tuple[str, ...] = ()
    if n_rows > len(words):
        notes = (f"{n_rows - len(words):,} vectors behind the last word are left out",)
    if n_rows > n_words:
        vectors = SelectedVectors(vectors, np.arange(n_words))
    return Words(words[:n_words], vectors, _counts(stored, words, n_words), {"class": stored.class_name}, notes)


def _keyed_vectors(path: Path) -> _Stored:
    try:
        value = pickle_values.decode(_content(path), allows=allows)
    except CorruptFileError as error:
        raise CorruptFileError(f"{str(path)!r} cannot be read: {error}") from error
    except InvalidInputError as error:
        raise InvalidInputError(
            f"{str(path)!r}: {error}; where you trust it, save its vectors alone with model.wv.save(FILE)"
        ) from error
    if isinstance(value, PickledObject):
        whole = _Stored(str(path), value.attributes, path, value.maker.name)
        for stored in (whole, whole.part("wv")):
            if stored is not None and any(name in stored.attributes for name in _WORDS):
                return stored
    raise InvalidInputError(
        f"{str(path)!r} holds no word vectors: save the model's .wv, or write it with save_word2vec_format"
    )


def _content(path: Path) -> memoryview:
    if is_compressed(path):
        content = bytearray()
        with opened(path) as stream:
            while data := stream.read(_BLOCK_BYTES):
                content += data
        return memoryview(content)
    try:
        with open(path, "rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:
        raise CorruptFileError(str(error)) from error


def _words(stored: _Stored) -> list[str]:
    words = next(stored.attributes[name] for name in _WORDS if name in stored.attributes)
    if not isinstance(words, list) or not all(isinstance(word, str | int) for word in words):
        raise CorruptFileError(f"the words of {stored.name!r} are no list of texts")
    return [str(word) for word in words]


def _vectors_name(stored: _Stored) -> str:
    for name in _VECTORS:
        if stored.has(name):
            return name
    raise InvalidInputError(f"{stored.name!r} was saved without its vectors, and they cannot be made of what is there")


def _needs_subwords(stored: _Stored) -> bool:
    """Whether the vectors were left out because gensim makes them anew from the subwords (``FastTextKeyedVectors``)."""
    return not any(map(stored.has, _VECTORS)) and stored.has("vectors_vocab")


def _subword_vectors(stored: _Stored, words: list[str], reading: Reading) -> Vectors:
    own = stored.rows("vectors_vocab")
    shortest, longest, bucket = (_whole_number(stored, name) for name in ("min_n", "max_n", "bucket"))
    if not bucket or not longest:
        return own
    if stored.attributes.get("compatible_hash") is False:
        raise InvalidInputError(
            f"{stored.name!r} was trained by a gensim before 3.8.3, whose subwords are numbered in another way: save it again "
            "with save_word2vec_format"
        )
    shared = stored.array("vectors_ngrams")
    n_words = reading.wanted(len(words))
    if shared.ndim != 2 or shared.shape != (bucket, own.shape[1]) or own.shape[0] < n_words:
        raise CorruptFileError(
            f"{stored.name!r} has {len(words):,} words and {bucket:,} buckets, and arrays of shapes {own.shape} "
            f"and {shared.shape}"
        )
    vectors = np.empty((n_words, own.shape[1]), dtype=np.float32)
    for start in range(0, n_words, _BATCH):
        stop = min(start + _BATCH, n_words)
        batch = [word.encode("utf-8", "surrogatepass") for word in words[start:stop]]
        subwords = subwords_of(batch, shortest=shortest, longest=longest, bucket=bucket)
        vectors[start:stop] = with_subwords(own.read(start, stop), _float32(shared), subwords)
        reading.report(stop, n_words)
    vectors.flags.writeable = False
    return ArrayVectors(vectors)


def _float32(array: npt.NDArray[np.generic]) -> Float32Array:
    if array.dtype.kind != "f":
        raise CorruptFileError(f"rows of subwords are stored as {array.dtype}, not as floating-point numbers")
    return array.astype(np.float32, copy=False)


def _whole_number(stored: _Stored, name: str) -> int:
    value = stored.attributes.get(name)
    if not isinstance(value, int) or not 0 <= value < 2**31:
        raise CorruptFileError(f"{name!r} in {stored.name!r} is {excerpt(value)!r}, not a whole number")
    return value


def _counts(stored: _Stored, words: list[str], n_words: int) -> tuple[Column, ...]:
    """Return how often each word was seen, where the file tells it."""
    extras, vocabulary = stored.attributes.get("expandos"), stored.attributes.get("vocab")
    if isinstance(extras, dict) and isinstance(extras.get("count"), PickledObject):
        counts = array_of(extras["count"], f"'count' in {stored.name!r}")
        if counts.ndim != 1 or len(counts) < n_words:
            raise CorruptFileError(
                f"{stored.name!r} has {len(words):,} words and counts of shape {excerpt(counts.shape)}"
            )
        return (Column("count", counts[:n_words]),)
    if not isinstance(vocabulary, dict):
        return ()
    entries = [vocabulary.get(word) for word in words[:n_words]]
    found = [entry.attributes.get("count") if isinstance(entry, PickledObject) else None for entry in entries]
    numbers = [count for count in found if isinstance(count, int) and abs(count) < 2**62]
    return (Column("count", np.array(numbers, dtype=np.int64)),) if len(numbers) == n_words else ()
