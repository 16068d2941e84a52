"""Which format a file of records has, and who reads it."""

from __future__ import annotations

from os import PathLike

from projector_export.errors import InvalidInputError
from projector_export.tabular.arrow_file import open_arrow
from projector_export.tabular.dataset_folder import open_folder
from projector_export.tabular.delimited import open_delimited
from projector_export.tabular.json_lines import open_json
from projector_export.tabular.location import Location
from projector_export.tabular.plain_text import PlainText
from projector_export.tabular.records import RecordFile, Records

__all__ = ["FORMATS", "format_of", "open_records"]

FORMATS = ("csv", "tsv", "jsonl", "json", "parquet", "arrow", "text")
"""Names of the formats of single files."""

_ENDINGS = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".jsonlines": "jsonl", ".json": "json",
    ".parquet": "parquet", ".pq": "parquet", ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow",
    ".txt": "text", ".text": "text",
}  # fmt: skip

_BEGINNINGS = ((b"PAR1", "parquet"), (b"ARROW1", "arrow"))

_OTHERS = (
    (b"\x1f\x8b", "packed by gzip: let its name end in .gz"),
    (b"PK\x03\x04", "a zip archive (or an Excel sheet): save it as CSV"),
    (b"\x93NUMPY", "an array of NumPy and no file of records"),
    (b"\x89HDF", "an HDF5 file and no file of records"),
    (b"\xd0\xcf\x11\xe0", "an old Excel sheet: save it as CSV"),
)


def open_records(
    source: str | PathLike[str] | Location,
    *,
    format: str | None = None,
    header: bool | None = None,
    split: str | None = None,
) -> Records:
    """Open a file of records; no more of it is read than is needed to know its columns.

    Parameters
    ----------
    source
        Path or address (anything that fsspec opens: ``https://``, ``s3://``, ``hf://``) of a CSV, TSV, JSON lines, JSON,
        Parquet, Arrow or Feather file or of a text file with one text a line, packed (``.gz``, ``.bz2``, ``.xz``) or not; or
        of a folder that Hugging Face ``datasets`` wrote or that holds such files as shards.
    format
        One of :data:`FORMATS`; None to decide by the name, and for Parquet and Arrow by the first bytes.
    header
        Whether the first row of CSV or TSV names the columns; None to decide by content
        (:func:`projector_export.tabular.heads.is_head`), which ``describe`` tells then. Other formats have none to ask for.
    split
        Which part of a folder that has several (``"train"``, ``"test"``).

    Raises
    ------
    ProjectorExportError
        If there is no such file, its format cannot be told, it is damaged or empty, a folder has several splits and none is
        named, or a package is missing.
    """
    location = Location.of(source)
    if location.is_folder():
        if format is not None:
            raise InvalidInputError(f"{location.shown!r} is a folder: a format is for a single file")
        return Records(location.stem, open_folder(location, split, lambda each: _file(each, None, header)))
    if split is not None:
        raise InvalidInputError(f"{location.shown!r} is a single file and has no split {split!r}")
    return Records(location.stem, _file(location, format, header))


def format_of(location: Location, *, usual: str | None = None) -> str:
    """Return the format of a single file by its first bytes or its name.

    Raises
    ------
    InvalidInputError
        If neither tells it and there is no usual one.
    """
    with location.opened() as file:
        first = file.read(8)
    for beginning, found in _BEGINNINGS:
        if first.startswith(beginning):
            return found
    for beginning, what in _OTHERS:
        if first.startswith(beginning):
            raise InvalidInputError(f"{location.shown!r} is {what}")
    known = _ENDINGS.get(location.suffix, usual)
    if known is None:
        raise InvalidInputError(
            f"the name of {location.shown!r} does not tell its format: choose one of {', '.join(FORMATS)} (format=…)"
        )
    return known


def _file(location: Location, wanted: str | None, header: bool | None) -> RecordFile:
    if wanted is not None and wanted not in FORMATS:
        raise InvalidInputError(f"{wanted!r} is no format of records: choose one of {', '.join(FORMATS)}")
    kind = wanted or format_of(location)
    if header is not None and kind not in {"csv", "tsv"}:
        raise InvalidInputError(
            f"--header (header=…) is for CSV and TSV, and {location.shown!r} is {kind}: leave it out"
        )
    if kind in {"parquet", "arrow"}:
        return open_arrow(location, kind)
    if kind in {"jsonl", "json"}:
        return open_json(location, is_document=None if kind == "json" else False)
    if kind == "text":
        return PlainText(location)
    return open_delimited(location, "\t" if kind == "tsv" else None, header=header)
