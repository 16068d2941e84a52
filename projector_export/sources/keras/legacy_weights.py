"""The tables of an HDF5 file of Keras 2 and older, with or without the model's configuration.

Source: ``tf_keras/src/saving/legacy/hdf5_format.py`` (``save_model_to_hdf5``, ``save_weights_to_hdf5_group``): the file's
attribute ``model_config`` is JSON, the group ``model_weights`` (or, of weights alone, the file itself) has a group for each
layer of the outermost model, with the variables below it under their TensorFlow names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from projector_export.sources.keras.configuration import LayerSettings, Settings, decode_json
from projector_export.sources.keras.layer_table import LayerTable
from projector_export.sources.keras.stored_layer import StoredLayer
from projector_export.sources.keras.weights_file import CALLED_EMBEDDING, read_values
from projector_export.tensor_files import hdf5
from projector_export.tensor_files.file_window import FilePlace
from projector_export.tensor_files.named_tensor import NamedTensor
from projector_export.vectors import blocks_of

if TYPE_CHECKING:
    import h5py

__all__ = ["configuration_of", "is_legacy_file", "tables_of"]

WEIGHTS = "model_weights"
OPTIMIZER = "optimizer_weights"
TABLE = "embeddings"
PARTS = ("embeddings_scale", "embeddings_zero", "g_idx", "lora_embeddings_a", "lora_embeddings_b", "reverse_embeddings")


def is_legacy_file(file: h5py.File) -> bool:
    """Tell whether an HDF5 file was written by Keras 2 or older."""
    return "model_config" in file.attrs or "layer_names" in file.attrs or "layer_names0" in file.attrs


def configuration_of(place: FilePlace) -> Settings | None:
    """Return the model's configuration, None where there is none.

    Raises
    ------
    CorruptFileError
        If it is no JSON object.
    """
    with hdf5.opened(place) as file:
        text = file.attrs.get("model_config")
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return decode_json(text, place.shown) if isinstance(text, str) else None


def tables_of(place: FilePlace, layers: Sequence[LayerSettings] | None) -> tuple[LayerTable, ...]:
    """Return each two-dimensional variable of the model, a shared layer's once.

    Parameters
    ----------
    place
        The HDF5 file.
    layers
        What the model's configuration says; None where there is none.

    Raises
    ------
    ProjectorExportError
        If the file is damaged or refers to other files.
    """
    with hdf5.opened(place) as file:
        found = {
            path: hdf5.named_tensor(place, path, each)
            for path, each in hdf5.objects_of(place, file)
            if hasattr(each, "shape") and path.partition("/")[0] != OPTIMIZER
        }
    tables = [
        _table(place, path, found, layers or ())
        for path, tensor in sorted(found.items())
        if len(tensor.shape) == 2 and _tail(path) not in PARTS
    ]
    return tuple(_distinct(tables))


def _tail(path: str) -> str:
    """Return a variable's own name, without TensorFlow's number of an output."""
    return path.rpartition("/")[2].partition(":")[0]


def _table(
    place: FilePlace, path: str, found: Mapping[str, NamedTensor], layers: Sequence[LayerSettings]
) -> LayerTable:
    parent, _, _ = path.rpartition("/")
    owners = [part for part in parent.split("/") if part != WEIGHTS]
    settings = _settings(owners, layers)
    name = settings.name if settings else owners[-1] if owners else _tail(path)
    tail = _tail(path)
    roles = {TABLE: found[path]}
    if tail == TABLE:
        beside = {_tail(each): tensor for each, tensor in found.items() if each.rpartition("/")[0] == parent}
        roles.update({part: beside[part] for part in PARTS if part in beside})
    stored = StoredLayer(f"layer {name!r} of {place.shown!r}", roles, partial(read_values, place, roles), settings)
    is_embedding = _is_embedding(owners, tail, settings)
    return LayerTable(name, path, stored.shape, stored.dtype, is_embedding, stored.vectors, settings)


def _is_embedding(owners: Sequence[str], tail: str, settings: LayerSettings | None) -> bool:
    if settings is not None:
        return "embedding" in settings.class_name.lower()
    return tail == TABLE or any(CALLED_EMBEDDING.search(name) for name in (*owners[-1:], tail))


def _settings(owners: Sequence[str], layers: Sequence[LayerSettings]) -> LayerSettings | None:
    """Return what is known of the innermost layer in whose group a variable lies."""
    for owner in reversed(owners):
        so_called = [layer for layer in layers if layer.name == owner]
        if so_called:
            return so_called[0] if len(so_called) == 1 else None
    return None


def _distinct(tables: Sequence[LayerTable]) -> list[LayerTable]:
    """Return tables without those that are the same layer again, reached through another model."""
    kept: list[LayerTable] = []
    for table in tables:
        if not (table.is_embedding and any(_are_one(table, other) for other in kept)):
            kept.append(table)
    return kept


def _are_one(table: LayerTable, other: LayerTable) -> bool:
    if (table.name, table.shape, table.dtype) != (other.name, other.shape, other.dtype):
        return False
    second = other.open()
    return all(
        np.array_equal(block, second.read(start, start + len(block)), equal_nan=True)
        for start, block in blocks_of(table.open())
    )
