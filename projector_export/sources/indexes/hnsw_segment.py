"""Vectors in the HNSW files of a Chroma segment.

Writer: ``hnswlib/hnswalg.h`` of Chroma's hnswlib (``persistDirty``, persistence version 1): ``header.bin`` begins with the
version (int32) and six uint64: where level 0 begins, most and present elements, bytes of an element, and where in it its
label and its vector begin. ``length.bin`` holds what vectors were divided by in cosine space (``getDataByLabel`` multiplies
them again). ``index_metadata.pickle`` tells the label of each record.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError
from projector_export.sources.indexes import plain_pickle
from projector_export.tensor_files.scattered_vectors import ScatteredVectors
from projector_export.vectors import Float32Array

__all__ = ["HnswSegment", "read_segment"]

HEADER = struct.Struct("<i6Q")
VERSION = 1
LABEL_BYTES = 8
LARGEST_DIMENSION = 2**20
METADATA_CLASS = ("chromadb.segment.impl.vector.local_persistent_hnsw", "PersistentData")


@dataclass(frozen=True, eq=False)
class HnswSegment:
    """Vectors by the names of their records.

    Parameters
    ----------
    rows
        Name of a record -> its row in ``vectors``.
    vectors
        As they are stored.
    lengths
        By which the rows have to be multiplied, or None.
    last_change
        Number of the last change that is in the files, where they tell it.
    """

    rows: Mapping[str, int]
    vectors: ScatteredVectors | None
    lengths: Float32Array | None = None
    last_change: int = 0

    def take(self, rows: npt.NDArray[np.int64]) -> Float32Array:
        """Return rows of any numbers in that order."""
        if self.vectors is None:
            return np.empty((0, 0), np.float32)
        chosen = ScatteredVectors(self.vectors.path, self.vectors.offsets[rows], self.vectors.n_dims)
        values = chosen.read(0, len(rows))
        return values if self.lengths is None else values * self.lengths[rows, None]


def read_segment(folder: Path, *, is_cosine: bool) -> HnswSegment:
    """Read which vectors a segment has written to its files; none where it has not yet.

    Raises
    ------
    CorruptFileError
        If a file is damaged.
    """
    index, header = folder / "index_metadata.pickle", folder / "header.bin"
    if not index.is_file() or not header.is_file():
        return HnswSegment({}, None)
    try:
        described = plain_pickle.decode(index.read_bytes(), classes=[METADATA_CLASS], shown=_shown(index))
        n_rows, row_bytes, label_offset, vector_offset = _header(header)
        labels, vectors = _elements(folder / "data_level0.bin", n_rows, row_bytes, label_offset, vector_offset)
        lengths = _lengths(folder / "length.bin", n_rows) if is_cosine else None
    except OSError as error:
        raise CorruptFileError(
            f"cannot read {_shown(folder)!r} ({error.strerror or error}): copy the folder again"
        ) from error
    labelled = described.get("id_to_label") if isinstance(described, dict) else None
    last = described.get("max_seq_id") if isinstance(described, dict) else None
    if not isinstance(labelled, dict):
        raise CorruptFileError(f"{_shown(index)!r} is damaged: it does not tell which vector is whose")
    rows = dict(zip(labels.tolist(), range(n_rows), strict=True))
    if any(not isinstance(label, int) or label not in rows for label in labelled.values()):
        raise CorruptFileError(
            f"{_shown(index)!r} names vectors that are not in data_level0.bin: copy the folder again"
        )
    found = {str(name): rows[label] for name, label in labelled.items()}
    return HnswSegment(found, vectors, lengths, last if isinstance(last, int) else 0)


def _header(path: Path) -> tuple[int, int, int, int]:
    with open(path, "rb") as file:
        data = file.read(HEADER.size)
    if len(data) < HEADER.size:
        raise CorruptFileError(f"{_shown(path)!r} is truncated: {len(data)} of {HEADER.size} bytes are there")
    version, start, _, n_rows, row_bytes, label_offset, vector_offset = HEADER.unpack(data)
    n_dims, rest = divmod(label_offset - vector_offset, 4)
    is_sound = 0 < n_dims <= LARGEST_DIMENSION and not rest and label_offset + LABEL_BYTES <= row_bytes
    if version != VERSION or start or not is_sound:
        raise CorruptFileError(f"{_shown(path)!r} is damaged or of a version that is not known here ({version})")
    return n_rows, row_bytes, label_offset, vector_offset


def _elements(
    path: Path, n_rows: int, row_bytes: int, label_offset: int, vector_offset: int
) -> tuple[npt.NDArray[np.int64], ScatteredVectors]:
    n_bytes = path.stat().st_size
    if n_rows * row_bytes > n_bytes:
        raise CorruptFileError(f"{_shown(path)!r} is truncated: {n_bytes:,} of {n_rows * row_bytes:,} bytes are there")
    starts = row_bytes * np.arange(n_rows, dtype=np.int64)
    labels = np.empty(n_rows, np.int64)
    with open(path, "rb") as file:
        for row, start in enumerate(starts.tolist()):
            file.seek(start + label_offset)
            labels[row] = int.from_bytes(file.read(LABEL_BYTES), "little", signed=True)
    return labels, ScatteredVectors(path, starts + vector_offset, (label_offset - vector_offset) // 4)


def _lengths(path: Path, n_rows: int) -> Float32Array:
    lengths = np.fromfile(path, dtype="<f4", count=n_rows)
    if len(lengths) < n_rows:
        raise CorruptFileError(f"{_shown(path)!r} is truncated: {len(lengths):,} of {n_rows:,} lengths are there")
    return lengths.astype(np.float32, copy=False)


def _shown(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
