"""From whatever holds embeddings, live or on disk, to a table and to the Projector."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from projector_export.errors import InvalidInputError
from projector_export.formats.findings import Findings
from projector_export.pipeline.export import Destination, as_destination, check_wishes, name_tables, write
from projector_export.pipeline.inspection import inspect, inspect_source, is_export
from projector_export.pipeline.reading import Reading
from projector_export.pipeline.treatment import Progress, Treatment, stage
from projector_export.pipeline.vectors import VectorReading, read_vectors
from projector_export.pipeline.vocabulary import kind_of, read_vocabulary
from projector_export.pipeline.wishes import Wishes
from projector_export.sources import objects, own_export, vector_files
from projector_export.sources.huggingface.tokenizer_columns import is_tokenizer, tokenizer_columns
from projector_export.sources.images import attach
from projector_export.sources.keras import live
from projector_export.table import EmbeddingTable
from projector_export.targets.result import Written
from projector_export.transforms.for_viewer import ViewerLimits

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["ExportOptions", "ReadOptions", "export", "inspect_vocabulary", "read"]

_MODEL_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt", "tokenizer.model")
_WEIGHTS = ("safetensors", "torch")


class ReadOptions(TypedDict, total=False):
    """What :func:`read` can be asked for besides."""

    vectors: str | Sequence[str] | None
    thumbnail_size: int | tuple[int, int] | None
    progress: Progress | None


class ExportOptions(ReadOptions, total=False):
    """What :func:`export` can be asked for besides."""

    reading: Reading | VectorReading | None
    treatment: Treatment | None
    limits: ViewerLimits | None


def read(
    source: object,
    reading: Reading | VectorReading | None = None,
    *,
    name: str | None = None,
    labels: object = None,
    columns: object = None,
    images: object = None,
    **options: Unpack[ReadOptions],
) -> EmbeddingTable:
    """Read the one table of vectors that a source holds.

    Parameters
    ----------
    source
        A live object: an array or tensor ``(n_rows, n_dims)`` of numpy, PyTorch, TensorFlow or JAX, an embedding layer or a
        model that has one, a data frame of pandas, polars or pyarrow, word vectors of gensim, ``{label: vector}``, or a list of
        rows. Or a path: a model's folder or file (its vocabulary), a file of vectors, or the logdir of an export. A text that
        is no path is a model on the Hub.
    reading
        What to read of a model's files (``Reading``) or of a file of vectors (``VectorReading``). Where a file could be either,
        this decides.
    name
        What the viewer calls the tensor.
    labels
        One text or number a row: a list, array or series; ``{text: row}``; a tokenizer; the path of a file of labels; or the
        name of one of the source's own columns.
    columns
        More about the rows: ``{name: values}``, a data frame, a list of :class:`Column`, or a path. A column of the same name
        replaces the source's own.
    images
        One small picture a row: an array ``(n_rows, height, width[, channels])``, a list of paths, arrays or Pillow images, a
        folder, or the name of a column that holds paths.
    **options
        ``vectors``: which part of an object holds the vectors, where it has several: a data frame's column of lists or its
        columns of numbers, a model's layer, a dictionary's entry. ``thumbnail_size``: pixels of a picture's longer side, or
        ``(width, height)``, for ``images``; by default 64, of many rows fewer. ``progress``: told about stages that may take
        long.

    Returns
    -------
    EmbeddingTable
        Later changes to the object do not reach it. Files and memory-mapped arrays are read when rows are asked for.

    Raises
    ------
    ProjectorExportError
        If it cannot be read, several things in it fit, or labels, columns or images are not as many as the vectors.

    Examples
    --------
    >>> table = read({"up": [0.0, 1.0], "right": [1.0, 0.0]}, columns={"angle": [90, 0]})
    >>> table.shape, [column.name for column in table.columns]
    ((2, 2), ['label', 'angle'])
    """
    _refuse_unknown(options, ReadOptions, "read")
    progress = options.get("progress")
    table = _read(source, reading, options.get("vectors"), progress=progress, is_kept=True)
    told = _told(table, labels, columns, images, options)
    return told if name is None else replace(told, name=name)


def export(
    source: object,
    logdir: Destination | str | PathLike[str],
    *,
    name: str | None = None,
    labels: object = None,
    columns: object = None,
    images: object = None,
    **options: Unpack[ExportOptions],
) -> tuple[Written, ...]:
    """Write what a source holds for the Projector: all of it, or nothing.

    Parameters
    ----------
    source
        A live object or a path, as :func:`read` takes it.
    logdir
        A TensorBoard logdir, or a :class:`~projector_export.options.Destination` for more.
    name
        What the viewer calls the tensor; a tensor of that name in the logdir is replaced, all others stay.
    labels, columns, images
        What is told about the rows, as :func:`read` takes it.
    **options
        ``vectors``, ``reading``, ``thumbnail_size`` and ``progress`` as :func:`read` takes them; ``treatment`` and ``limits``:
        what is done to the vectors, and how much the viewer is given.

    Returns
    -------
    tuple of Written
        One for each target, with notes that the user should read. When it returns everything is on disk: the object may change.

    Raises
    ------
    ProjectorExportError
        If it cannot be read or written.

    Examples
    --------
    >>> export(model.embed_tokens, "runs", labels=tokenizer)  # doctest: +SKIP
    >>> export(frame, "runs", vectors="embedding", name="articles")  # doctest: +SKIP
    """
    _refuse_unknown(options, ExportOptions, "export")
    destination = as_destination(logdir)
    treatment, progress = options.get("treatment"), options.get("progress")
    check_wishes(treatment or Treatment(), destination)
    table = _read(source, options.get("reading"), options.get("vectors"), progress=progress, is_kept=False)
    tables = name_tables([_told(table, labels, columns, images, options)], name)
    return write(tables, destination, treatment=treatment, limits=options.get("limits"), progress=progress)


def inspect_vocabulary(
    source: object,
    wishes: Wishes | None = None,
    *,
    reading: Reading | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> tuple[EmbeddingTable, Findings]:
    """Find the under-trained tokens of a vocabulary, its dead rows and near-duplicates.

    Parameters
    ----------
    source
        A model's folder, file or Hub id: both of its tables are looked at where it has two. Or the logdir of an export; or a
        live object, as :func:`read` takes it, with the kinds of its rows in a column ``kind`` where they are known.
    wishes
        How it is inspected.
    reading
        Revision, tokenizer, tensor or layer of a model.
    name
        Which tensor of an export that has several.
    progress
        Told about stages that may take long.

    Returns
    -------
    table : EmbeddingTable
        With the evidence in columns, and what was found as selections: for :func:`~projector_export.write`.
    findings : Findings
        Candidates, dead rows and figures of health.

    Raises
    ------
    ProjectorExportError
        If it cannot be read, or has nothing to compare.

    Examples
    --------
    >>> table, findings = inspect_vocabulary("openai-community/gpt2")  # doctest: +SKIP
    >>> [candidate.row for candidate in findings.candidates[:5]]  # doctest: +SKIP
    """
    if isinstance(source, (str, PathLike)):
        return inspect_source(source, reading, wishes, name=name, progress=progress)
    if reading is not None or name is not None:
        raise InvalidInputError("reading=... and name=... are for models' files and exports: leave them away here")
    return inspect([read(source)], wishes, is_tied=None, progress=progress)


def _told(
    table: EmbeddingTable, labels: object, columns: object, images: object, options: ReadOptions
) -> EmbeddingTable:
    if is_tokenizer(labels):
        spelled = tokenizer_columns(labels, table.n_rows)
        names = {column.name for column in spelled}
        others = (column for column in table.columns if column.name not in names)
        table, labels = replace(table, columns=(*spelled, *others)), None
    table = objects.with_columns(table, labels, columns)
    size = options.get("thumbnail_size")
    if images is None:
        if size is not None:
            raise InvalidInputError("thumbnail_size=... is for pictures: give images=... too, or leave it away")
        return table
    return attach(table, images, size=size, progress=stage(options.get("progress"), "thumbnails"))


def _read(
    source: object,
    reading: Reading | VectorReading | None,
    vectors: str | Sequence[str] | None,
    *,
    progress: Progress | None,
    is_kept: bool,
) -> EmbeddingTable:
    if isinstance(source, (str, PathLike)):
        if vectors is not None:
            raise InvalidInputError(
                f"vectors={vectors!r} chooses a part of a live object: of {str(source)!r}, {_instead(source)} does"
            )
        return _from_path(source, reading, progress)
    if reading is not None:
        raise InvalidInputError("reading=... is for files and models on the Hub: leave it away for a live object")
    if isinstance(source, EmbeddingTable):
        return source
    if live.recognises(source):
        if vectors is not None and not isinstance(vectors, str):
            raise InvalidInputError(f"a Keras model has layers: name one, not {vectors!r}")
        return live.read(source, layer=vectors)
    return objects.read(source, vectors=vectors, is_kept=is_kept)


def _from_path(
    source: str | PathLike[str], reading: Reading | VectorReading | None, progress: Progress | None
) -> EmbeddingTable:
    if reading is None and is_export(source):
        return own_export.read(source, has_thumbnails=True)
    if isinstance(reading, Reading) or (reading is None and _is_model(source)):
        return read_vocabulary(source, reading, progress=progress)
    (table,) = read_vectors(source, reading, progress=progress)
    return table


def _is_model(source: str | PathLike[str]) -> bool:
    """Tell whether a source is a model: on the Hub, of Keras or GGUF, or with a model's files in its folder or beside it."""
    path = Path(source).expanduser()
    if not path.exists():
        return "://" not in str(source)
    if kind_of(path) != "huggingface":
        return True
    kind = vector_files.recognises(path)
    if path.is_dir():
        return kind is None or any((path / file).is_file() for file in _MODEL_FILES)
    return kind in _WEIGHTS and any((path.parent / file).is_file() for file in _MODEL_FILES)


def _instead(source: str | PathLike[str]) -> str:
    """Return what chooses a part of a file."""
    if not _is_model(source):
        return "reading=VectorReading(column=NAME)"
    return f"reading=Reading({'layer' if kind_of(Path(source).expanduser()) == 'keras' else 'tensor'}=NAME)"


def _refuse_unknown(options: Iterable[str], known: type[ReadOptions], function: str) -> None:
    for option in options:
        if option not in known.__annotations__:
            raise TypeError(f"{function}() got an unexpected keyword argument {option!r}")
