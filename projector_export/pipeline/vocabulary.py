"""The table of a model's vocabulary, whatever kind of file the model is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from os import PathLike, fspath
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

from projector_export.errors import InvalidInputError
from projector_export.pipeline.export import Destination, as_destination, check_wishes, name_tables, write
from projector_export.pipeline.reading import Reading
from projector_export.pipeline.treatment import Progress, Treatment, stage
from projector_export.sources import gguf, huggingface, keras
from projector_export.sources.huggingface.model_files import require_found
from projector_export.table import EmbeddingTable
from projector_export.targets.result import Written
from projector_export.transforms.for_viewer import ViewerLimits

__all__ = ["SourceKind", "export_vocabulary", "kind_of", "read_tables", "read_vocabulary"]

SourceKind: TypeAlias = Literal["huggingface", "keras", "gguf"]

Reader: TypeAlias = Callable[[str | PathLike[str], Reading, Progress | None], tuple[EmbeddingTable, ...]]


def read_vocabulary(
    source: str | PathLike[str], reading: Reading | None = None, *, progress: Progress | None = None
) -> EmbeddingTable:
    """Read the embedding table of a model's vocabulary; only that tensor is read or fetched.

    Parameters
    ----------
    source
        Anything that :func:`read_tables` takes: a language model, or a model of Keras or TensorFlow.
    reading
        Revision, tokenizer, tensor or layer, labels, or the output table instead of the input table.
    progress
        Told about stages that may take long.

    Returns
    -------
    EmbeddingTable
        One row a token id, with columns token, id, kind, text, bytes, length and norm; a Keras layer has token, id, kind and
        norm.

    Examples
    --------
    >>> table = read_vocabulary("sentence-transformers/all-MiniLM-L6-v2")  # doctest: +SKIP
    >>> table.shape  # doctest: +SKIP
    (30522, 384)
    """
    tables = read_tables(source, reading, progress=progress)
    if len(tables) > 1:
        raise InvalidInputError("read_vocabulary returns one table: ask for table='input' or table='output'")
    return tables[0]


def export_vocabulary(
    source: str | PathLike[str],
    destination: Destination | str | PathLike[str],
    *,
    name: str | None = None,
    reading: Reading | None = None,
    treatment: Treatment | None = None,
    limits: ViewerLimits | None = None,
    progress: Progress | None = None,
) -> tuple[Written, ...]:
    """Read a model's vocabulary and write it for the Projector.

    Parameters
    ----------
    source
        Anything that :func:`read_tables` takes: a language model, or a model of Keras or TensorFlow.
    destination
        A TensorBoard logdir, or a :class:`Destination` for more.
    name
        What the viewer calls the tensor; by default the model's name.
    reading, treatment, limits
        What to read, what to do to the vectors, how much the viewer is given.
    progress
        Told about stages that may take long.

    Examples
    --------
    >>> export_vocabulary("bert-base-uncased", "runs")  # doctest: +SKIP
    """
    destination = as_destination(destination)
    check_wishes(treatment or Treatment(), destination)
    return write(
        name_tables(read_tables(source, reading, progress=progress), name),
        destination,
        treatment=treatment,
        limits=limits,
        progress=progress,
    )


def read_tables(
    source: str | PathLike[str], reading: Reading | None = None, *, progress: Progress | None = None
) -> tuple[EmbeddingTable, ...]:
    """Read the tables of a model's vocabulary: two where both were asked for and the model has both.

    Parameters
    ----------
    source
        Hub id, model folder, ``.safetensors`` or ``.gguf`` file; or a model of Keras or TensorFlow: ``.keras`` or ``.h5`` file,
        SavedModel folder, checkpoint. The content decides, not the name.
    reading
        What to read of it.
    progress
        Told about stages that may take long.

    Raises
    ------
    ProjectorExportError
        If it cannot be read, or something is asked for that is no matter of such a model.
    """
    reading = reading or Reading()
    return _READERS[kind_of(source)](source, reading, progress)


def kind_of(source: str | PathLike[str]) -> SourceKind:
    """Tell what kind of model a source is; what is no file of the others is Hugging Face's."""
    path = Path(fspath(source)).expanduser()
    if gguf.recognises(path):
        return "gguf"
    return "keras" if keras.recognises(path) else "huggingface"


def _from_hugging_face(
    source: str | PathLike[str], reading: Reading, progress: Progress | None
) -> tuple[EmbeddingTable, ...]:
    require_found(source)
    _refuse(reading, ("layer", "labels"), "Keras and TensorFlow files", "a Hugging Face model", source)
    return huggingface.read(
        source,
        revision=reading.revision,
        tokenizer=reading.tokenizer,
        tensor=reading.tensor,
        table=reading.table,
        progress=progress,
    )


def _from_keras(source: str | PathLike[str], reading: Reading, progress: Progress | None) -> tuple[EmbeddingTable, ...]:
    if reading.tensor is not None:
        raise InvalidInputError(f"{fspath(source)!r} is a Keras or TensorFlow file: choose by --layer, not by --tensor")
    _refuse(reading, ("revision", "tokenizer"), "Hugging Face models", "a Keras or TensorFlow file", source)
    if reading.table != "input":
        raise InvalidInputError(
            f"{fspath(source)!r} is a Keras or TensorFlow file, without an output table: leave --table out"
        )
    return keras.read(source, layer=reading.layer, labels=reading.labels, progress=progress)


def _from_gguf(source: str | PathLike[str], reading: Reading, progress: Progress | None) -> tuple[EmbeddingTable, ...]:
    _refuse(reading, ("revision", "tokenizer"), "Hugging Face models", "a GGUF file", source)
    _refuse(reading, ("layer", "labels"), "Keras and TensorFlow files", "a GGUF file", source)
    path = Path(fspath(source)).expanduser()
    walked = stage(progress, "measuring the rows")
    if reading.tensor is not None or reading.table == "input":
        return (gguf.read(path, tensor=reading.tensor, progress=walked),)
    head = gguf.read(path, tensor=gguf.OUTPUT_TENSOR, progress=walked)
    if reading.table == "output":
        return (head,)
    table = gguf.read(path, progress=walked)
    return replace(table, name=f"{table.name} input"), replace(head, name=f"{head.name} output")


def _refuse(reading: Reading, options: Sequence[str], whose: str, what: str, source: str | PathLike[str]) -> None:
    """Refuse wishes that mean nothing for a kind of model."""
    for option in options:
        if getattr(reading, option) is not None:
            raise InvalidInputError(f"--{option} is for {whose}, and {fspath(source)!r} is {what}: leave it out")


_READERS: Mapping[SourceKind, Reader] = MappingProxyType(
    {"huggingface": _from_hugging_face, "keras": _from_keras, "gguf": _from_gguf}
)
