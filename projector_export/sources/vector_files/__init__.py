"""Vectors in files of arrays and records.

===============  ==============================================  =====================================================
format           written by                                      read
===============  ==============================================  =====================================================
``npy``          ``numpy.save``                                  lazily from the file, rows or columns first
``npz``          ``numpy.savez``, ``savez_compressed``           lazily from the file; packed arrays are unpacked once
``safetensors``  safetensors                                     lazily from the file
``torch``        ``torch.save``                                  memory-mapped, tensors only
``hdf5``         h5py                                            lazily from the file
``parquet``      pyarrow, pandas, polars: a column of lists, or  once, in pieces; large tables are kept in a temporary
``arrow``        one column a dimension                          file
``csv, tsv``     one column a dimension, or lists as texts       the same
``jsonl, json``  a name with a list, or one name a dimension;    the same
                 one object of labels and lists; list of lists
``dataset``      Hugging Face ``datasets``                       the same
``numbers``      ``numpy.savetxt``                               the same
===============  ==============================================  =====================================================
"""

from __future__ import annotations

from dataclasses import replace
from os import PathLike, fspath

from projector_export.errors import InvalidInputError, NotFoundError
from projector_export.sources.vector_files.array_vectors import read_arrays
from projector_export.sources.vector_files.json_vectors import read_json_vectors
from projector_export.sources.vector_files.labelling import labelled, labels_beside
from projector_export.sources.vector_files.pictures import pictures_in
from projector_export.sources.vector_files.reading import VectorReading
from projector_export.sources.vector_files.recognition import ARRAYS, FORMATS, REFUSED, recognises
from projector_export.sources.vector_files.record_vectors import read_numbers, read_records
from projector_export.table import EmbeddingTable
from projector_export.tabular.location import Location
from projector_export.vectors import Progress

__all__ = ["FORMATS", "VectorReading", "labelled", "pictures_in", "read", "recognises"]


def read(
    path: str | PathLike[str], reading: VectorReading | None = None, *, progress: Progress | None = None
) -> tuple[EmbeddingTable, ...]:
    """Read the vectors of a file of arrays or records.

    Parameters
    ----------
    path
        The file, or a dataset folder; files of records may lie at an address (``https://``, ``s3://``, ``hf://``).
    reading
        Which array or column, which labels, how many rows.
    progress
        Called with rows done and all rows (0 where that is not known).

    Returns
    -------
    tuple of EmbeddingTable
        One table. Columns of the same file come along as its columns.

    Raises
    ------
    ProjectorExportError
        If there is no such file, it is none of :data:`FORMATS` or damaged, nothing or too much fits, the labels are not as
        many as the vectors, or a package is missing.
    """
    reading = reading or VectorReading()
    location = Location.of(path)
    kind = _format_of(location, reading.format)
    if kind in ARRAYS:
        table = read_arrays(path, kind, reading)
    elif kind == "numbers":
        table = read_numbers(path, reading, progress=progress)
    else:
        whole = read_json_vectors(path, reading) if kind == "json" else None
        table = read_records(path, kind, reading, progress=progress) if whole is None else whole
    if reading.labels is None and kind == "tsv":
        table = _labelled_from_beside(table, path, is_limited=reading.limit is not None)
    return (labelled(table, labels=reading.labels, label=reading.label, is_limited=reading.limit is not None),)


def _format_of(location: Location, wanted: str | None) -> str:
    if wanted is not None and wanted not in FORMATS:
        raise InvalidInputError(f"a file of vectors is one of {', '.join(FORMATS)}, not {wanted!r}")
    if not location.is_address and not location.path.exists():
        raise NotFoundError(f"there is no file {location.shown!r}")
    found = wanted or recognises(location.source)
    if found is None:
        raise InvalidInputError(
            f"{location.shown!r} is no file of vectors that is known here: name its format, one of {', '.join(FORMATS)} "
            "(--format)"
        )
    if found in REFUSED:
        raise InvalidInputError(f"{location.shown!r} {REFUSED[found]}")
    if location.is_address and found in ARRAYS:
        raise InvalidInputError(
            f"{location.shown!r} is a file of arrays, which is read from this machine: fetch it first"
        )
    return found


def _labelled_from_beside(table: EmbeddingTable, path: str | PathLike[str], *, is_limited: bool) -> EmbeddingTable:
    labels = labels_beside(path)
    if labels is None:
        return table
    try:
        return labelled(table, labels=labels, is_limited=is_limited)
    except InvalidInputError as error:
        note = f"{labels.name!r} beside {fspath(path)!r} was not used: {error}"
        return replace(table, provenance=replace(table.provenance, notes=(*table.provenance.notes, note)))
