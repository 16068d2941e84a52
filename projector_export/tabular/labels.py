"""Files of labels: one value a row for vectors that lie in another file."""

from __future__ import annotations

from os import PathLike

from projector_export.errors import CorruptFileError, InvalidInputError
from projector_export.table import Column
from projector_export.tabular.columns import as_columns
from projector_export.tabular.delimited import SAMPLE_ROWS
from projector_export.tabular.heads import is_head
from projector_export.tabular.json_lines import MAX_DOCUMENT_BYTES, doubled_name, parse
from projector_export.tabular.local_copies import local_copies
from projector_export.tabular.location import Location
from projector_export.tabular.opening import format_of, open_records
from projector_export.tabular.records import Records

__all__ = ["read_labels"]


def read_labels(path: str | PathLike[str], *, n_rows: int | None = None) -> tuple[Column, ...]:
    """Read labels.

    Parameters
    ----------
    path
        A text file with one label a line and no head; a TSV or CSV file, with a head if there are several columns (of one
        column it is no head unless ``n_rows`` says so); a JSON list of texts or numbers, a JSON object of token -> index, a
        JSON list of objects; or any other file of records. Path or address.
    n_rows
        How many labels there should be. It is used only to tell whether a single column has a head.

    Returns
    -------
    tuple of Column
        At least one, all of one length. A vocabulary's rows without a token are None.

    Raises
    ------
    ProjectorExportError
        If there is no such file or it is none of these.
    """
    with local_copies() as copies:
        return _read(Location.of(path, copies), n_rows)


def _read(location: Location, n_rows: int | None) -> tuple[Column, ...]:
    if location.is_folder():
        raise InvalidInputError(f"labels are a file, and {location.shown!r} is a folder: name a file in it")
    kind = format_of(location, usual="text")
    if kind == "json":
        return _from_json(location)
    if kind == "text":
        return (_single("label", open_records(location, format="text")),)
    if kind in {"csv", "tsv"}:
        return _from_delimited(location, kind, n_rows)
    return _all_columns(open_records(location, format=kind))


def _from_delimited(location: Location, kind: str, n_rows: int | None) -> tuple[Column, ...]:
    bare = open_records(location, format=kind, header=False)
    if len(bare.columns) > 1:
        first = next(bare.batches(n_rows=SAMPLE_ROWS))
        has_head = is_head(list(zip(*first.values(), strict=True)))
        return _all_columns(open_records(location, format=kind, header=has_head))
    values = [value for batch in bare.batches() for value in batch[bare.columns[0]]]
    if n_rows is not None and len(values) == n_rows + 1 and n_rows > 0:
        return (Column(str(values[0]) or "label", [str(value) for value in values[1:]]),)
    return (Column("label", [str(value) for value in values]),)


def _single(name: str, records: Records) -> Column:
    (only,) = records.columns
    return Column(name, [str(value) for batch in records.batches() for value in batch[only]])


def _all_columns(records: Records) -> tuple[Column, ...]:
    values: dict[str, list[object]] = {name: [] for name in records.columns}
    for batch in records.batches():
        for name, part in batch.items():
            values[name].extend(part)
    return as_columns(values, is_typed=records.is_typed)


def _from_json(location: Location) -> tuple[Column, ...]:
    with location.opened() as file:
        text = file.read(MAX_DOCUMENT_BYTES + 1)
    if len(text) > MAX_DOCUMENT_BYTES:
        raise InvalidInputError(f"{location.shown!r} is too large for a file of labels")
    try:
        value = parse(text)
        doubled = doubled_name(text, value) if isinstance(value, dict) else None
    except ValueError as error:
        if text.lstrip().startswith(b"{"):
            return _all_columns(open_records(location, format="jsonl"))
        raise CorruptFileError(f"{location.shown!r} is no JSON: {error}") from error
    if isinstance(value, dict):
        if doubled is not None:
            raise InvalidInputError(f"{location.shown!r} has token {doubled[0]!r} twice: delete one of the two")
        return (Column("token", _by_index(value, location)),)
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        return _all_columns(open_records(location, format="json"))
    if isinstance(value, list) and value and not any(isinstance(each, (dict, list)) for each in value):
        return as_columns({"label": [str(each) if isinstance(each, (int, float)) else each for each in value]})
    raise InvalidInputError(
        f"{location.shown!r} holds no labels: they are a list of texts, an object of token and index, or a list of objects"
    )


def _by_index(vocabulary: dict[str, object], location: Location) -> list[str | None]:
    """Return tokens in the order of their indices."""
    tokens: dict[int, str] = {}
    for token, index in vocabulary.items():
        if type(index) is not int or index < 0:
            raise InvalidInputError(f"{location.shown!r}: token {token!r} has {index!r} in place of a row number")
        if index in tokens:
            raise InvalidInputError(
                f"{location.shown!r}: tokens {tokens[index]!r} and {token!r} share the row {index:,}"
            )
        tokens[index] = token
    if not tokens:
        raise InvalidInputError(f"{location.shown!r} is empty")
    length = max(tokens) + 1
    if length > 2 * len(tokens) + 1000:
        raise InvalidInputError(
            f"{location.shown!r} gives row {length - 1:,} to one of {len(tokens):,} tokens: rows are numbered from 0, without "
            "such gaps"
        )
    return [tokens.get(index) for index in range(length)]
