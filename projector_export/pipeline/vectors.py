"""Ready-made vectors: which source reads a file, and the export of what it reads."""

from __future__ import annotations

from dataclasses import replace
from os import PathLike
from pathlib import Path
from types import MappingProxyType

from projector_export.errors import InvalidInputError, NotFoundError
from projector_export.pipeline.export import Destination, as_destination, check_wishes, name_tables, write
from projector_export.pipeline.treatment import Progress, Treatment, stage
from projector_export.sources import gguf, images, indexes, vector_files, word_vectors
from projector_export.sources.vector_files import VectorReading, labelled
from projector_export.table import EmbeddingTable
from projector_export.tabular.location import Location
from projector_export.targets.result import Written
from projector_export.transforms.for_viewer import ViewerLimits
from projector_export.vectors import Progress as Walked

__all__ = ["FORMATS", "VectorReading", "export_vectors", "read_vectors"]

_GGUF = "gguf"

FORMATS = (*vector_files.FORMATS, *word_vectors.FORMATS, _GGUF, *indexes.FORMATS)
"""Names of all formats of ready-made vectors."""

_CERTAIN = frozenset({"npy", "npz", "hdf5", "parquet", "arrow", "safetensors", "torch", "keras", "numbers"})
"""Formats of arrays and records that are told by their first bytes."""

_ONLY_FOR = MappingProxyType(
    {
        "header": (frozenset({"csv", "tsv", "dataset"}), "CSV and TSV"),
        "split": (
            frozenset({"dataset", "lance", "chroma"}),
            "dataset folders, tables of LanceDB and collections of Chroma",
        ),
    }
)
"""Option -> the formats that follow it, and what they are called."""


def read_vectors(
    path: str | PathLike[str], reading: VectorReading | None = None, *, progress: Progress | None = None
) -> tuple[EmbeddingTable, ...]:
    """Read ready-made vectors from a file of any known format.

    Parameters
    ----------
    path
        A file or folder: arrays (npy, npz, HDF5, safetensors, torch), records (CSV, TSV, JSON lines, Parquet, Arrow, datasets),
        word vectors, GGUF, or the index or database of FAISS, LanceDB or Chroma. Files of records may lie at an address.
    reading
        Which array or column, which labels and pictures, how many rows.
    progress
        Told about stages that may take long.

    Returns
    -------
    tuple of EmbeddingTable
        One table; its vectors are lazy where the format allows that.

    Raises
    ------
    ProjectorExportError
        If there is no such file, its format is not known, it is damaged, or several things in it fit.

    Examples
    --------
    >>> (table,) = read_vectors("vectors.npy", VectorReading(labels="labels.txt"))  # doctest: +SKIP
    """
    reading = reading or VectorReading()
    location = Location.of(path)
    if not location.is_address and not location.path.exists():
        raise NotFoundError(f"there is no file {location.shown!r}")
    if not location.is_address and location.path.is_file() and location.path.stat().st_size == 0:
        raise InvalidInputError(f"{location.shown!r} is empty: it has 0 bytes, so write the vectors again")
    if reading.format is not None and reading.format not in FORMATS:
        raise InvalidInputError(f"a file of vectors is one of {', '.join(FORMATS)}, not {reading.format!r}")
    table = _read(location, reading, stage(progress, "reading vectors"))
    return (_with_pictures(table, location, reading, progress),)


def export_vectors(
    path: str | PathLike[str],
    destination: Destination | str | PathLike[str],
    *,
    name: str | None = None,
    reading: VectorReading | None = None,
    treatment: Treatment | None = None,
    limits: ViewerLimits | None = None,
    progress: Progress | None = None,
) -> tuple[Written, ...]:
    """Read ready-made vectors and write them for the Projector.

    Parameters
    ----------
    path
        A file or folder, as :func:`read_vectors` takes it.
    destination
        A TensorBoard logdir, or a :class:`Destination` for more.
    name
        What the viewer calls the tensor; by default the file's name.
    reading, treatment, limits
        What to read, what to do to the vectors, how much the viewer is given.
    progress
        Told about stages that may take long.

    Examples
    --------
    >>> export_vectors("vectors.npy", "runs", reading=VectorReading(labels="labels.txt"))  # doctest: +SKIP
    """
    destination = as_destination(destination)
    check_wishes(treatment or Treatment(), destination)
    tables = name_tables(read_vectors(path, reading, progress=progress), name)
    return write(tables, destination, treatment=treatment, limits=limits, progress=progress)


def _read(location: Location, reading: VectorReading, walked: Walked | None) -> EmbeddingTable:
    kind = reading.format or _format_of(location)
    path = location.source
    _refuse_idle(reading, kind, location)
    if kind == _GGUF:
        table = gguf.read(path, tensor=reading.column, limit=reading.limit, progress=walked)
    elif kind in indexes.FORMATS:
        part, column = reading.split, reading.column
        table = indexes.read(path, collection=part, column=column, limit=reading.limit, progress=walked)
    elif kind in word_vectors.FORMATS:
        _refuse_column(reading, location, "word vectors")
        table = word_vectors.read(path, format=kind, limit=reading.limit, progress=walked)
    else:
        return vector_files.read(path, reading, progress=walked)[0]
    is_limited = reading.limit is not None
    return labelled(table, labels=reading.labels, label=reading.label, is_limited=is_limited)


def _format_of(location: Location) -> str | None:
    index = None if location.is_address else indexes.recognises(location.path)
    if index is not None:
        return index
    found = vector_files.recognises(location.source)
    if location.is_address or found in _CERTAIN or not location.path.is_file():
        return found
    if gguf.recognises(location.path):
        return _GGUF
    return word_vectors.recognises(location.path) or found


def _refuse_idle(reading: VectorReading, kind: str | None, location: Location) -> None:
    """Refuse wishes that a file of that format cannot follow."""
    if kind not in FORMATS:
        return
    for option, (formats, whose) in _ONLY_FOR.items():
        if getattr(reading, option) is not None and kind not in formats:
            raise InvalidInputError(f"--{option} is for {whose}, and {location.shown!r} is {kind}: leave it out")
    if kind == "numbers":
        _refuse_column(reading, location, "bare numbers")


def _refuse_column(reading: VectorReading, location: Location, what: str) -> None:
    if reading.column is not None:
        raise InvalidInputError(
            f"{location.shown!r} is a file of {what} and has no column or array {reading.column!r}: leave the name out"
        )


def _with_pictures(
    table: EmbeddingTable, location: Location, reading: VectorReading, progress: Progress | None
) -> EmbeddingTable:
    """Return a table with the thumbnails that are asked for."""
    if reading.images is None:
        return table
    size, walked = reading.thumbnail_size, stage(progress, "making thumbnails")
    folder = Path() if location.is_address else location.path if location.path.is_dir() else location.path.parent
    if isinstance(reading.images, str) and not Path(reading.images).is_dir():
        found = vector_files.pictures_in(location.source, reading.images, reading)
        if found is not None:
            others = tuple(column for column in table.columns if column.name != reading.images)
            return images.attach(replace(table, columns=others), found, base=folder, size=size, progress=walked)
    return images.attach(table, reading.images, base=folder, size=size, progress=walked)
