"""Pictures that lie in a column of a file of records, as Hugging Face data sets keep them."""

from __future__ import annotations

from itertools import islice
from os import PathLike

from projector_export.sources.vector_files.reading import VectorReading
from projector_export.sources.vector_files.recognition import recognises
from projector_export.tabular import open_records
from projector_export.tabular.records import Wanted

__all__ = ["pictures_in"]

_FORMATS = ("parquet", "arrow", "dataset")


def pictures_in(path: str | PathLike[str], column: str, reading: VectorReading) -> list[object] | None:
    """Return the pictures of a column, one a row: the bytes of a file, or ``{"bytes": ..., "path": ...}``; None if it has none.

    Parameters
    ----------
    path
        A Parquet or Arrow file or a dataset folder, or anything else, which has none.
    column
        Name of the column.
    reading
        How the file is read, and how many rows.
    """
    kind = reading.format or recognises(path)
    if kind not in _FORMATS:
        return None
    records = open_records(path, format=None if kind == "dataset" else kind, split=reading.split)
    if column not in records.columns:
        return None
    chunks = records.file.chunks(Wanted(0, (column,), raw=frozenset((column,))))
    values = islice((value for chunk in chunks for value in chunk[column]), reading.limit)
    found: list[object] = []
    for value in values:
        if value is not None and not isinstance(value, bytes) and not (isinstance(value, dict) and "bytes" in value):
            return None
        found.append(value)
    return found
