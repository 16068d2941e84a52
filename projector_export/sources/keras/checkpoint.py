"""The tables of a TensorFlow checkpoint or SavedModel, by the names of its variables.

Sources: TensorFlow 2 writes an object graph beside the variables (:mod:`.object_graph`); TensorFlow 1 only their names, an
optimizer's as ``<variable>/Adam``, ``<variable>/Momentum``. ``keras_metadata.pb`` of a SavedModel:
``tf_keras/protobuf/saved_metadata.proto``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError, InvalidInputError
from projector_export.formats.protobuf_wire import decode_message
from projector_export.formats.tensor_bundle import TensorEntry
from projector_export.sources.keras.configuration import LayerSettings, decode_json, layers_of
from projector_export.sources.keras.graph_tables import KEYS, stored_table
from projector_export.sources.keras.layer_table import LayerTable
from projector_export.sources.keras.lookups import Lookup, lookup_of, lookup_of_numbers
from projector_export.sources.keras.object_graph import GraphVariable, decode_graph
from projector_export.sources.keras.stored_layer import StoredLayer
from projector_export.sources.keras.weights_file import CALLED_EMBEDDING
from projector_export.tensor_files.named_tensor import NamedTensor
from projector_export.tensor_files.tensor_bundle import Bundle

__all__ = ["asset_lookups", "described_layers", "read"]

GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
ATTRIBUTE = "/.ATTRIBUTES/VARIABLE_VALUE"
SLOT = ".OPTIMIZER_SLOT"
TABLE_NAMES = frozenset({"embeddings", "_embeddings"})
PART = re.compile(r"lora_embeddings_[ab]|embeddings_(scale|zero)|reverse_embeddings\w*")
SHADOWS = re.compile(r"(^|/)(ExponentialMovingAverage|adam_[mv]|optimizer|opt|Adam)(/|$)")
METADATA = "keras_metadata.pb"
MAX_ASSET_BYTES = 2**28
ROOT = b"root"


def read(
    bundle: Bundle, shown: str, layers: Sequence[LayerSettings] = ()
) -> tuple[tuple[LayerTable, ...], tuple[Lookup, ...]]:
    """Return the tables of a checkpoint, without those of optimizers, and the vocabularies in its lookup tables.

    Parameters
    ----------
    bundle
        The checkpoint.
    shown
        What errors call it.
    layers
        What is known of the layers.

    Raises
    ------
    ProjectorExportError
        If its object graph is damaged.
    """
    graph = bundle.strings(GRAPH)
    try:
        variables = {variable.key: variable for variable in decode_graph(graph[0])} if graph else {}
    except CorruptFileError as error:
        raise CorruptFileError(f"the object graph of {shown!r} is damaged: {error}") from error
    entries = {entry.name: entry for entry in bundle.entries}
    tensors = {tensor.name: tensor for tensor in bundle.tensors()}
    tables = [
        _table(tensor, variables, tensors, shown, layers)
        for tensor in tensors.values()
        if len(tensor.shape) == 2 and not _is_slot(tensor, variables.get(tensor.name), entries)
    ]
    return tuple(_distinct(tables, entries)), _table_lookups(bundle)


def _is_slot(tensor: NamedTensor, variable: GraphVariable | None, entries: dict[str, TensorEntry]) -> bool:
    """Tell whether a variable is an optimizer's, or a moving average: a shadow of another one."""
    if SLOT in tensor.name or (variable is not None and variable.is_slot):
        return True
    if PART.fullmatch(_full_name(tensor.name, variable).rpartition("/")[2]):
        return True
    if variable is not None:
        return False
    owner = tensor.name.rpartition("/")[0]
    return (owner in entries and entries[owner].shape == tensor.shape) or bool(SHADOWS.search(tensor.name))


def _table(
    tensor: NamedTensor,
    variables: Mapping[str, GraphVariable],
    tensors: Mapping[str, NamedTensor],
    shown: str,
    layers: Sequence[LayerSettings],
) -> LayerTable:
    variable = variables.get(tensor.name)
    full_name = _full_name(tensor.name, variable)
    owner, _, last = full_name.rpartition("/")
    is_table = last in TABLE_NAMES or bool(variable and variable.local_names & TABLE_NAMES)
    name = (owner or full_name) if is_table else full_name
    settings = next((layer for layer in layers if layer.name == name.rpartition("/")[2]), None)
    roles = {"embeddings": tensor}
    for other in tensors.values():
        other_owner, _, other_last = _full_name(other.name, variables.get(other.name)).rpartition("/")
        if other_owner == owner and PART.fullmatch(other_last):
            roles[other_last] = other
    stored = StoredLayer(f"layer {name!r} of {shown!r}", roles, partial(_refuse_values, shown), settings)
    is_embedding = is_table or (bool(CALLED_EMBEDDING.search(full_name)) and "kernel" not in last)
    return LayerTable(name, tensor.name, stored.shape, stored.dtype, is_embedding, stored.vectors, settings)


def _full_name(key: str, variable: GraphVariable | None) -> str:
    path = key.removesuffix(ATTRIBUTE)
    return (variable.full_name.partition(":")[0] if variable else "") or path


def _refuse_values(shown: str, name: str) -> npt.NDArray[np.generic]:
    raise InvalidInputError(f"{name} of {shown!r} is not read from a checkpoint: save the whole model as .keras")


def _distinct(tables: Sequence[LayerTable], entries: Mapping[str, TensorEntry]) -> list[LayerTable]:
    """Return tables without those that are there again under another key, as in Keras 3's ``Model.export``."""
    kept: dict[tuple[object, ...], LayerTable] = {}
    for table in sorted(tables, key=lambda table: ("_all_variables" in table.path, table.path)):
        entry = entries[table.path]
        kept.setdefault((table.name, table.shape, entry.crc32c, tuple(part.crc32c for part in entry.slices)), table)
    return sorted(kept.values(), key=lambda table: table.path)


def _table_lookups(bundle: Bundle) -> tuple[Lookup, ...]:
    """Return the vocabularies in tables of keys and their numbers (``tf.lookup.experimental.MutableHashTable``)."""
    found = []
    for entry in bundle.entries:
        path = entry.name.removesuffix(KEYS)
        if path == entry.name or "token_counts" in path:
            continue
        rows = {
            row: str(key, "utf-8", "replace") if isinstance(key, bytes) else str(key)
            for key, row in stored_table(bundle, entry.name).items()
        }
        if rows and 0 <= min(rows) <= 2 and max(rows) < 2 * len(rows) + 1000:
            found.append(lookup_of_numbers(path, rows))
    return tuple(found)


def described_layers(folder: Path) -> tuple[LayerSettings, ...]:
    """Return the layers of a SavedModel as ``keras_metadata.pb`` describes them; none where it is missing.

    Raises
    ------
    CorruptFileError
        If that file is damaged.
    """
    path = folder / METADATA
    if not path.is_file() or path.stat().st_size > MAX_ASSET_BYTES:
        return ()
    for node in map(decode_message, decode_message(path.read_bytes()).chunks(1)):
        if b"".join(node.chunks(3)) == ROOT:
            return layers_of(decode_json(b"".join(node.chunks(5)), str(path)))
    return ()


def asset_lookups(folder: Path) -> tuple[Lookup, ...]:
    """Return the text files of a SavedModel's folder ``assets`` as vocabularies: one entry a line."""
    found = []
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        if not path.is_file() or path.stat().st_size > MAX_ASSET_BYTES:
            continue
        try:
            lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        except UnicodeDecodeError:
            continue  # no text: a SentencePiece model, a picture
        found.append(lookup_of(path.name, f"assets/{path.name}", lines, {}, ""))
    return tuple(found)
