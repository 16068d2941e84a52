"""What every place where a model's files can lie has to offer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from projector_export.provenance import JSONValue

__all__ = ["Storage"]


class Storage(Protocol):
    """A folder, a single file, or a repository on the Hub at one commit. File names are relative, with ``/``."""

    @property
    def name(self) -> str:
        """How the user knows the place: a path, or a repository's id."""

    @property
    def weight_file(self) -> str | None:
        """The one file that the user asked for, or ``None`` if any of the place's files may hold the tensors."""

    @property
    def is_local(self) -> bool:
        """Whether all files lie on this machine already."""

    def describe(self) -> Mapping[str, JSONValue]:
        """Return what is needed to find the same files again, for the provenance."""

    def files(self) -> tuple[str, ...]:
        """Return the names of all files that lie here, sorted."""

    def small_file(self, name: str) -> Path | None:
        """Return where a whole file lies on this machine, fetched if need be; ``None`` if the model has none."""

    def head(self, name: str) -> tuple[bytes, int]:
        """Return a safetensors file's first bytes, to the end of its header, and the size of the whole file."""

    def bytes_on_disk(self, name: str, begin: int, end: int) -> tuple[Path, int]:
        """Return a file on this machine and the offset in it where bytes ``begin`` to ``end`` of ``name`` lie."""

    def whole_file(self, name: str) -> Path:
        """Return where a large file lies as a whole on this machine; refused where it would have to be fetched."""
