"""What a target tells about an export it has written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from projector_export.errors import InvalidInputError
from projector_export.formats.viewer_limits import URL_BREAKERS
from projector_export.provenance import JSONValue
from projector_export.table import EmbeddingTable

__all__ = ["Written", "checked_names", "notes_of", "unsafe_in_request", "usual_name"]


WIDER_THAN_FLOAT32 = frozenset({"float64", "int32", "int64", "uint32", "uint64", "f64", "i32", "i64", "u32", "u64"})
"""Types, as arrays and safetensors files name them, whose values float32 may not hold exactly."""


@dataclass(frozen=True)
class Written:
    """One tensor of an export.

    Parameters
    ----------
    target
        ``"tensorboard"``, ``"standalone"`` or ``"plot"``.
    folder
        Where its files are; of a picture the file itself.
    name
        What the viewer calls it.
    shape
        ``(n_rows, n_dims)`` of all rows.
    viewer_shape
        ``(n_rows, n_dims)`` that the viewer shows.
    n_bytes
        Bytes on disk.
    notes
        Sentences that the user should read.
    replaced
        Whether an older tensor of that name was replaced.
    """

    target: str
    folder: Path
    name: str
    shape: tuple[int, int]
    viewer_shape: tuple[int, int]
    n_bytes: int
    notes: tuple[str, ...] = ()
    replaced: bool = False

    def as_json(self) -> dict[str, JSONValue]:
        """Return the record as a JSON object."""
        return {
            "target": self.target,
            "folder": str(self.folder),
            "name": self.name,
            "shape": list(self.shape),
            "viewer_shape": list(self.viewer_shape),
            "bytes": self.n_bytes,
            "notes": list(self.notes),
            "replaced": self.replaced,
        }


def notes_of(table: EmbeddingTable, viewer: EmbeddingTable) -> tuple[str, ...]:
    """Return what the user should read about a table that was written."""
    notes = viewer.provenance.notes
    if table.vectors.dtype.lower() in WIDER_THAN_FLOAT32:
        notes += (f"the {table.vectors.dtype} values are written as float32, the viewer's type: seven digits of each",)
    return notes


def unsafe_in_request(name: str) -> bool:
    """Tell whether the viewer might not be able to ask for a run or tensor of that name."""
    return any(character in URL_BREAKERS or not character.isprintable() for character in name)


def usual_name(name: str) -> str:
    """Return a name that the viewer can ask for, made from any text."""
    text = "".join("-" if unsafe_in_request(char) else char for char in name).strip()
    while text.endswith(":0"):
        text = text[:-2].strip()
    return text or "embeddings"


def checked_names(tables: Sequence[EmbeddingTable]) -> list[str]:
    """Return the tables' names, if the viewer can ask for tensors of these names.

    Raises
    ------
    InvalidInputError
        If it cannot, there is no table, or two share a name.
    """
    if not tables:
        raise InvalidInputError("there is no table to write: give at least one")
    names = [table.name for table in tables]
    for name in names:
        if name != usual_name(name):
            raise InvalidInputError(
                f"the viewer cannot ask for a tensor named {name!r} (no {' '.join(URL_BREAKERS)}, no invisible characters, no "
                f"space at either end, no ':0' at the end): name it {usual_name(name)!r}"
            )
    if len(set(names)) < len(names):
        raise InvalidInputError(f"two tensors written together cannot share a name: {', '.join(names)}")
    return names
