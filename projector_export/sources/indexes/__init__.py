"""Vectors that lie in an index or a vector database: FAISS, LanceDB, Chroma."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path

import numpy as np

from projector_export.errors import InvalidInputError, NotFoundError
from projector_export.provenance import Provenance, Step
from projector_export.sources.indexes.chroma_folder import is_chroma, read_collection
from projector_export.sources.indexes.content import Content
from projector_export.sources.indexes.faiss_index import is_index, read_index
from projector_export.sources.indexes.lance_table import is_lance, read_table
from projector_export.table import EmbeddingTable
from projector_export.tabular.columns import as_columns, cut_notes
from projector_export.vectors import Progress, SelectedVectors

__all__ = ["FORMATS", "read", "recognises"]

FORMATS = ("faiss", "lance", "chroma")
"""Names of the formats."""


def recognises(path: str | PathLike[str]) -> str | None:
    """Return which of :data:`FORMATS` a file or folder is, or None; nothing is read but the first bytes."""
    path = Path(path).expanduser()
    if path.is_file():
        return "faiss" if is_index(path) else None
    if path.is_dir():
        return "chroma" if is_chroma(path) else "lance" if is_lance(path) else None
    return None


def read(
    path: str | PathLike[str],
    *,
    collection: str | None = None,
    column: str | None = None,
    limit: int | None = None,
    progress: Progress | None = None,
) -> EmbeddingTable:
    """Read the vectors of an index or a vector database, with what lies beside them.

    Parameters
    ----------
    path
        A FAISS index (flat, HNSW over flat, inverted lists over flat, with ids or without), a LanceDB folder or table, or a
        Chroma folder.
    collection
        Which collection (Chroma) or table (LanceDB), where there are several.
    column
        Which column of vectors (LanceDB), where there are several.
    limit
        Read the first rows only, at most so many.
    progress
        Called with rows done and all rows.

    Returns
    -------
    EmbeddingTable
        Vectors as they were added. Columns: FAISS ``id``, where ids were given; LanceDB all columns but vectors and bytes;
        Chroma ``document``, ``id`` and the metadata.

    Raises
    ------
    NotFoundError
        If there is no such file, collection, table or column.
    CorruptFileError
        If it is damaged.
    InvalidInputError
        If it is empty, or holds codes from which the vectors cannot be had back.
    AmbiguousChoiceError
        If several things fit.
    MissingExtraError
        If LanceDB is needed and missing.
    """
    if limit is not None and (type(limit) is not int or limit < 1):
        raise InvalidInputError(f"limit is a number of rows, 1 or more, not {limit!r}")
    place = Path(path).expanduser()
    if not place.exists():
        raise NotFoundError(f"there is no file or folder {fspath(path)!r}")
    kind = recognises(place)
    if kind is None:
        raise InvalidInputError(f"{fspath(path)!r} is no FAISS index, LanceDB folder or Chroma folder")
    if kind == "chroma":
        _refuse(column, kind, "column")
        content = read_collection(place, collection, limit, progress)
    elif kind == "lance":
        content = read_table(place, collection, column, limit, progress)
    else:
        _refuse(collection or column, kind, "collection")
        content = _faiss(place, limit)
    parameters = {"source": fspath(path), "format": kind, "limit": limit, **content.describe}
    history = Provenance().then(Step("read_index", parameters), *content.notes, *cut_notes(content.values))
    return EmbeddingTable(content.name, content.vectors, as_columns(content.values), history)


def _refuse(name: str | None, kind: str, what: str) -> None:
    if name is not None:
        raise InvalidInputError(f"a file of {kind} has no {what} {name!r}: leave the name out")


def _faiss(path: Path, limit: int | None) -> Content:
    stored = read_index(path)
    vectors = stored.vectors
    if limit is not None and limit < vectors.shape[0]:
        vectors = SelectedVectors(vectors, np.arange(limit))
    values = {} if stored.ids is None else {"id": stored.ids[: vectors.shape[0]].tolist()}
    return Content(path.stem, vectors, values, stored.describe)
