"""The SQLite file of a Chroma folder, read without Chroma and never written to.

Schema: ``chromadb/migrations`` (``sysdb``, ``metadb``, ``embeddings_queue``), Chroma 0.5 to 1.5. Records are in the tables
``embeddings`` and ``embedding_metadata``, their vectors in HNSW files; what came last is still in ``embeddings_queue``,
numbered, and has to be applied to whichever of the two has not got that far.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from projector_export.errors import CorruptFileError

__all__ = ["FILE_NAME", "Change", "Collection", "Database", "opened"]

FILE_NAME = "chroma.sqlite3"
TABLES = frozenset({"collections", "segments", "embeddings", "embedding_metadata", "max_seq_id", "embeddings_queue"})
ARRAYS = "embedding_metadata_array"
METADATA_QUERY = (
    "SELECT m.id, key, string_value, int_value, float_value, bool_value FROM embedding_metadata m "
    "JOIN embeddings e ON e.id = m.id WHERE e.segment_id = ? ORDER BY m.rowid"
)
ARRAYS_QUERY = METADATA_QUERY.replace("embedding_metadata m", f"{ARRAYS} m")
CONFIGURATION_QUERIES = {
    "schema_str": "SELECT schema_str FROM collections WHERE id = ?",
    "config_json_str": "SELECT config_json_str FROM collections WHERE id = ?",
}


@dataclass(frozen=True)
class Collection:
    """A collection and where its parts are."""

    id: str
    name: str
    vectors: str
    metadata: str


@dataclass(frozen=True)
class Change:
    """One entry of the queue: operation 0 adds, 1 updates, 2 does either, 3 deletes."""

    number: int
    operation: int
    record: str
    vector: bytes | None
    encoding: str
    metadata: dict[str, object]


@contextmanager
def opened(folder: Path) -> Iterator[Database]:
    """Open the database of a folder for reading.

    Raises
    ------
    CorruptFileError
        If it is damaged, or not Chroma's.
    """
    path = folder / FILE_NAME
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            yield Database(connection, path)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise CorruptFileError(
            f"{folder.name}/{FILE_NAME} is damaged, in use, or of a version of Chroma that is not known here ({error})"
        ) from error


class Database:
    """What is asked of the SQLite file."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if not found >= TABLES:
            missing = ", ".join(sorted(TABLES - found))
            raise CorruptFileError(
                f"{path.parent.name}/{FILE_NAME} is no database of Chroma's: it has no table {missing}"
            )
        self._has_arrays = ARRAYS in found

    def collections(self) -> list[Collection]:
        """Return all collections with a vector and a metadata segment, by name."""
        rows = self._rows(
            "SELECT c.id, c.name, v.id, m.id FROM collections c "
            "JOIN segments v ON v.collection = c.id AND v.scope = 'VECTOR' "
            "JOIN segments m ON m.collection = c.id AND m.scope = 'METADATA' ORDER BY c.name"
        )
        return [Collection(*map(str, row)) for row in rows]

    def is_cosine(self, collection: Collection) -> bool:
        """Tell whether vectors are compared by angle: the collection's metadata outweighs its configuration."""
        told = self._rows(
            "SELECT str_value FROM collection_metadata WHERE collection_id = ? AND key = 'hnsw:space'", collection.id
        )
        for (space,) in told:
            return bool(space == "cosine")
        columns = {row[1] for row in self._rows("PRAGMA table_info(collections)")}
        for column, query in CONFIGURATION_QUERIES.items():
            for (text,) in self._rows(query, collection.id) if column in columns else []:
                space = _space(_json(text))
                if space is not None:
                    return space == "cosine"
        return False

    def last_change(self, segment: str) -> int | None:
        """Return the number of the last change that a segment contains."""
        for (number,) in self._rows("SELECT seq_id FROM max_seq_id WHERE segment_id = ?", segment):
            return int.from_bytes(number, "big") if isinstance(number, bytes) else _integer(number)
        return None

    def records(self, segment: str) -> dict[str, dict[str, object]]:
        """Return the metadata of each record, in the order in which they were added."""
        names = dict(self._rows("SELECT id, embedding_id FROM embeddings WHERE segment_id = ? ORDER BY id", segment))
        found: dict[str, dict[str, object]] = {str(name): {} for name in names.values()}
        for number, key, *values in self._rows(METADATA_QUERY, segment):
            found[str(names[number])][str(key)] = _value(values)
        for number, key, *values in self._rows(ARRAYS_QUERY, segment) if self._has_arrays else []:
            cast("list[object]", found[str(names[number])].setdefault(str(key), [])).append(_value(values))
        return found

    def changes(self, collection: Collection) -> list[Change]:
        """Return what is in the queue, in order."""
        topics = [str(topic) for (topic,) in self._rows("SELECT DISTINCT topic FROM embeddings_queue")]
        rows = [
            row
            for topic in topics
            if topic.rpartition("/")[2] == collection.id
            for row in self._rows(
                "SELECT seq_id, operation, id, vector, encoding, metadata FROM embeddings_queue WHERE topic = ?", topic
            )
        ]
        return sorted(map(_change, rows), key=lambda change: change.number)

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, values).fetchall()


def _change(row: tuple[Any, ...]) -> Change:
    number, operation, name, vector, encoding, text = row
    if not isinstance(number, int) or not isinstance(operation, int):
        raise CorruptFileError(f"{FILE_NAME} is damaged: the queue has an entry {number!r} of kind {operation!r}")
    return Change(
        number, operation, str(name), vector if isinstance(vector, bytes) else None, str(encoding), _json(text)
    )


def _value(values: list[object]) -> object:
    """Return the one of text, whole number, number and truth value that is there."""
    *others, truth = values
    if truth is not None:
        return bool(truth)
    return next((value for value in others if value is not None), None)


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _json(text: object) -> dict[str, object]:
    try:
        found = json.loads(text) if isinstance(text, str) and text else {}
    except (ValueError, RecursionError) as error:
        raise CorruptFileError(f"{FILE_NAME} is damaged: {text!r:.60} is no JSON") from error
    return found if isinstance(found, dict) else {}


def _space(configuration: dict[str, object]) -> object:
    for path in (
        ("keys", "#embedding", "float_list", "vector_index", "config", "space"),
        ("hnsw", "space"),
        ("hnsw_configuration", "space"),
    ):
        found: object = configuration
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        if found is not None:
            return found
    return None
