"""What a target tells about an export it has written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue
from projector_export.table import EmbeddingTable

__all__ = ["Written", "checked_name", "usual_name"]

URL_BREAKERS = "&#+%"
"""The viewer builds its requests without encoding (``data-provider-server.ts``): names with these fail."""


@dataclass(frozen=True)
class Written:
    """One tensor of an export.

    Parameters
    ----------
    target
        ``"tensorboard"`` or ``"standalone"``.
    folder
        Where its files are.
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


def usual_name(name: str) -> str:
    """Return a name that the viewer can ask for, made from any text."""
    text = "".join("-" if char in URL_BREAKERS or not char.isprintable() else char for char in name).strip()
    while text.endswith(":0"):
        text = text[:-2]
    return text or "embeddings"


def checked_name(table: EmbeddingTable) -> str:
    """Return the table's name, if the viewer can ask for a tensor of that name.

    Raises
    ------
    InvalidInputError
        If it cannot.
    """
    if table.name != usual_name(table.name):
        raise InvalidInputError(
            f"the viewer cannot ask for a tensor named {table.name!r} (no {' '.join(URL_BREAKERS)}, no ':0' at the end): "
            f"name it {usual_name(table.name)!r}"
        )
    return table.name
