"""The files of a model: one, or several that belong together."""

from __future__ import annotations

import mmap
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from projector_export.errors import CorruptFileError, NotFoundError, excerpt
from projector_export.formats import gguf_header
from projector_export.formats.gguf_header import Header, StoredTensor

__all__ = ["Model", "Part", "open_model"]

_PART = re.compile(r"(?P<name>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf")
_N_NAMED = 5


@dataclass(frozen=True)
class Part:
    """A file and its header.

    Parameters
    ----------
    path
        The file.
    header
        What stands before its tensors.
    size
        Its bytes.
    """

    path: Path
    header: Header
    size: int


@dataclass(frozen=True)
class Model:
    """A model whose files lie in one folder (llama.cpp ``llama_split_path``).

    Parameters
    ----------
    given
        The file that was named.
    """

    given: Part

    @property
    def name(self) -> str:
        """Name of the model's file, without the number of its part."""
        found = _PART.fullmatch(self.given.path.name)
        return found["name"] if found else self.given.path.name

    @cached_property
    def others(self) -> tuple[Path, ...]:
        """The model's other files, whether they are there or not."""
        found = _PART.fullmatch(self.given.path.name)
        if found is None:
            return ()
        names = (
            f"{found['name']}-{number:05}-of-{found['count']}.gguf" for number in range(1, int(found["count"]) + 1)
        )
        return tuple(self.given.path.with_name(name) for name in names if name != self.given.path.name)

    @cached_property
    def first(self) -> Part:
        """The part that tells about the model: the first one, if it is there."""
        if "tokenizer.ggml.tokens" not in self.given.header.metadata and self.others and self.others[0].is_file():
            return _opened(self.others[0])
        return self.given

    def tensor(self, name: str) -> tuple[Part, StoredTensor]:
        """Return a tensor and the part in which it lies.

        Raises
        ------
        NotFoundError
            If it is in none of the parts that are there.
        """
        if found := _find(self.given, name):
            return self.given, found
        for path in self.others:
            if path.is_file() and (found := _find(part := _opened(path), name)):
                return part, found
        raise NotFoundError(self._without(name))

    def _without(self, name: str) -> str:
        missing = [path.name for path in self.others if not path.is_file()]
        sentence = f"{str(self.given.path)!r} has no tensor {name!r}"
        if missing:
            return (
                f"{sentence}, and {len(missing)} of its other parts are not beside it ({missing[0]!r}): fetch them too"
            )
        tables = [tensor.name for tensor in self.given.header.tensors if len(tensor.shape) == 2]
        named = ", ".join(repr(excerpt(table)) for table in tables[:_N_NAMED]) + (
            ", …" if len(tables) > _N_NAMED else ""
        )
        return f"{sentence}; " + (f"it has {named}" if tables else "it has no table at all")


def open_model(path: Path) -> Model:
    """Open a model by one of its files.

    Raises
    ------
    NotFoundError
        If there is no such file.
    CorruptFileError
        If it is no GGUF file, or damaged.
    """
    if not path.is_file():
        raise NotFoundError(f"{str(path)!r} is {'a folder, not a file' if path.is_dir() else 'no file'}")
    return Model(_opened(path))


def _opened(path: Path) -> Part:
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return Part(path, gguf_header.decode(mapped), len(mapped))
    except CorruptFileError as error:
        raise CorruptFileError(f"{str(path)!r} cannot be read: {error}") from error
    except (OSError, ValueError) as error:
        raise CorruptFileError(f"{str(path)!r} cannot be read: {error}") from error


def _find(part: Part, name: str) -> StoredTensor | None:
    return next((tensor for tensor in part.header.tensors if tensor.name == name), None)
