"""Embedding layers of Keras and TensorFlow: from their files without importing either, and from live models."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path

from projector_export.provenance import JSONValue
from projector_export.sources.keras.layer_table import LayerTable, choose
from projector_export.sources.keras.model_file import SavedModel, kind_of, open_saved_model
from projector_export.sources.keras.table import Findings, table_of
from projector_export.table import EmbeddingTable
from projector_export.vectors import StageProgress

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
    walked = None if progress is None else lambda done, total: progress("measuring the rows", done, total)
    origin: dict[str, JSONValue] = {"path": fspath(source), "format": model.kind}
    findings = Findings(
        _name(path, model, table), origin, model.kind, model.layers, model.lookups, notes, model.feeds.get(table.path)
    )
    return (table_of(table, labels, findings, progress=walked),)


def _name(path: Path, model: SavedModel, table: LayerTable) -> str:
    """Return what the viewer calls the table: the file's name, and the layer's where the file has several."""
    path = path.resolve()
    stem = path.name if path.is_dir() else path.name.removesuffix(".index")
    for ending in (".keras", ".h5", ".hdf5", ".weights"):
        stem = stem.removesuffix(ending)
    n_embeddings = sum(each.is_embedding for each in model.tables)
    if n_embeddings > 1 and table.name != stem:
        return f"{stem} {table.name}"
    return stem or "embeddings"
