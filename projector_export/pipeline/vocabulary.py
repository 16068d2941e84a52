"""The table of a model's vocabulary, whatever kind of file the model is."""

from __future__ import annotations

from os import PathLike

from projector_export.errors import InvalidInputError
from projector_export.pipeline.export import Destination, as_destination, check_wishes, name_tables, write
from projector_export.pipeline.reading import Reading
from projector_export.pipeline.treatment import Progress, Treatment
from projector_export.sources import huggingface
from projector_export.table import EmbeddingTable
from projector_export.targets.result import Written
from projector_export.transforms.for_viewer import ViewerLimits

__all__ = ["export_vocabulary", "read_tables", "read_vocabulary"]


def read_vocabulary(
    source: str | PathLike[str], reading: Reading | None = None, *, progress: Progress | None = None
) -> EmbeddingTable:
    """Read the embedding table of a model's vocabulary; only that tensor is read or fetched.

    Parameters
    ----------
    source
        Hub id, model folder or ``.safetensors`` file.
    reading
        Revision, tokenizer, tensor, or the output table instead of the input table.
    progress
        Told about stages that may take long.

    Returns
    -------
    EmbeddingTable
        One row a token id, with columns token, id, kind, text, bytes, length and norm.

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
        Hub id, model folder or ``.safetensors`` file.
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
    """Read the tables of a model's vocabulary: two where both were asked for and the model has both."""
    reading = reading or Reading()
    return huggingface.read(
        source,
        revision=reading.revision,
        tokenizer=reading.tokenizer,
        tensor=reading.tensor,
        table=reading.table,
        progress=progress,
    )
