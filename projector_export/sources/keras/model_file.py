"""The kinds of files that Keras and TensorFlow write, told apart by content, and what is found in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

from projector_export.errors import CorruptFileError, InvalidInputError, NotFoundError
from projector_export.sources.keras import checkpoint, legacy_weights, package, weights_file
from projector_export.sources.keras.configuration import LayerSettings, decode_json, layers_of
from projector_export.sources.keras.graph_feeds import GRAPH, feeds_of
from projector_export.sources.keras.layer_table import LayerTable
from projector_export.sources.keras.lookups import ASSET, Lookup, Unclear, lookups_of
from projector_export.sources.keras.weights_file import usual_path
from projector_export.tensor_files import hdf5
from projector_export.tensor_files.checkpoint_path import find_prefix
from projector_export.tensor_files.file_window import FilePlace
from projector_export.tensor_files.tensor_bundle import open_bundle

__all__ = ["Kind", "SavedModel", "kind_of", "open_saved_model"]

Kind: TypeAlias = Literal["keras", "hdf5", "saved_model", "checkpoint"]

ENDINGS: Mapping[str, Kind] = MappingProxyType({".keras": "keras", ".h5": "hdf5", ".hdf5": "hdf5"})
HUGGING_FACE_WEIGHTS = ("*.safetensors", "pytorch_model*.bin", "model.safetensors.index.json")
ASSETS = "assets/"
MAX_USER_BLOCK = 2**20


@dataclass(frozen=True)
class SavedModel:
    """What a file holds.

    Parameters
    ----------
    kind
        What kind of file it is, for people.
    tables
        Its tables.
    layers
        Its layers, as far as they are written down.
    lookups
        Its vocabularies.
    feeds
        By the path of a table: the vocabulary that is known to name its rows, or why it is not known.
    """

    kind: str
    tables: tuple[LayerTable, ...]
    layers: tuple[LayerSettings, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    feeds: Mapping[str, Lookup | Unclear] = field(default_factory=dict)


def kind_of(path: Path) -> Kind | None:
    """Return what kind of Keras or TensorFlow file lies at a path, None if it is none.

    The content decides. A file that is only named like one is said to be one, so that it can be told what is wrong with it.
    """
    if path.is_dir():
        return _kind_of_folder(path)
    kind = _kind_of_content(path) if path.is_file() else None
    if kind is not None:
        return kind
    if find_prefix(path) is not None:
        return "checkpoint"
    return ENDINGS.get(path.suffix.lower()) if path.is_file() else None


def _kind_of_content(path: Path) -> Kind | None:
    if package.is_archive(path):
        return "keras"
    if _is_hdf5(path):
        return "hdf5"
    return "saved_model" if path.name == GRAPH else None


def _kind_of_folder(path: Path) -> Kind | None:
    if (path / GRAPH).is_file() or (path / "saved_model.pbtxt").is_file():
        return "saved_model"
    if any(any(path.glob(pattern)) for pattern in HUGGING_FACE_WEIGHTS):
        return None
    if (path / package.CONFIG).is_file() and (path / package.WEIGHTS).is_file():
        return "keras"
    return "checkpoint" if find_prefix(path) is not None else None


def _is_hdf5(path: Path) -> bool:
    """Look for the signature at 0, 512, 1,024, 2,048..., as the format's specification (section II.A) says."""
    try:
        with open(path, "rb") as file:
            place = 0
            while place <= MAX_USER_BLOCK:
                file.seek(place)
                if file.read(len(hdf5.SIGNATURE)) == hdf5.SIGNATURE:
                    return True
                place = 2 * place or 512
    except OSError:
        return False
    return False


def open_saved_model(path: Path) -> SavedModel:
    """Look at the tables, layers and vocabularies of a file.

    Raises
    ------
    ProjectorExportError
        If it is no file of Keras or TensorFlow, is damaged, or refers to other files.
    """
    kind = kind_of(path)
    if kind == "keras":
        return _keras_package(path)
    if kind == "hdf5":
        return _hdf5_file(path)
    if kind == "saved_model":
        return _saved_model(path.parent if path.is_file() else path)
    if kind == "checkpoint":
        prefix = find_prefix(path)
        if prefix is not None:
            tables, lookups = checkpoint.read(open_bundle(prefix), str(path))
            return SavedModel("TensorFlow checkpoint", tables, (), lookups, _supposed(tables, lookups))
    if not path.exists():
        raise NotFoundError(f"there is no file {str(path)!r}")
    raise InvalidInputError(
        f"{str(path)!r} is no file of Keras or TensorFlow: give a .keras or .h5 file, a SavedModel folder or a checkpoint"
    )


def _keras_package(path: Path) -> SavedModel:
    files = package.open_package(path)
    layers = layers_of(decode_json(files.read(package.CONFIG), files.shown))
    tables = weights_file.tables_of(files.place(package.WEIGHTS), layers)
    names = [name for name in files.names if name.startswith(ASSETS) and name.rpartition("/")[2] == ASSET]
    assets = {usual_path(name.removeprefix(ASSETS).rpartition("/")[0]): files.read(name) for name in names}
    return SavedModel("Keras model", tables, layers, lookups_of(layers, assets, files.shown))


def _hdf5_file(path: Path) -> SavedModel:
    place = FilePlace(path)
    with hdf5.opened(place) as file:
        is_legacy, is_current = legacy_weights.is_legacy_file(file), weights_file.is_weights_file(file)
    if not is_legacy and is_current:
        return SavedModel("Keras weights", weights_file.tables_of(place, None))
    configuration = legacy_weights.configuration_of(place)
    layers = () if configuration is None else layers_of(configuration)
    tables = legacy_weights.tables_of(place, layers)
    kind = "Keras HDF5 model" if layers else "Keras HDF5 weights" if is_legacy else "HDF5 file"
    return SavedModel(kind, tables, layers, lookups_of(layers, {}, str(path)))


def _saved_model(path: Path) -> SavedModel:
    prefix = find_prefix(path / "variables")
    if prefix is None:
        raise CorruptFileError(f"{str(path)!r} is a SavedModel without variables: it has no variables/variables.index")
    layers = checkpoint.described_layers(path)
    bundle = open_bundle(prefix)
    tables, lookups = checkpoint.read(bundle, str(path), layers)
    feeds, has_lookups = feeds_of(path / GRAPH, bundle)
    if has_lookups:
        unclear = Unclear("its graph does not tell which vocabulary feeds this layer")
        known = lookups_of(layers, {}, str(path))
        return SavedModel("SavedModel", tables, layers, known, {**{table.path: unclear for table in tables}, **feeds})
    lookups = (*lookups, *checkpoint.asset_lookups(path / "assets"))
    return SavedModel("SavedModel", tables, layers, lookups, _supposed(tables, lookups))


def _supposed(tables: Sequence[LayerTable], lookups: Sequence[Lookup]) -> dict[str, Lookup | Unclear]:
    """Return why nothing is supposed of tables and vocabularies that nothing connects, unless there is one of each."""
    embeddings = [table for table in tables if table.is_embedding]
    if not lookups or (len(embeddings) == 1 and len(lookups) == 1):
        return {}
    unclear = Unclear(
        f"there are {len(embeddings)} embedding layers and {len(lookups)} vocabularies, and nothing tells which belong together"
    )
    return dict.fromkeys((table.path for table in tables), unclear)
