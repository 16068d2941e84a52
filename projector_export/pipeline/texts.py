"""Texts encoded by a model, from their file to the viewer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from projector_export.errors import InvalidInputError
from projector_export.pipeline.export import Destination, as_destination, check_wishes, name_tables, write
from projector_export.pipeline.outlook import check_outlook
from projector_export.pipeline.treatment import Progress, Treatment
from projector_export.sources import encoders
from projector_export.sources.encoders import (
    BACKENDS,
    DATA_TYPES,
    ENCODING,
    GRANULARITIES,
    POOLINGS,
    Data,
    EncodedTexts,
    Encoding,
    ModelName,
    Resumption,
    Running,
    TextColumns,
    TextOptions,
    Workshop,
)
from projector_export.table import EmbeddingTable
from projector_export.tabular.local_copies import FETCHING
from projector_export.targets.result import Written
from projector_export.transforms.for_viewer import ViewerLimits

__all__ = [
    "BACKENDS",
    "DATA_TYPES",
    "ENCODING",
    "FETCHING",
    "GRANULARITIES",
    "POOLINGS",
    "TEXTS_FOLDER",
    "USUAL_MODEL",
    "Encoding",
    "Running",
    "TextColumns",
    "TextOptions",
    "encoded_texts",
    "export_texts",
    "read_texts",
]

USUAL_MODEL = "sentence-transformers/all-MiniLM-L6-v2"

TEXTS_FOLDER = ".texts"
"""Beside an export, while texts are encoded; TensorBoard's loaders see no run in it."""


def read_texts(
    data: Data,
    model: ModelName = USUAL_MODEL,
    options: TextOptions | None = None,
    *,
    progress: Progress | None = None,
) -> tuple[EmbeddingTable, ...]:
    """Encode texts by a model.

    Parameters
    ----------
    data
        Path or address of a CSV, TSV, JSON lines, Parquet, Arrow or text file or of a Hugging Face dataset folder; or a list
        of texts.
    model
        Folder or Hub id of a model of sentence-transformers, transformers or model2vec; or any function from a list of texts
        to an array of shape ``(n_texts, n_dims)``.
    options
        Which columns, what is made of a text, how the work is done.
    progress
        Told about stages that may take long.

    Returns
    -------
    tuple of EmbeddingTable
        One, or one a layer. Rows are the texts in their order (or their words or tokens); vectors are float32 in a temporary
        folder that goes away with the tables.

    Examples
    --------
    >>> (table,) = read_texts(["a cat", "a dog", "a car"])  # doctest: +SKIP
    >>> table.shape  # doctest: +SKIP
    (3, 384)
    """
    return name_tables(encoders.read(data, model, options, progress=progress))


def export_texts(
    data: Data,
    model: ModelName,
    destination: Destination | str | Path,
    *,
    options: TextOptions | None = None,
    treatment: Treatment | None = None,
    limits: ViewerLimits | None = None,
    progress: Progress | None = None,
) -> tuple[Written, ...]:
    """Encode texts by a model and write them for the Projector.

    Vectors are kept beside the export while they are computed: a call that was ended, however that was, goes on where it
    stopped when it is repeated.

    Parameters
    ----------
    data, model, options
        As for :func:`read_texts`.
    destination
        A TensorBoard logdir, or a :class:`Destination` for more.
    treatment, limits
        What to do to the vectors, how much the viewer is given.
    progress
        Told about stages that may take long.

    Examples
    --------
    >>> export_texts("reviews.csv", "sentence-transformers/all-MiniLM-L6-v2", "runs")  # doctest: +SKIP
    """
    destination, treatment = as_destination(destination), treatment or Treatment()
    check_wishes(treatment, destination)
    with encoded_texts(data, model, destination, options=options, treatment=treatment, progress=progress) as encoded:
        written = write(name_tables(encoded.tables), destination, treatment=treatment, limits=limits, progress=progress)
        encoded.is_kept = False
    return written


@contextmanager
def encoded_texts(
    data: Data,
    model: ModelName,
    destination: Destination,
    *,
    options: TextOptions | None = None,
    treatment: Treatment | None = None,
    resumed: Resumption | None = None,
    progress: Progress | None = None,
) -> Iterator[EncodedTexts]:
    """Encode texts into a folder beside an export; set ``is_kept`` to False when the folder is not needed any more.

    Parameters
    ----------
    data, model, options, progress
        As for :func:`read_texts`.
    destination
        Beside which the vectors are kept.
    treatment
        What will be done to the vectors: before a text is encoded, it is compared with what is known of them by then.
    resumed
        Called with the texts that an earlier command has encoded, and all texts.

    Raises
    ------
    ProjectorExportError
        If texts and model do not go together, or the treatment does not fit them.
    """
    check = None if treatment is None else partial(check_outlook, treatment=treatment, destination=destination)
    workshop = Workshop(_folder_beside(destination), resumed=resumed, check=check)
    with encoders.encode(data, model, options, workshop=workshop, progress=progress) as encoded:
        yield encoded


def _folder_beside(destination: Destination) -> Path:
    for place in (destination.logdir, destination.standalone):
        if place is not None:
            return Path(place).expanduser() / TEXTS_FOLDER
    if destination.plot is None:
        raise InvalidInputError("nowhere to write to")
    return Path(destination.plot).expanduser().resolve().parent / TEXTS_FOLDER
