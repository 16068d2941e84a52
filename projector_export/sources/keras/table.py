"""The table of a chosen layer: its vectors, what its rows are called, and where they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike, fspath

import numpy as np
import numpy.typing as npt

from projector_export.provenance import JSONValue, Provenance, Step
from projector_export.sources.keras.configuration import LayerSettings
from projector_export.sources.keras.labels import beyond, columns_of_file, columns_of_lookup, numbered_columns
from projector_export.sources.keras.layer_table import LayerTable
from projector_export.sources.keras.lookups import (
    Lookup,
    Unclear,
    fitting_lookup,
    named_by_description,
    unless_too_long,
)
from projector_export.table import Column, EmbeddingTable
from projector_export.vectors import Progress, norms_of

__all__ = ["Findings", "table_of"]


@dataclass(frozen=True)
class Findings:
    """What is known around a layer.

    Parameters
    ----------
    name
        What the viewer calls the table.
    origin
        Where the layer was found, for the history.
    kind
        What it was found in, for people.
    layers
        All layers of its model, as far as they are written down.
    lookups
        The vocabularies of its model.
    notes
        What the user should know about the choice.
    feed
        The vocabulary that is known to name the rows of the layer, or why it is not known.
    """

    name: str
    origin: Mapping[str, JSONValue]
    kind: str = "variable"
    layers: tuple[LayerSettings, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    notes: tuple[str, ...] = ()
    feed: Lookup | Unclear | None = None


def table_of(
    table: LayerTable,
    labels: str | PathLike[str] | None,
    findings: Findings,
    *,
    progress: Progress | None = None,
) -> EmbeddingTable:
    """Return the table of a layer.

    Parameters
    ----------
    table
        The chosen layer.
    labels
        File of labels, if the user gave one.
    findings
        What is known around the layer.
    progress
        Told how many rows are measured.

    Raises
    ------
    ProjectorExportError
        If its values are damaged, or the labels do not fit.
    """
    vectors = table.open()
    norms = norms_of(vectors, progress=progress)
    columns, vocabulary, notes = _columns(table, findings, norms, labels)
    parameters: dict[str, JSONValue] = {
        **findings.origin,
        "layer": table.name,
        "tensor": table.path,
        "dtype": table.dtype,
        "vocabulary": vocabulary,
        "labels": None if labels is None else fspath(labels),
    }
    history = Provenance().then(Step("read_layer", parameters), *findings.notes, *notes)
    return EmbeddingTable(findings.name, vectors, columns, history)


def _columns(
    table: LayerTable, findings: Findings, norms: npt.NDArray[np.float64], labels: str | PathLike[str] | None
) -> tuple[tuple[Column, ...], str | None, tuple[str, ...]]:
    """Return the columns of a table, the name of the vocabulary that they are from, and what to tell about it."""
    n_rows = len(norms)
    if labels is not None:
        shown = f"layer {table.name!r}"
        return columns_of_file(labels, n_rows, norms, has_padding=table.has_padding, shown=shown), None, ()
    lookup, note = _named_by(table, findings, n_rows)
    if lookup is None:
        told = (
            note or f"no vocabulary in the {findings.kind} for this layer: rows are labelled by number (--labels FILE)"
        )
        return numbered_columns(n_rows, norms, has_padding=table.has_padding), None, (told,)
    notes = [lookup.note] if lookup.note else []
    if len(lookup) < n_rows:
        notes.append(beyond(lookup, n_rows))
    return columns_of_lookup(lookup, n_rows, norms), lookup.name, tuple(notes)


def _named_by(table: LayerTable, findings: Findings, n_rows: int) -> tuple[Lookup | None, str | None]:
    """Return the vocabulary of a table's rows, or why there is none."""
    feed = findings.feed
    if isinstance(feed, Lookup):
        return unless_too_long(feed, n_rows)
    if feed is None:
        return fitting_lookup(findings.lookups, n_rows, findings.layers, table.settings)
    known = () if feed.is_final else findings.lookups
    lookup, note = named_by_description(known, n_rows, findings.layers, table.settings)
    return lookup, note or (
        f"{feed.reason}: rows are labelled by number (--labels FILE names them; a .keras file of the same model may tell more)"
    )
