"""Collections of a Chroma folder (``chromadb.PersistentClient(path)``), read without Chroma."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from projector_export.errors import AmbiguousChoiceError, CorruptFileError, InvalidInputError
from projector_export.sources.indexes.chosen import chosen
from projector_export.sources.indexes.chroma_database import FILE_NAME, Change, Collection, Database, opened
from projector_export.sources.indexes.content import Content
from projector_export.sources.indexes.hnsw_segment import HnswSegment, read_segment
from projector_export.tensor_files.collected_rows import collect
from projector_export.vectors import Float32Array, Progress

__all__ = ["is_chroma", "read_collection"]

ADD, UPDATE, UPSERT, DELETE = range(4)
DOCUMENT = "chroma:document"
SHOWN_NAMES = {DOCUMENT: "document", "chroma:uri": "uri"}
ENCODINGS = {"FLOAT32": "<f4", "INT32": "<i4"}
N_BLOCK_ROWS = 4096
_SEGMENT = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

Metadata = dict[str, dict[str, object]]


def is_chroma(path: Path) -> bool:
    """Tell whether a folder is Chroma's."""
    return (path / FILE_NAME).is_file()


def read_collection(folder: Path, name: str | None, limit: int | None, progress: Progress | None) -> Content:
    """Read a collection as ``collection.get(include=["embeddings", "documents", "metadatas"])`` gives it.

    Parameters
    ----------
    folder
        It holds ``chroma.sqlite3``.
    name
        Of the collection; the only one by default.
    limit
        Read at most so many records.
    progress
        Called with records done and all.

    Raises
    ------
    NotFoundError
        If there is no such collection.
    CorruptFileError
        If a file is damaged, or a record has no vector.
    """
    with opened(folder) as database:
        collection = _collection(database.collections(), name, folder)
        records, vectors, replaced = _replayed(database, collection, folder)
    names = list(records)[:limit]
    if not names:
        raise InvalidInputError(f"collection {collection.name!r} of {folder.name!r} is empty: add records first")
    blocks = _blocks(names, vectors, replaced, collection, progress)
    describe = {"collection": collection.name, "database": "Chroma"}
    return Content(collection.name, collect(blocks, "float32"), _values(names, records), describe)


def _collection(collections: list[Collection], name: str | None, folder: Path) -> Collection:
    wanted = chosen([each.name for each in collections], name, where=folder.name, kind="collection")
    found = [each for each in collections if each.name == wanted]
    if len(found) > 1:
        raise AmbiguousChoiceError(
            f"{folder.name!r} has collections {wanted!r} in several databases or tenants, which cannot be told apart here: "
            "rename one"
        )
    return found[0]


def _replayed(
    database: Database, collection: Collection, folder: Path
) -> tuple[Metadata, HnswSegment, dict[str, bytes | None]]:
    """Return metadata, vectors, and those vectors that are newer than the files; None where one was deleted."""
    if not _SEGMENT.fullmatch(collection.vectors):
        raise CorruptFileError(f"{FILE_NAME} is damaged: {collection.vectors!r} is no name of a segment")
    segment = read_segment(folder / collection.vectors, is_cosine=database.is_cosine(collection))
    changes = database.changes(collection)
    last = database.last_change(collection.vectors)
    newer = _newer_vectors(segment, changes, segment.last_change if last is None else last)
    records = database.records(collection.metadata)
    last = database.last_change(collection.metadata) or 0
    for change in changes:
        if change.number > last:
            _apply(change, records)
    return records, segment, newer


def _newer_vectors(segment: HnswSegment, changes: list[Change], last: int) -> dict[str, bytes | None]:
    newer: dict[str, bytes | None] = {}
    for change in changes:
        if change.number <= last:
            continue
        exists = newer[change.record] is not None if change.record in newer else change.record in segment.rows
        if change.operation == DELETE:
            newer[change.record] = None
        elif change.vector is not None and (change.operation == UPSERT or exists == (change.operation == UPDATE)):
            newer[change.record] = _float32(change)
    return newer


def _float32(change: Change) -> bytes:
    kind = ENCODINGS.get(change.encoding)
    if kind is None or len(change.vector or b"") % 4:
        raise CorruptFileError(
            f"record {change.record!r} has a vector of kind {change.encoding!r}, which is not known here"
        )
    return np.frombuffer(change.vector or b"", dtype=kind).astype("<f4").tobytes()


def _apply(change: Change, records: Metadata) -> None:
    """Change the records as an entry of the queue says; a value of None takes a key away."""
    exists = change.record in records
    if change.operation == DELETE:
        records.pop(change.record, None)
    elif change.operation == UPSERT or exists == (change.operation == UPDATE):
        kept = {**records.get(change.record, {}), **change.metadata}
        records[change.record] = {key: value for key, value in kept.items() if value is not None}


def _blocks(
    names: list[str],
    segment: HnswSegment,
    newer: Mapping[str, bytes | None],
    collection: Collection,
    progress: Progress | None,
) -> Iterator[Float32Array]:
    n_dims = _width(names, segment, newer)
    for start in range(0, len(names), N_BLOCK_ROWS):
        block = names[start : start + N_BLOCK_ROWS]
        stored = [place for place, name in enumerate(block) if name not in newer and name in segment.rows]
        values = np.empty((len(block), n_dims), np.float32)
        taken = segment.take(np.array([segment.rows[block[place]] for place in stored], dtype=np.int64))
        if stored and taken.shape[1] != n_dims:
            raise CorruptFileError(
                f"collection {collection.name!r} has vectors of {taken.shape[1]:,} and {n_dims:,} dimensions"
            )
        values[stored] = taken if stored else np.empty((0, n_dims), np.float32)
        for place in sorted(set(range(len(block))) - set(stored)):
            values[place] = _newer_vector(block[place], newer, n_dims, collection)
        if progress:
            progress(start + len(block), len(names))
        yield values


def _width(names: list[str], segment: HnswSegment, newer: Mapping[str, bytes | None]) -> int:
    """Return the dimensions of the first vector: what is allocated follows what is there, not what the file says."""
    for name in names:
        data = newer.get(name)
        if data is not None:
            return len(data) // 4
        if name not in newer and name in segment.rows and segment.vectors is not None:
            return segment.vectors.n_dims
    return 0


def _newer_vector(name: str, newer: Mapping[str, bytes | None], n_dims: int, collection: Collection) -> Float32Array:
    data = newer.get(name)
    if data is None or len(data) != 4 * n_dims:
        found = "no vector" if data is None else f"a vector of {len(data) // 4:,} instead of {n_dims:,} dimensions"
        raise CorruptFileError(
            f"record {name!r} of collection {collection.name!r} has {found}: let Chroma read it and export what it gives, in "
            'Python: export(collection.get(include=["embeddings"])["embeddings"], logdir)'
        )
    return np.frombuffer(data, dtype="<f4")


def _values(names: list[str], records: Metadata) -> dict[str, list[object]]:
    keys = list(dict.fromkeys(key for name in names for key in records[name]))
    keys.sort(key=lambda key: key != DOCUMENT)
    shown = {key: SHOWN_NAMES.get(key, key) for key in keys}
    taken = {"id", *(SHOWN_NAMES[key] for key in keys if key in SHOWN_NAMES)}
    columns: dict[str, list[object]] = {}
    for key in keys:
        if key != DOCUMENT:
            columns.setdefault("id", list(names))
        name = f"{key} (metadata)" if key in taken and key not in SHOWN_NAMES else shown[key]
        columns[name] = [records[record].get(key) for record in names]
    columns.setdefault("id", list(names))
    return columns
