"""Vectors of texts on disk, chunk after chunk: each is there whole or not at all, so that work can go on after any end.

::

    FOLDER/manifest.json        for which model, data and options; how many texts, which layers
    FOLDER/chunk-000000/        the first texts
        facts.npz               tokens of each text, which were cut, vectors of each
        vectors.f32             float32, row after row; vectors-layer-00.f32 ... where there are several layers
        pieces.json             spellings, where rows are tokens or words
    FOLDER/.chunk-000001.tmp/   being written
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np

from projector_export.errors import CorruptFileError, InvalidInputError, WriteError
from projector_export.provenance import JSONValue
from projector_export.sources.encoders.encoder import BoolArray, IntArray, Pieces, TokenizedTexts
from projector_export.vectors import Float32Array

__all__ = ["ChunkFacts", "ChunkStore", "ChunkWriter"]

MANIFEST = "manifest.json"
_DAMAGED = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)


@dataclass(frozen=True, eq=False)
class ChunkFacts:
    """What is known of the texts of a chunk, each shape ``(n_texts,)``.

    Parameters
    ----------
    lengths
        Tokens of each text; empty where the encoder does not tell.
    is_truncated
        Whether the model saw only the beginning.
    n_vectors
        Vectors of each.
    n_dims
        Dimensions of a vector; 0 where there is none.
    """

    lengths: IntArray
    is_truncated: BoolArray
    n_vectors: IntArray
    n_dims: int


@dataclass(eq=False)
class ChunkWriter:
    """Puts vectors at their places in the files of one chunk, in any order, from several threads.

    Parameters
    ----------
    folder
        An existing folder.
    layers
        Name of each layer.
    n_vectors
        Vectors of each text.
    """

    folder: Path
    layers: Sequence[str]
    n_vectors: IntArray

    def __post_init__(self) -> None:
        self._offsets = np.concatenate([[0], np.cumsum(self.n_vectors)])
        self._lock = Lock()
        self._n_dims = 0

    @property
    def n_dims(self) -> int:
        """Dimensions of the vectors that were put."""
        return self._n_dims

    def put(self, texts: IntArray, arrays: Sequence[Float32Array]) -> None:
        """Write the vectors of some texts.

        Parameters
        ----------
        texts
            Numbers of the texts within the chunk.
        arrays
            One of each layer, rows in the order of the texts.
        """
        with self._lock, told_as_sentences(self.folder.parent):
            for layer, array in zip(self.layers, arrays, strict=True):
                if self._n_dims not in {0, array.shape[1]}:
                    raise InvalidInputError(
                        f"the model returned vectors of {array.shape[1]} dimensions after some of {self._n_dims}"
                    )
                self._n_dims = array.shape[1]
                self._put(self.folder / vectors_name(layer), texts, np.ascontiguousarray(array, dtype="<f4"))

    def _put(self, path: Path, texts: IntArray, array: Float32Array) -> None:
        row_bytes = 4 * array.shape[1]
        with open(path, "r+b" if path.exists() else "w+b", buffering=0) as file:
            done = 0
            for first, last in _runs(texts):
                count = int(self._offsets[last + 1] - self._offsets[first])
                file.seek(int(self._offsets[first]) * row_bytes)
                file.write(memoryview(array[done : done + count]).cast("B") if count else b"")
                done += count


def _runs(texts: IntArray) -> Iterator[tuple[int, int]]:
    """Return first and last of each run of consecutive numbers."""
    ends = np.flatnonzero(np.diff(texts) != 1)
    return zip(
        texts[np.concatenate([[0], ends + 1])].tolist(),
        texts[np.concatenate([ends, [len(texts) - 1]])].tolist(),
        strict=True,
    )


def vectors_name(layer: str) -> str:
    """Return the name of the file that holds the vectors of a layer."""
    return f"vectors-{layer}.f32" if layer else "vectors.f32"


@dataclass(frozen=True)
class ChunkStore:
    """A folder of chunks.

    Parameters
    ----------
    folder
        Made when it is needed.
    """

    folder: Path

    def manifest(self) -> Mapping[str, JSONValue] | None:
        """Return what the manifest says, None where there is none that can be read."""
        try:
            found = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def write_manifest(self, content: Mapping[str, JSONValue]) -> None:
        """Put a manifest in the place of the old one."""
        with told_as_sentences(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = self.folder / f".{MANIFEST}.tmp"
            with open(temporary, "w", encoding="utf-8") as file:
                json.dump(content, file, indent=2)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.folder / MANIFEST)

    def has(self, number: int) -> bool:
        """Whether a chunk is there."""
        return self.path(number).is_dir()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing with which work could go on: no manifest, or not a single chunk."""
        return self.manifest() is None or next(self.folder.glob("chunk-*"), None) is None

    def path(self, number: int) -> Path:
        """Return the folder of a chunk."""
        return self.folder / f"chunk-{number:06}"

    @contextmanager
    def writing(self, number: int, layers: Sequence[str], tokenized: TokenizedTexts) -> Iterator[ChunkWriter]:
        """Write a chunk; it is there when the block ends, and only then.

        Raises
        ------
        WriteError
            If the disk is full or the folder cannot be written to.
        """
        temporary = self.folder / f".chunk-{number:06}.{os.getpid()}.tmp"
        with told_as_sentences(self.folder):
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir(parents=True)
        writer = ChunkWriter(temporary, layers, tokenized.n_vectors)
        yield writer
        with told_as_sentences(self.folder):
            for layer in layers:
                (temporary / vectors_name(layer)).touch()
            lengths = tokenized.lengths if tokenized.has_lengths else np.empty(0, dtype=np.int64)
            positions = np.empty(0, dtype=np.int64)
            if tokenized.pieces is not None:
                positions = tokenized.pieces.positions
                texts = {"labels": tokenized.pieces.labels, "words": tokenized.pieces.words}
                (temporary / "pieces.json").write_text(json.dumps(texts), encoding="ascii")
            np.savez(
                temporary / "facts.npz",
                lengths=lengths,
                is_truncated=tokenized.is_truncated,
                n_vectors=tokenized.n_vectors,
                n_dims=np.int64(writer.n_dims),
                positions=positions,
            )
            _sync(temporary)
            _put_in_place(temporary, self.path(number))

    def sweep(self) -> None:
        """Take away what was being written when an earlier command ended; only for who has the folder for himself."""
        for path in self.folder.glob(".chunk-*.tmp"):
            shutil.rmtree(path, ignore_errors=True)

    def facts(self, number: int) -> ChunkFacts:
        """Return what is known of the texts of a chunk.

        Raises
        ------
        CorruptFileError
            If the chunk is damaged.
        """
        with self._checked(number), np.load(self.path(number) / "facts.npz", allow_pickle=False) as arrays:
            return ChunkFacts(arrays["lengths"], arrays["is_truncated"], arrays["n_vectors"], int(arrays["n_dims"]))

    def pieces(self, number: int) -> Pieces:
        """Return what the rows of a chunk are, where they are tokens or words."""
        folder = self.path(number)
        with self._checked(number), np.load(folder / "facts.npz", allow_pickle=False) as arrays:
            texts = json.loads((folder / "pieces.json").read_text(encoding="ascii"))
            return Pieces(texts["labels"], texts["words"], arrays["positions"])

    @contextmanager
    def _checked(self, number: int) -> Iterator[None]:
        try:
            yield
        except _DAMAGED as error:
            raise CorruptFileError(f"{self.path(number)} is damaged: delete it and start again") from error

    def clear(self) -> None:
        """Take all chunks away, the manifest first, so that a half-deleted folder is known for what it is."""
        (self.folder / MANIFEST).unlink(missing_ok=True)
        for path in self.folder.glob("chunk-*"):
            shutil.rmtree(path, ignore_errors=True)

    def remove(self, made: Sequence[Path] = ()) -> None:
        """Take the folder away, and the one above and those that were made for it where nothing else is in them."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for folder in dict.fromkeys((self.folder.parent, *made)):
            try:
                folder.rmdir()
            except OSError:
                return


@contextmanager
def told_as_sentences(folder: Path) -> Iterator[None]:
    """Turn what a disk refuses into a sentence."""
    try:
        yield
    except OSError as error:
        if isinstance(error, WriteError) or error.errno is None:
            raise
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise WriteError(
                f"the disk that holds {folder} is full: what is done is kept, make room and start the same command again"
            ) from error
        raise WriteError(f"cannot write to {folder} ({error.strerror})") from error


def _put_in_place(temporary: Path, folder: Path) -> None:
    """Give a finished chunk its name, unless a worker that outlived its command was faster: it made the same."""
    try:
        temporary.replace(folder)
    except OSError:
        if not folder.is_dir():
            raise
        shutil.rmtree(temporary, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Bring the files of a folder to the disk before it gets its name: a crash of the machine leaves no empty ones."""
    for path in folder.iterdir():
        with open(path, "rb+") as file:
            os.fsync(file.fileno())
