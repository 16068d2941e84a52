"""The embedding layers that a file or a live model has, and which one is meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError
from projector_export.sources.keras.configuration import LayerSettings
from projector_export.vectors import Vectors

__all__ = ["LayerTable", "choose"]

MAX_LISTED = 12
FILE_HINT = "(--layer NAME, or reading=Reading(layer=NAME))"
ATTRIBUTE = "/.ATTRIBUTES/VARIABLE_VALUE"
POSITION = re.compile(r"(^|[/_.])(pos|position|positions|positional|segment|token_type|type)([/_.]|$)", re.IGNORECASE)
"""In the name of a table of places in a text: it is of use to nobody who asks for a vocabulary."""


@dataclass(frozen=True)
class LayerTable:
    """A table that a layer looks rows up in.

    Parameters
    ----------
    name
        What the user called the layer.
    path
        Where it lies in the file.
    shape
        Rows and dimensions of the looked-up vectors.
    dtype
        How its values are stored.
    is_embedding
        Whether it is known, or called so, that it is an embedding; any other table has to be named.
    open
        Returns the vectors that the layer looks up.
    settings
        What the model's configuration says of it.
    may_be_embedding
        Whether nothing tells that it is no embedding: a lone table of a layer that is not described.
    """

    name: str
    path: str
    shape: tuple[int, ...]
    dtype: str
    is_embedding: bool
    open: Callable[[], Vectors] = field(repr=False)
    settings: LayerSettings | None = None
    may_be_embedding: bool = False

    @property
    def has_padding(self) -> bool:
        """Whether row 0 stands for padding."""
        return self.settings is not None and self.settings.settings.get("mask_zero") is True

    def is_called(self, wish: str) -> bool:
        """Tell whether a user's name means this layer: the end of its name or path is enough."""
        return any(
            f"/{place}".endswith(f"/{wish}") for place in (self.name, self.path, self.path.removesuffix(ATTRIBUTE))
        )


def choose(
    tables: Sequence[LayerTable], layer: str | None, shown: str, *, hint: str = FILE_HINT
) -> tuple[LayerTable, tuple[str, ...]]:
    """Return the table that is asked for.

    Parameters
    ----------
    tables
        All two-dimensional tables of the model.
    layer
        Name or path of the layer, if the user gave one.
    shown
        What errors call the model.
    hint
        How the user names a layer.

    Returns
    -------
    table : LayerTable
    notes : tuple of str
        What the user should know about the choice.

    Raises
    ------
    NotFoundError
        If there is no such layer, or no embedding layer at all.
    AmbiguousChoiceError
        If several fit.
    """
    embeddings = [table for table in tables if table.is_embedding]
    if layer is not None:
        return _named(tables, embeddings, layer, shown, hint), ()
    if not embeddings:
        raise NotFoundError(_nothing(tables, shown, hint))
    words = [table for table in embeddings if not POSITION.search(table.name)] or embeddings
    unclear = [table for table in tables if table.may_be_embedding and not POSITION.search(table.name)]
    is_certain = words[0].settings is not None
    if len(words) > 1 or (unclear and not is_certain):
        raise AmbiguousChoiceError(_several(words, unclear, shown, hint))
    others = [table for table in embeddings if table is not words[0]]
    notes = [f"left out, as tables of positions or types: {_listed(others)}"] if others else []
    if unclear:
        notes.append(f"left out, as nothing tells that they are embeddings: {_listed(unclear)} {hint}")
    return words[0], tuple(notes)


def _several(words: Sequence[LayerTable], unclear: Sequence[LayerTable], shown: str, hint: str) -> str:
    told = f"{shown!r} has {len(words)} embedding layer{'s' * (len(words) > 1)}: {_listed(words)}"
    if unclear:
        told = f"{told}, and {len(unclear)} other table{'s' * (len(unclear) > 1)} that may be: {_listed(unclear)}"
    return f"{told}; choose one by its name {hint}"


def _named(
    tables: Sequence[LayerTable], embeddings: Sequence[LayerTable], layer: str, shown: str, hint: str
) -> LayerTable:
    if not isinstance(layer, str):
        raise InvalidInputError(f"a layer is chosen by its name, not by {layer!r}")
    for exact in (lambda table: layer in {table.path, table.name}, lambda table: table.is_called(layer)):
        for pool in (embeddings, tables):
            found = [table for table in pool if exact(table)]
            if len(found) == 1:
                return found[0]
            if found:
                raise AmbiguousChoiceError(
                    f"{shown!r} has {len(found)} layers named {layer!r}: give the path of one, "
                    f"{_listed(found, paths=True)}"
                )
    if not tables:
        raise NotFoundError(_nothing(tables, shown, hint))
    raise NotFoundError(f"{shown!r} has no layer {layer!r} with a table; it has {_listed(embeddings or tables)}")


def _nothing(tables: Sequence[LayerTable], shown: str, hint: str) -> str:
    if not tables:
        return f"{shown!r} has no embedding layer, nor any other table of rows"
    return f"{shown!r} has no embedding layer; its tables are {_listed(tables)}: name one {hint}"


def _listed(tables: Sequence[LayerTable], *, paths: bool = False) -> str:
    names = [table.name for table in tables]
    paths = paths or len(set(names)) < len(names)
    first = [
        f"{(table.path if paths else table.name)!r} ({' x '.join(f'{length:,}' for length in table.shape)})"
        for table in tables[:MAX_LISTED]
    ]
    return ", ".join(first) + (f" and {len(tables) - MAX_LISTED} more" if len(tables) > MAX_LISTED else "")
