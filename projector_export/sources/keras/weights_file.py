"""The tables of a Keras 3 weights file: a group for each layer, named after its place in the model.

Source: ``keras/src/saving/saving_lib.py`` (``_save_state``, ``H5IOStore``): the variables of a layer are ``<path>/vars/0``,
``1``...; since Keras 3.6 the group ``vars`` has the layer's name as an attribute. Keras 2.12 wrote the layers of a model below
``_layer_checkpoint_dependencies``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError
from projector_export.sources.keras.configuration import LayerSettings
from projector_export.sources.keras.layer_table import LayerTable
from projector_export.sources.keras.stored_layer import StoredLayer, quantization_mode
from projector_export.tensor_files import hdf5
from projector_export.tensor_files.file_window import FilePlace
from projector_export.tensor_files.named_tensor import NamedTensor

if TYPE_CHECKING:
    import h5py

__all__ = ["CALLED_EMBEDDING", "is_weights_file", "read_values", "tables_of", "usual_path"]

CALLED_EMBEDDING = re.compile(
    r"(^|[/_.]|(?<=[a-z]))emb(ed|eds|edding|eddings|s)?([/_.\d]|layer|$)|(^|[/_.])wte([/_.]|$)", re.IGNORECASE
)
"""In the name of a layer or variable that is an embedding, where nothing else tells."""

CALLED_OTHER = re.compile(
    r"(^|[/_.])(dense|linear|kernel|conv\w*|proj(ection)?|gate|head|logits|out(put)?|query|key|value|cell|norm\w*)(?![a-z])",
    re.IGNORECASE,
)
"""In the name of a layer without a bias that is no embedding."""

EARLY_LAYERS = "_layer_checkpoint_dependencies"
VARIABLES = "vars"
MAX_VALUES = 2**28


def is_weights_file(file: h5py.File) -> bool:
    """Tell whether an HDF5 file is laid out as Keras 3 does it."""
    return any(VARIABLES in (name, *_names_below(file, name)) for name in file)


def _names_below(file: h5py.File, name: str) -> Sequence[str]:
    """Return the names in a group and in the groups in it, as far as they are no links."""
    import h5py

    if not isinstance(file.get(name, getlink=True), h5py.HardLink) or not isinstance(file[name], h5py.Group):
        return ()
    group = file[name]
    inner = [each for each in group if isinstance(group.get(each, getlink=True), h5py.HardLink)]
    return [*inner, *(below for each in inner if isinstance(group[each], h5py.Group) for below in group[each])]


def tables_of(place: FilePlace, layers: Sequence[LayerSettings] | None) -> tuple[LayerTable, ...]:
    """Return the table of each layer that has one.

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
    found: dict[str, dict[str, NamedTensor]] = {}
    names: dict[str, str] = {}
    with hdf5.opened(place) as file:
        for path, each in hdf5.objects_of(place, file):
            parent, _, last = path.rpartition("/")
            if last == VARIABLES and not hasattr(each, "shape"):
                names[parent] = _text(each.attrs.get("name"))
            elif parent.rpartition("/")[2] == VARIABLES and hasattr(each, "shape"):
                layer = parent.removesuffix(VARIABLES).removesuffix("/")
                found.setdefault(layer, {})[last] = hdf5.named_tensor(place, path, each)
    tables = [
        _table(place, path, names.get(path, ""), tensors, layers or ())
        for path, tensors in found.items()
        if "0" in tensors and len(tensors["0"].shape) == 2
    ]
    return tuple(sorted(tables, key=lambda table: table.path))


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""


def _table(
    place: FilePlace, path: str, name: str, tensors: Mapping[str, NamedTensor], layers: Sequence[LayerSettings]
) -> LayerTable:
    settings = _settings(path, name, layers)
    name = name or (settings.name if settings else "") or path.rpartition("/")[2]
    label = f"layer {name!r} of {place.shown!r}"
    roles = _roles(tensors, settings)
    stored = StoredLayer(label, roles, partial(read_values, place, roles), settings)
    is_embedding = _is_embedding(path, name, tensors, settings)
    may_be = not is_embedding and settings is None and len(tensors) == 1 and not _is_called_other(path, name)
    return LayerTable(name, path, stored.shape, stored.dtype, is_embedding, stored.vectors, settings, may_be)


def _is_called_other(path: str, name: str) -> bool:
    return any(CALLED_OTHER.search(each) for each in (name, path.rpartition("/")[2]))


def usual_path(path: str) -> str:
    """Return the place of a layer as later versions of Keras call it."""
    return path.replace(EARLY_LAYERS, "layers")


def _settings(path: str, name: str, layers: Sequence[LayerSettings]) -> LayerSettings | None:
    """Return what is known of the layer at a place: by the place, and by the name where it is no other's."""
    usual = usual_path(path)
    at_place = [layer for layer in layers if layer.path == usual and (not name or layer.name == name)]
    so_called = [layer for layer in layers if name and layer.name == name]
    for found in (at_place, so_called):
        if len(found) == 1:
            return found[0]
    return None


def _is_embedding(path: str, name: str, tensors: Mapping[str, NamedTensor], settings: LayerSettings | None) -> bool:
    if settings is not None:
        return "embedding" in settings.class_name.lower()
    is_called_so = any(CALLED_EMBEDDING.search(each) for each in (name, path.rpartition("/")[2]))
    others = [tensor for key, tensor in tensors.items() if key != "0"]
    has_bias = len(others) == 1 and len(others[0].shape) == 1 and others[0].shape[0] == tensors["0"].shape[1]
    return is_called_so and (not has_bias or tensors["0"].dtype == "int8")


def _roles(tensors: Mapping[str, NamedTensor], settings: LayerSettings | None) -> dict[str, NamedTensor]:
    """Return the variables by their names, which the file does not hold: their order depends on the quantisation."""
    names = ["embeddings"]
    mode = quantization_mode(settings)
    if tensors["0"].dtype == "int8" and "1" in tensors and (mode is None or mode in {"int8", "int4"}):
        names.append("embeddings_scale")
        if len(tensors["1"].shape) == 2:
            names += ["embeddings_zero", "g_idx"]
    return {name: tensors[str(number)] for number, name in enumerate(names) if str(number) in tensors}


def read_values(place: FilePlace, tensors: Mapping[str, NamedTensor], name: str) -> npt.NDArray[np.generic]:
    """Return all numbers of one of a layer's variables."""
    with hdf5.opened(place) as file:
        dataset: Any = file[tensors[name].name]
        if tensors[name].shape != dataset.shape:
            raise CorruptFileError(f"{place.shown!r} changed while it was read: start again")
        return hdf5.values_of(place, dataset, most=MAX_VALUES)
