"""FAISS index files, ``faiss.write_index``: the vectors as they were added, read from the file without FAISS.

Reader and writer of the format: ``faiss/impl/index_read.cpp`` and ``faiss/impl/index_write.cpp`` of FAISS 1.15. Nothing is
allocated that the file is not long enough for, which FAISS itself does not see to.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError, NotFoundError
from projector_export.provenance import JSONValue
from projector_export.sources.indexes.binary_cursor import BinaryCursor
from projector_export.tensor_files.scattered_vectors import ScatteredVectors
from projector_export.vectors import FileVectors, Vectors

__all__ = ["StoredIndex", "is_index", "read_index"]

Int64Array = npt.NDArray[np.int64]

FLAT = frozenset({"IxF2", "IxFI", "IxFl"})
ID_MAP = frozenset({"IxMp", "IxM2"})
HNSW_FLAT = "IHNf"
IVF_FLAT = "IwFl"

COMPRESSED = MappingProxyType(
    {
        "IHNp": "HNSW over product-quantised codes",
        "IHNs": "HNSW over scalar-quantised codes",
        "IPfs": "product-quantised codes",
        "IwPQ": "inverted lists of product-quantised codes",
        "IwPf": "inverted lists of product-quantised codes",
        "IwQR": "inverted lists of product-quantised codes",
        "IwSq": "inverted lists of scalar-quantised codes",
        "IwSQ": "inverted lists of scalar-quantised codes",
        "IxHe": "binary codes (LSH)",
        "IxPT": "vectors that were transformed before they were added (PCA, OPQ, unit length)",
        "IxPq": "product-quantised codes",
        "IxRF": "codes to be refined",
        "IxSQ": "scalar-quantised codes",
        "Ixrq": "RaBitQ codes",
    }
)
"""Other kinds of index and what they hold."""

METRICS = MappingProxyType({0: "inner product", 1: "l2"})
KNOWN_PREFIXES = ("Ix", "Iw", "IH", "IP", "IB", "IN", "Im")
DEEPEST = 8
LARGEST_DIMENSION = 2**20
LARGEST_METRIC = 64
DOUBLE, FLOAT, INT32, INT64 = 8, 4, 4, 8


@dataclass(frozen=True)
class StoredIndex:
    """Vectors of an index.

    Parameters
    ----------
    vectors
        In the order in which they were added; where ids were given to inverted lists, in the order of these ids.
    ids
        What the index calls each row, None where it calls them by their numbers.
    describe
        Kind of index and metric.
    """

    vectors: Vectors
    ids: Int64Array | None
    describe: dict[str, JSONValue]


@dataclass(frozen=True)
class _Header:
    n_dims: int
    n_rows: int
    metric: int


def is_index(path: Path) -> bool:
    """Tell whether a file begins as an index does."""
    try:
        with open(path, "rb") as file:
            first = file.read(8)
    except OSError:
        return False
    code, n_dims = first[:4].decode("ascii", "replace"), int.from_bytes(first[4:8], "little")
    known = code in FLAT | ID_MAP | {HNSW_FLAT, IVF_FLAT} or code in COMPRESSED
    return len(first) == 8 and 0 < n_dims <= LARGEST_DIMENSION and (known or code.startswith(KNOWN_PREFIXES))


def read_index(path: Path) -> StoredIndex:
    """Read where the vectors of an index are.

    Parameters
    ----------
    path
        A file of ``faiss.write_index``: flat, HNSW over flat, inverted lists over flat, each with or without ids.

    Raises
    ------
    NotFoundError
        If it cannot be read.
    CorruptFileError
        If it is damaged.
    InvalidInputError
        If it holds codes instead of vectors, or nothing.
    """
    try:
        with open(path, "rb") as file:
            cursor = BinaryCursor(file, path.name)
            index = _index(cursor, path, 0)
            if cursor.position != cursor.size:
                raise cursor.damaged(f"{cursor.size - cursor.position:,} bytes follow after its end")
    except OSError as error:
        raise NotFoundError(f"cannot read {path.name!r}: {error.strerror or error}") from error
    if not index.vectors.shape[0]:
        raise InvalidInputError(f"{path.name!r} is an index without vectors: add some before it is written")
    return index


def _index(cursor: BinaryCursor, path: Path, depth: int) -> StoredIndex:
    code = cursor.text(4)
    if depth > DEEPEST:
        raise cursor.damaged(f"indexes lie in one another {depth} deep")
    if code in FLAT:
        return _flat(cursor, path)
    if code in ID_MAP:
        return _id_map(cursor, path, depth)
    if code == HNSW_FLAT:
        return _hnsw(cursor, path, depth)
    if code == IVF_FLAT:
        return _inverted_lists(cursor, path, depth)
    if code in COMPRESSED or code.startswith(KNOWN_PREFIXES):
        held = COMPRESSED.get(code, f"an index of kind {code!r}")
        raise InvalidInputError(
            f"{cursor.shown!r} holds {held}, not vectors as they were added: export the vectors themselves, or what FAISS "
            "makes of the codes, in Python: export(faiss.read_index(file).reconstruct_n(), logdir)"
        )
    raise cursor.damaged(f"{code!r} is no kind of index")


def _header(cursor: BinaryCursor) -> _Header:
    n_dims, n_rows, _, _, _, metric = (int(value) for value in cursor.numbers("iqqq?i"))
    if not (0 < n_dims <= LARGEST_DIMENSION and n_rows >= 0 and 0 <= metric <= LARGEST_METRIC):
        raise cursor.damaged(f"its header tells of {n_rows:,} rows of {n_dims:,} dimensions and metric {metric}")
    if metric > 1:
        cursor.skip(FLOAT)
    return _Header(n_dims, n_rows, metric)


def _described(kind: str, header: _Header) -> dict[str, JSONValue]:
    return {"index": kind, "metric": METRICS.get(header.metric, f"metric {header.metric}")}


def _flat(cursor: BinaryCursor, path: Path) -> StoredIndex:
    header = _header(cursor)
    offset, count = cursor.skip_vector(FLOAT)
    if count != header.n_rows * header.n_dims:
        raise cursor.damaged(f"{header.n_rows:,} rows of {header.n_dims:,} dimensions are not {count:,} numbers")
    shape = header.n_rows, header.n_dims
    vectors = FileVectors(path, offset, shape, "float32", FLOAT * header.n_dims, _float32)
    return StoredIndex(vectors, None, _described("flat", header))


def _id_map(cursor: BinaryCursor, path: Path, depth: int) -> StoredIndex:
    header = _header(cursor)
    inner = _index(cursor, path, depth + 1)
    ids = cursor.vector("<i8")
    if len(ids) != inner.vectors.shape[0] or header.n_rows != len(ids):
        raise cursor.damaged(f"it has {len(ids):,} ids for {inner.vectors.shape[0]:,} rows")
    if inner.ids is not None:
        raise cursor.damaged("it has ids of ids")
    return StoredIndex(inner.vectors, ids, inner.describe)


def _hnsw(cursor: BinaryCursor, path: Path, depth: int) -> StoredIndex:
    header = _header(cursor)
    for item_bytes in (DOUBLE, INT32, INT32, INT64, INT32):
        cursor.skip_vector(item_bytes)
    cursor.skip(5 * INT32)
    stored = _index(cursor, path, depth + 1)
    if stored.vectors.shape != (header.n_rows, header.n_dims):
        raise cursor.damaged("its graph and its vectors are of different shapes")
    return StoredIndex(stored.vectors, stored.ids, _described("HNSW, flat", header))


def _inverted_lists(cursor: BinaryCursor, path: Path, depth: int) -> StoredIndex:
    header = _header(cursor)
    n_lists = cursor.count()
    cursor.skip(INT64)
    _index(cursor, path, depth + 1)  # the centres of the lists
    _skip_direct_map(cursor)
    sizes = _list_sizes(cursor, n_lists, FLOAT * header.n_dims)
    if sum(sizes) != header.n_rows:
        raise cursor.damaged(f"its lists hold {sum(sizes):,} of {header.n_rows:,} rows")
    offsets, ids = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for size in sizes:
        start = cursor.skip(FLOAT * header.n_dims * size)
        offsets.append(start + FLOAT * header.n_dims * np.arange(size, dtype=np.int64))
        ids.append(cursor.array("<i8", size))
    return _in_order_of_ids(np.concatenate(offsets), np.concatenate(ids), header, path)


def _in_order_of_ids(offsets: Int64Array, ids: Int64Array, header: _Header, path: Path) -> StoredIndex:
    order = np.argsort(ids, kind="stable")
    vectors = ScatteredVectors(path, offsets[order], header.n_dims)
    numbered = np.array_equal(ids[order], np.arange(header.n_rows))
    return StoredIndex(vectors, None if numbered else ids[order], _described("inverted lists, flat", header))


def _skip_direct_map(cursor: BinaryCursor) -> None:
    kind = cursor.integer("b")
    cursor.skip_vector(INT64)
    if kind == 2:  # a hash table of pairs
        cursor.skip_vector(2 * INT64)
    elif kind not in {0, 1}:
        raise cursor.damaged(f"{kind} is no kind of direct map")


def _list_sizes(cursor: BinaryCursor, n_lists: int, row_bytes: int) -> list[int]:
    kind = cursor.text(4)
    if kind == "il00" and not n_lists:
        return []
    if kind != "ilar":
        raise cursor.damaged(f"its lists are kept as {kind!r}, maybe in another file")
    n_kept, code_size = cursor.count(), cursor.count()
    if n_kept != n_lists or code_size != row_bytes:
        raise cursor.damaged(f"its {n_kept:,} lists hold {code_size:,} bytes a row instead of {row_bytes:,}")
    kind = cursor.text(4)
    sizes = cursor.vector("<u8")
    if kind == "sprs":  # pairs of a list's number and its size
        numbers, sizes = sizes[::2], sizes[1::2]
        if len(numbers) != len(sizes) or (np.diff(numbers) <= 0).any():
            raise cursor.damaged("its lists are not in order")
    elif kind != "full" or len(sizes) != n_lists:
        raise cursor.damaged(f"{len(sizes):,} sizes of {n_lists:,} lists, kept as {kind!r}")
    if (sizes < 0).any():
        raise cursor.damaged("a list has a negative size")
    found: list[int] = sizes.tolist()
    return found


def _float32(raw: npt.NDArray[np.uint8]) -> npt.NDArray[np.generic]:
    return raw.view("<f4")
