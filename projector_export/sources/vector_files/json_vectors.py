"""Vectors in one JSON value: an object that gives each label its list of numbers, or a list of such lists."""

from __future__ import annotations

import re
from itertools import islice
from os import PathLike

from projector_export.errors import InvalidInputError, counted, excerpt
from projector_export.provenance import JSONValue, Provenance, Step
from projector_export.sources.vector_files.number_rows import list_rows
from projector_export.sources.vector_files.reading import VectorReading
from projector_export.table import EmbeddingTable
from projector_export.tabular import UNCUT, as_columns
from projector_export.tabular.json_lines import MAX_DOCUMENT_BYTES, doubled_name, parse
from projector_export.tabular.location import Location
from projector_export.tabular.text_lines import lines_of
from projector_export.vectors import ArrayVectors

__all__ = ["read_json_vectors"]

_LISTS = re.compile(r"\s*\[\s*\[")


def read_json_vectors(path: str | PathLike[str], reading: VectorReading) -> EmbeddingTable | None:
    """Read a JSON file that is one object of labels and lists of numbers, or one list of lists of numbers.

    Parameters
    ----------
    path
        The file, of at most 1 GiB.
    reading
        How many rows are wanted.

    Returns
    -------
    EmbeddingTable or None
        With the labels as its column; None if the file holds something else, such as records.

    Raises
    ------
    InvalidInputError
        If a label stands twice, two lists differ in length, or some rows of a list of lists are none.
    """
    location = Location.of(path)
    if reading.column is not None or not _may_be_one_value(location):
        return None
    with location.opened() as file:
        text = file.read(MAX_DOCUMENT_BYTES + 1)
    if len(text) > MAX_DOCUMENT_BYTES:
        return None
    try:
        value = parse(text)
        doubled = doubled_name(text, value) if isinstance(value, dict) else None
    except ValueError:
        return None
    labels = list(value) if isinstance(value, dict) else None
    rows = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(rows, list) or not rows or (labels and len(rows) < 2):
        return None
    odd = next((index for index, row in enumerate(rows) if not _are_numbers(row)), None)
    if odd is not None:
        if labels is not None:
            return None
        raise InvalidInputError(
            f"row {odd:,} of {location.shown!r} is no list of numbers: in a JSON list each row is one, or each is an object"
        )
    if doubled is not None:
        raise InvalidInputError(
            f"{location.shown!r} names {excerpt(doubled[0])!r} twice: rename or delete one of the two"
        )
    _require_one_length(rows, labels, location)
    vectors = list_rows(rows[: reading.limit], width=None, first_row=0, column=location.stem)
    columns = as_columns({"label": labels[: reading.limit]}, max_characters=UNCUT) if labels else ()
    parameters: dict[str, JSONValue] = {
        "source": location.shown,
        "format": "json",
        "dtype": "float64",
        "limit": reading.limit,
    }
    provenance = Provenance().then(Step("read_vectors", parameters))
    return EmbeddingTable(location.stem, ArrayVectors(vectors), columns, provenance)


def _may_be_one_value(location: Location) -> bool:
    """Tell by the first lines whether a file may be one object, or one list of lists; records are neither."""
    first = list(islice((line for line in lines_of(location) if line.strip()), 3))
    if not first or not first[0].lstrip().startswith("{"):
        return _LISTS.match("".join(first)) is not None
    if len(first) == 1:
        return True
    try:
        parse(first[0])
    except ValueError:
        return True
    return False


def _are_numbers(value: object) -> bool:
    return isinstance(value, list) and bool(value) and set(map(type, value)) <= {int, float}


def _require_one_length(rows: list[list[object]], labels: list[str] | None, location: Location) -> None:
    for index, row in enumerate(rows):
        if len(row) != len(rows[0]):
            name = f"row {index:,}" if labels is None else repr(excerpt(labels[index]))
            raise InvalidInputError(
                f"{name} of {location.shown!r} has {counted(len(row), 'number')} instead of {len(rows[0]):,}: all vectors need "
                "the same dimensions"
            )
