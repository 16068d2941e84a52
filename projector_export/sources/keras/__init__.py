"""Embedding layers of Keras and TensorFlow: from their files without importing either, and from live models."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path

import numpy as np
import numpy.typing as npt

from projector_export.provenance import JSONValue, Provenance, Step
from projector_export.sources.keras.labels import beyond, columns_of_file, columns_of_lookup, numbered_columns
from projector_export.sources.keras.layer_table import LayerTable, choose
from projector_export.sources.keras.lookups import fitting_lookup
from projector_export.sources.keras.model_file import SavedModel, kind_of, open_saved_model
from projector_export.table import Column, EmbeddingTable
from projector_export.vectors import StageProgress, norms_of

__all__ = ["read", "recognises"]


def recognises(source: str | PathLike[str]) -> bool:
    """Tell whether a source is a file or folder of Keras or TensorFlow: by its content first, by its name last."""
    return kind_of(Path(fspath(source)).expanduser()) is not None


def read(
    source: str | PathLike[str],
    *,
    layer: str | None = None,
    labels: str | PathLike[str] | None = None,
    progress: StageProgress | None = None,
) -> tuple[EmbeddingTable, ...]:
    """Read an embedding layer of a saved model; neither TensorFlow nor Keras is imported, no other layer's values are read.

    Parameters
    ----------
    source
        A ``.keras`` file (or folder), ``.weights.h5`` or older ``.h5`` file, SavedModel folder, or TensorFlow checkpoint: its
        prefix, its index, or a folder with the file ``checkpoint``.
    layer
        Name or path of the layer, where there are several.
    labels
        A file with one label a row; otherwise a ``TextVectorization``, ``StringLookup`` or ``IntegerLookup`` layer of the
        same model names the rows.
    progress
        Told about stages that may take long.

    Returns
    -------
    tuple of EmbeddingTable
        One table. Its vectors, what the layer looks up, are lazy; its columns are ``token``, ``id``, ``kind`` (where the rows
        have names) and ``norm``.

    Raises
    ------
    ProjectorExportError
        If there is no such file, it is damaged, refers to other files, has no such layer or several, or the labels do not
        fit.
    """
    path = Path(fspath(source)).expanduser()
    model = open_saved_model(path)
    table, notes = choose(model.tables, layer, fspath(source))
    vectors = table.open()
    walked = None if progress is None else lambda done, total: progress("measuring the rows", done, total)
    norms = norms_of(vectors, progress=walked)
    columns, vocabulary, more = _columns(model, table, norms, labels)
    parameters: dict[str, JSONValue] = {
        "path": fspath(source),
        "format": model.kind,
        "layer": table.name,
        "tensor": table.path,
        "dtype": vectors.dtype,
        "vocabulary": vocabulary,
        "labels": None if labels is None else fspath(labels),
    }
    history = Provenance().then(Step("read_layer", parameters), *notes, *more)
    return (EmbeddingTable(_name(path, model, table), vectors, columns, history),)


def _columns(
    model: SavedModel, table: LayerTable, norms: npt.NDArray[np.float64], labels: str | PathLike[str] | None
) -> tuple[tuple[Column, ...], str | None, tuple[str, ...]]:
    """Return the columns of a table, the name of the vocabulary that they are from, and what to tell about it."""
    n_rows = len(norms)
    if labels is not None:
        shown = f"layer {table.name!r}"
        return columns_of_file(labels, n_rows, norms, has_padding=table.has_padding, shown=shown), None, ()
    lookup, note = fitting_lookup(model.lookups, n_rows, model.layers, table.settings)
    if lookup is None:
        told = note or f"no vocabulary in the {model.kind} for this layer: rows are labelled by number (--labels FILE)"
        return numbered_columns(n_rows, norms, has_padding=table.has_padding), None, (told,)
    notes = () if len(lookup) == n_rows else (beyond(lookup, n_rows),)
    return columns_of_lookup(lookup, n_rows, norms), lookup.name, notes


def _name(path: Path, model: SavedModel, table: LayerTable) -> str:
    """Return what the viewer calls the table: the file's name, and the layer's where the file has several."""
    path = path.resolve()
    stem = path.name if path.is_dir() else path.name.removesuffix(".index")
    for ending in (".keras", ".h5", ".hdf5", ".weights"):
        stem = stem.removesuffix(ending)
    n_embeddings = sum(each.is_embedding for each in model.tables)
    return f"{stem} {table.name}" if n_embeddings > 1 else stem or "embeddings"
