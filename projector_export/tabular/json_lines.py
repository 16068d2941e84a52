"""JSON lines, one object a line, and JSON documents that are a list of objects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

import orjson

from projector_export.errors import CorruptFileError, InvalidInputError
from projector_export.provenance import JSONValue
from projector_export.tabular.location import Location
from projector_export.tabular.plain_values import plain
from projector_export.tabular.records import Batch, Wanted
from projector_export.tabular.text_lines import lines_of

__all__ = ["JSONLines", "doubled_name", "open_json", "parse"]

CHUNK_ROWS = 1024
SAMPLE_ROWS = 10_000
MAX_DOCUMENT_BYTES = 2**30
_NAME_END = re.compile(rb'"[ \t\r\n]*:')
"""Stands behind every name, and seldom anywhere else."""


@dataclass(frozen=True)
class JSONLines:
    """Objects with names and values.

    Parameters
    ----------
    location
        Where the file lies.
    columns
        All names of the first :data:`SAMPLE_ROWS` objects, in the order in which they come.
    is_document
        Whether the file is one list, which has to be read whole.
    """

    location: Location
    columns: tuple[str, ...]
    is_document: bool
    n_rows: ClassVar[None] = None
    is_typed: ClassVar[bool] = True

    @property
    def describe(self) -> dict[str, JSONValue]:
        """Source and format."""
        return {"source": self.location.shown, "format": "json" if self.is_document else "jsonl"}

    def chunks(self, wanted: Wanted) -> Iterator[Batch]:
        """Walk through the objects; a name that one has not is None."""
        known = frozenset(self.columns)
        objects = _objects(self.location, is_document=self.is_document, start=wanted.start)
        while block := list(islice(objects, CHUNK_ROWS)):
            for number, record in block:
                if not known.issuperset(record):
                    new = next(name for name in record if name not in known)
                    raise InvalidInputError(
                        f"{_place(self.location, number, is_document=self.is_document)} has {new!r}, which none of the first "
                        f"{SAMPLE_ROWS:,} has: give one of them that name too, with null"
                    )
            yield {name: [plain(record.get(name)) for _, record in block] for name in wanted.columns}


def open_json(location: Location, *, is_document: bool | None = None) -> JSONLines:
    """Look at the first objects of a file.

    Parameters
    ----------
    location
        Where the file lies.
    is_document
        Whether the file is one list; None to decide by its first character.

    Raises
    ------
    InvalidInputError
        If the file is empty, or holds something else than objects.
    """
    if is_document is None:
        first = next((line.lstrip() for line in lines_of(location) if line.strip()), "")
        is_document = first.startswith("[")
    names: dict[str, None] = {}
    n_rows = 0
    for _, record in islice(_objects(location, is_document=is_document), SAMPLE_ROWS):
        names.update(dict.fromkeys(record))
        n_rows += 1
    if not n_rows:
        raise InvalidInputError(f"{location.shown!r} is empty")
    if not names:
        raise InvalidInputError(f"the objects of {location.shown!r} are empty")
    return JSONLines(location, tuple(names), is_document)


def parse(text: str | bytes) -> object:
    """Return a JSON value; NaN and Infinity, which Python's own writer makes, are taken too.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            return json.loads(text)
        except RecursionError as error:
            raise ValueError("it is nested too deeply") from error


def doubled_name(text: bytes, value: dict[str, object] | list[object]) -> tuple[str, int] | None:
    """Return a name that stands twice in one object, and the number of that object in its list from 1; None if none does.

    A JSON parser keeps the last one of two equal names without a word (RFC 8259, section 4), so that its value has fewer names
    than the text. Only where the text may have more is it read once more, name by name.

    Parameters
    ----------
    text
        A JSON object, or a list of them; what is within those is not looked at.
    value
        What a parser made of it.

    Raises
    ------
    ValueError
        If it is nested too deeply.
    """
    objects = [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]
    n_ends = len(_NAME_END.findall(text))
    try:
        if n_ends == sum(map(len, objects)) or n_ends == _n_names(value):
            return None
        found = json.loads(text, object_pairs_hook=_names, parse_int=str, parse_float=str)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    for number, names in enumerate(found if isinstance(found, list) else [found], 1):
        known: set[str] = set()
        for name in names if isinstance(names, tuple) else ():
            if name in known:
                return name, number
            known.add(name)
    return None


def _n_names(value: object) -> int:
    """Return how many names all objects in a value have."""
    if isinstance(value, dict):
        return len(value) + sum(_n_names(each) for each in value.values() if isinstance(each, (dict, list)))
    if isinstance(value, list):
        return sum(_n_names(each) for each in value if isinstance(each, (dict, list)))
    return 0


def _names(pairs: list[tuple[str, object]]) -> tuple[str, ...]:
    return tuple(name for name, _ in pairs)


def _objects(location: Location, *, is_document: bool, start: int = 0) -> Iterator[tuple[int, dict[str, object]]]:
    """Walk through the objects, each with the number of its line, or of its place in the list from 1."""
    numbered: Iterable[tuple[int, object]]
    if is_document:
        numbered = enumerate(_document(location)[start:], start + 1)
    else:
        lines = ((number, line) for number, line in enumerate(lines_of(location), 1) if not line.isspace())
        numbered = ((number, _line(line, number, location)) for number, line in islice(lines, start, None))
    for number, value in numbered:
        if not isinstance(value, dict):
            raise InvalidInputError(
                f"{_place(location, number, is_document=is_document)} is no object with names but {_kind(value)}"
            )
        yield number, value


def _line(line: str, number: int, location: Location) -> object:
    try:
        value = parse(line)
        doubled = doubled_name(line.encode(), value) if isinstance(value, dict) else None
    except ValueError as error:
        hint = ""
        if location.suffix == ".json":
            hint = "; records in JSON are one list of objects, or one object a line (in pandas orient='records')"
        raise CorruptFileError(f"line {number:,} of {location.shown!r} is no JSON: {error}{hint}") from error
    if doubled is not None:
        raise InvalidInputError(f"{_place(location, number, is_document=False)} {_twice(doubled[0])}")
    return value


def _twice(name: str) -> str:
    return f"names {name!r} twice: rename or delete one of the two"


def _document(location: Location) -> list[object]:
    with location.opened() as file:
        text = file.read(MAX_DOCUMENT_BYTES + 1)
    if len(text) > MAX_DOCUMENT_BYTES:
        raise InvalidInputError(f"{location.shown!r} is too large for one JSON list: write one object a line (.jsonl)")
    try:
        value = parse(text)
        doubled = doubled_name(text, value) if isinstance(value, list) else None
    except ValueError as error:
        raise CorruptFileError(f"{location.shown!r} is no JSON: {error}") from error
    if not isinstance(value, list):
        raise InvalidInputError(f"{location.shown!r} is no list of objects but {_kind(value)}")
    if doubled is not None:
        raise InvalidInputError(f"{_place(location, doubled[1], is_document=True)} {_twice(doubled[0])}")
    return value


def _place(location: Location, number: int, *, is_document: bool) -> str:
    return f"{'object' if is_document else 'line'} {number:,} of {location.shown!r}"


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
