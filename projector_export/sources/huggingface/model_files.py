"""A model's files, wherever they lie, and the tensors in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike, fspath
from pathlib import Path

from projector_export.errors import InvalidInputError, NotFoundError
from projector_export.provenance import JSONValue
from projector_export.sources.huggingface.find_weights import find_weights
from projector_export.sources.huggingface.folder import open_local
from projector_export.sources.huggingface.hub import open_hub
from projector_export.sources.huggingface.mlx_table import is_mlx_table, open_mlx_table
from projector_export.sources.huggingface.ranges import Patience
from projector_export.sources.huggingface.scaled import check_packing, open_eight_bit_table
from projector_export.sources.huggingface.shard_index import read_json_object
from projector_export.sources.huggingface.storage import Storage
from projector_export.sources.huggingface.weights import TensorInfo, Weights
from projector_export.vectors import Progress, Vectors

__all__ = ["ModelFiles", "open_model", "require_found"]

_SOURCES = (
    "give a model's folder, a .safetensors, .gguf, .keras or .h5 file, a SavedModel, a TensorFlow checkpoint, or a Hub id "
    "(OWNER/NAME)"
)
_FILE_ENDINGS = ("/", ".safetensors", ".bin", ".gguf", ".keras", ".h5", ".hdf5", ".index")
_EIGHT_BITS = frozenset({"F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "I8"})


def open_model(
    source: str | PathLike[str],
    *,
    revision: str | None = None,
    progress: Progress | None = None,
    patience: Patience | None = None,
) -> ModelFiles:
    """Open a model on this machine or on the Hub. Of a model on the Hub, only its list of files is fetched.

    Parameters
    ----------
    source
        A folder, a file of weights, or a Hub id (``NAME`` or ``OWNER/NAME``). A path that exists is never an id.
    revision
        Branch, tag or commit on the Hub; ``None`` for the main branch.
    progress
        Told, from any thread, how many bytes of a tensor are fetched and how many are wanted.
    patience
        How often and how long to try again.

    Raises
    ------
    NotFoundError
        If there is no such path, repository or revision.
    InvalidInputError
        If it is no model, or not given to this user, or a revision is asked of a path.
    TransferError
        If the Hub cannot be reached.
    """
    text = fspath(source)
    path = Path(text).expanduser()
    if not text or "\0" in text:
        raise InvalidInputError(f"{text!r} is neither a path nor a Hub id")
    if _exists(path):
        if revision is not None:
            raise InvalidInputError(
                f"{text!r} is on this machine and has no revision {revision!r}: leave --revision away"
            )
        _require_content(path)
        return ModelFiles(open_local(path))
    require_found(source)
    return ModelFiles(open_hub(text, revision, progress=progress, patience=patience))


def require_found(source: str | PathLike[str]) -> None:
    """Refuse a path that does not exist; what can be a Hub id passes.

    Raises
    ------
    NotFoundError
        If the source is a path, or is spelled as one and not as a Hub id, and nothing lies there.
    """
    text = fspath(source)
    if "\0" in text or _exists(Path(text).expanduser()):
        return
    if isinstance(source, PathLike) or _looks_like_path(text):
        raise NotFoundError(f"there is no file {text!r}: {_SOURCES}")


def _require_content(path: Path) -> None:
    try:
        is_empty = path.is_dir() and next(path.iterdir(), None) is None
    except OSError as error:
        raise InvalidInputError(f"{str(path)!r} cannot be listed: {error.strerror}") from error
    if is_empty:
        raise InvalidInputError(f"{str(path)!r} is no model that can be read, but an empty folder: {_SOURCES}")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name longer than the file system's, for one
        return False


def _looks_like_path(text: str) -> bool:
    return (
        text.startswith((".", "/", "~"))
        or text.lower().endswith(_FILE_ENDINGS)
        or "\\" in text
        or text.count("/") > 1
        or Path(text).is_absolute()
    )


@dataclass(frozen=True)
class ModelFiles:
    """A model's small files as paths and its tensors as lazy rows.

    Parameters
    ----------
    storage
        Where the files lie.
    """

    storage: Storage

    @property
    def name(self) -> str:
        """What the user calls the model."""
        return self.storage.name

    @property
    def describe(self) -> dict[str, JSONValue]:
        """What is needed to find the same files again: the kind, the path or the repository and its commit."""
        return dict(self.storage.describe())

    @property
    def is_local(self) -> bool:
        """Whether reading a tensor costs no transfer."""
        return self.weights.are_near()

    @cached_property
    def config(self) -> Mapping[str, object]:
        """The model's ``config.json``; empty if it has none.

        Raises
        ------
        CorruptFileError
            If it is no JSON object.
        """
        path = self.small_file("config.json")
        return {} if path is None else read_json_object(path)

    @cached_property
    def weights(self) -> Weights:
        """The tensors, as stored."""
        return find_weights(self.storage)

    @cached_property
    def tensor_names(self) -> tuple[str, ...]:
        """Names of all tensors; of a model in several files, its index alone is read for it."""
        return self.weights.names()

    @cached_property
    def _compared(self) -> dict[tuple[str, str], bool]:
        return {}

    def are_equal(self, left: str, right: str) -> bool:
        """Return whether two tensors of one shape and type hold the same bytes; they are read once only."""
        if (left, right) not in self._compared:
            self._compared[left, right] = self.weights.are_equal(left, right)
        return self._compared[left, right]

    def small_file(self, name: str) -> Path | None:
        """Return where a file such as ``tokenizer.json`` lies, fetched if need be; ``None`` if there is none."""
        return self.storage.small_file(name)

    def tensor(self, name: str) -> TensorInfo:
        """Return type and shape of one tensor.

        Raises
        ------
        NotFoundError
            If there is none of that name.
        """
        return self.weights.info(name)

    def tensors(self) -> tuple[TensorInfo, ...]:
        """Return all tensors; every file's header is read."""
        return tuple(self.weights.info(name) for name in self.tensor_names)

    def vectors(self, name: str) -> Vectors:
        """Return a two-dimensional tensor's values as lazy rows. Of a remote one, its own bytes are fetched.

        Raises
        ------
        NotFoundError
            If there is none of that name.
        InvalidInputError
            If it is not two-dimensional, or packed in a way that is not undone.
        TransferError, WriteError
            If the fetching fails.
        """
        info = self.weights.info(name)
        if len(info.shape) != 2 or 0 in info.shape:
            raise InvalidInputError(
                f"tensor {name!r} of {self.name!r} has the shape {list(info.shape)} and is no table of rows and dimensions"
            )
        present = frozenset(self.tensor_names)
        if is_mlx_table(info, present):
            return open_mlx_table(self.weights, info, present, self.config)
        check_packing(name, self.name, present)
        if info.dtype in _EIGHT_BITS:
            return open_eight_bit_table(self.weights, info, present, block=_block_size(self.config))
        return self.weights.rows(name, (info.shape[0], info.shape[1]))


def _block_size(config: Mapping[str, object]) -> tuple[int, int] | None:
    quantization = config.get("quantization_config")
    size = quantization.get("weight_block_size") if isinstance(quantization, Mapping) else None
    if isinstance(size, list) and len(size) == 2 and all(type(extent) is int and extent > 0 for extent in size):
        return size[0], size[1]
    return None
