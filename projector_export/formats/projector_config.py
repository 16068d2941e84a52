"""``projector_config.pbtxt``: which tensors TensorBoard's projector offers, and where their files are.

Reader: ``tensorboard/plugins/projector/projector_plugin.py`` (``text_format.Parse`` into ``ProjectorConfig``; an unknown field
makes every route of the plugin fail). Schema: ``tensorboard/plugins/projector/projector_config.proto``. The message is
declared here from that schema, in a descriptor pool of its own, because TensorBoard's module takes long to import.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory, text_format

from projector_export.errors import CorruptFileError

__all__ = ["FILE_NAME", "EmbeddingInfo", "ProjectorConfig", "decode", "encode", "merge"]

FILE_NAME = "projector_config.pbtxt"
"""``metadata.PROJECTOR_FILENAME`` of the plugin."""

_FIELDS = {
    "SpriteMetadata": (("image_path", 1, "string", False), ("single_image_dim", 2, "uint32", True)),
    "EmbeddingInfo": (
        ("tensor_name", 1, "string", False),
        ("metadata_path", 2, "string", False),
        ("bookmarks_path", 3, "string", False),
        ("tensor_shape", 4, "uint32", True),
        ("sprite", 5, "SpriteMetadata", False),
        ("tensor_path", 6, "string", False),
    ),
    "ProjectorConfig": (
        ("model_checkpoint_path", 1, "string", False),
        ("embeddings", 2, "EmbeddingInfo", True),
        ("model_checkpoint_dir", 3, "string", False),
    ),
}


@dataclass(frozen=True)
class EmbeddingInfo:
    """One tensor of a config; paths are relative to the config's folder, with forward slashes.

    Parameters
    ----------
    tensor_name
        What the viewer calls it; a trailing ``:0`` is ignored.
    tensor_path, metadata_path, bookmarks_path, sprite_path
        Files, empty where there is none. Without ``tensor_path`` the tensor is looked up in the run's checkpoint.
    tensor_shape
        ``(n_rows, n_dims)``, empty where unknown.
    sprite_size
        ``(width, height)`` of one thumbnail in pixels.
    """

    tensor_name: str = ""
    tensor_path: str = ""
    tensor_shape: tuple[int, ...] = ()
    metadata_path: str = ""
    bookmarks_path: str = ""
    sprite_path: str = ""
    sprite_size: tuple[int, ...] = ()

    @property
    def canonical_name(self) -> str:
        """The name by which TensorBoard compares entries (``_canonical_tensor_name``)."""
        return self.tensor_name if ":" in self.tensor_name else f"{self.tensor_name}:0"


@dataclass(frozen=True)
class ProjectorConfig:
    """All tensors of one run."""

    embeddings: tuple[EmbeddingInfo, ...] = ()
    model_checkpoint_path: str = ""
    model_checkpoint_dir: str = ""


def encode(config: ProjectorConfig) -> str:
    """Return the text of ``projector_config.pbtxt``."""
    result = _message_class()()
    if config.model_checkpoint_path:
        result.model_checkpoint_path = config.model_checkpoint_path
    if config.model_checkpoint_dir:
        result.model_checkpoint_dir = config.model_checkpoint_dir
    for info in config.embeddings:
        entry = result.embeddings.add()
        for name in ("tensor_name", "tensor_path", "metadata_path", "bookmarks_path"):
            if getattr(info, name):
                setattr(entry, name, getattr(info, name))
        entry.tensor_shape.extend(info.tensor_shape)
        if info.sprite_path:
            entry.sprite.image_path = info.sprite_path
            entry.sprite.single_image_dim.extend(info.sprite_size)
    return str(text_format.MessageToString(result, as_utf8=True))


def decode(text: str, *, where: str = FILE_NAME) -> ProjectorConfig:
    """Read the text of ``projector_config.pbtxt`` as TensorBoard does.

    Raises
    ------
    CorruptFileError
        If TensorBoard could not read it either; the sentence gives line and column.
    """
    result = _message_class()()
    try:
        text_format.Parse(text, result)
    except (text_format.ParseError, message.DecodeError, UnicodeError) as error:
        raise CorruptFileError(
            f"{where} cannot be read by TensorBoard ({error}): mend that line, or delete the file"
        ) from error
    entries = tuple(
        EmbeddingInfo(
            tensor_name=entry.tensor_name,
            tensor_path=entry.tensor_path,
            tensor_shape=tuple(entry.tensor_shape),
            metadata_path=entry.metadata_path,
            bookmarks_path=entry.bookmarks_path,
            sprite_path=entry.sprite.image_path,
            sprite_size=tuple(entry.sprite.single_image_dim),
        )
        for entry in result.embeddings
    )
    return ProjectorConfig(entries, result.model_checkpoint_path, result.model_checkpoint_dir)


def merge(config: ProjectorConfig, new: Sequence[EmbeddingInfo]) -> ProjectorConfig:
    """Return a config in which the new tensors replace those of the same name; all others stay, in their order."""
    names = {info.canonical_name for info in new}
    kept = tuple(info for info in config.embeddings if info.canonical_name not in names)
    return ProjectorConfig((*kept, *new), config.model_checkpoint_path, config.model_checkpoint_dir)


@cache
def _message_class() -> type:
    kinds = descriptor_pb2.FieldDescriptorProto
    package = "projector_export_schema"
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    for name, fields in _FIELDS.items():
        declared = file.message_type.add(name=name)
        for field, number, kind, repeated in fields:
            entry = declared.field.add(name=field, number=number)
            entry.label = kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL
            if kind in _FIELDS:
                entry.type = kinds.TYPE_MESSAGE
                entry.type_name = f".{package}.{kind}"
            else:
                entry.type = kinds.TYPE_STRING if kind == "string" else kinds.TYPE_UINT32
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found: type = message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.ProjectorConfig"))
    return found
