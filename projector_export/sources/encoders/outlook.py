"""What the tables will be like, as far as that is known before a text is encoded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from projector_export.errors import InvalidInputError
from projector_export.sources.encoders.encode_chunks import Assignment
from projector_export.sources.encoders.encoder import Encoder
from projector_export.sources.encoders.function import SAMPLES
from projector_export.sources.encoders.opening import Model
from projector_export.sources.encoders.options import TextOptions
from projector_export.sources.encoders.text_tables import columns_of_texts, names_of_columns
from projector_export.table import Column

__all__ = ["Outlook", "outlook_of", "require_dims"]


@dataclass(frozen=True, eq=False)
class Outlook:
    """What is known of the first table before a text is encoded.

    Parameters
    ----------
    name
        Its name.
    n_rows
        Number of rows; None where rows are words or tokens, which nobody has counted.
    n_dims
        Dimensions of its vectors.
    column_names
        Names of its columns.
    read_columns
        Reads those columns that come from the records; for tables whose rows are texts.
    """

    name: str
    n_rows: int | None
    n_dims: int
    column_names: tuple[str, ...]
    read_columns: Callable[[], tuple[Column, ...]]


def outlook_of(assignment: Assignment, options: TextOptions, encoder: Encoder, n_dims: int) -> Outlook:
    """Return what is known of the tables of an encoder that was loaded."""
    corpus, granularity = assignment.corpus, options.encoding.granularity
    layer = encoder.layers[0]

    def read_columns() -> tuple[Column, ...]:
        return tuple(columns_of_texts(assignment, options.columns.max_characters)[0])

    name = options.name or corpus.records.name
    return Outlook(
        f"{name} {layer}" if layer else name,
        assignment.survey.n_texts if granularity == "text" else None,
        n_dims,
        names_of_columns(corpus, granularity),
        read_columns,
    )


def require_dims(model: Model, encoder: Encoder) -> int:
    """Return how many dimensions the vectors have; a model that was loaded encodes one short text for that.

    Parameters
    ----------
    model
        What was asked for.
    encoder
        The same, loaded.

    Raises
    ------
    InvalidInputError
        If more dimensions are to be kept than there are.
    """
    n_dims = model.n_dims
    if n_dims is None:
        with encoder.at_work():
            found = encoder.tokenize([SAMPLES[0]]).encode(np.zeros(1, dtype=np.int64))
        n_dims = int(found[0].shape[1])
    wanted = model.encoding.truncate_dim
    if wanted is not None and wanted > n_dims:
        raise InvalidInputError(
            f"vectors of {model.name!r} have {n_dims:,} dimensions, of which the first {wanted:,} cannot be kept: "
            f"choose --truncate-dim (truncate_dim=…) 1 to {n_dims:,}, or leave it out"
        )
    return n_dims if wanted is None else wanted
