"""Vocabularies that a SavedModel keeps as constants of its graph: the texts of a lookup table and their numbers.

Source: ``tensorflow/core/protobuf/saved_model.proto``, ``meta_graph.proto``, ``framework/graph.proto``, ``function.proto``,
``node_def.proto``, ``attr_value.proto``, ``tensor.proto``. Keras fills the table of a ``StringLookup`` or ``TextVectorization``
from two constants, which :func:`table_entries` finds by their sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from projector_export.errors import CorruptFileError
from projector_export.formats.protobuf_wire import Message, decode_message, decode_varint, signed

__all__ = ["graph_vocabularies", "table_entries"]

MAX_GRAPH_BYTES = 2**28
STRING, INT64 = 7, 9
SAVING = (b"SaveV2/", b"RestoreV2/", b"save/")
MOST_UNKNOWN = 64
"""Rows in front of a vocabulary that are in no table: for masked and for unknown inputs."""


def graph_vocabularies(path: Path) -> tuple[dict[int, str], ...]:
    """Return each lookup table of a graph: row number -> text.

    Parameters
    ----------
    path
        A ``saved_model.pb``.

    Raises
    ------
    CorruptFileError
        If it is damaged.
    """
    if not path.is_file() or path.stat().st_size > MAX_GRAPH_BYTES:
        return ()
    texts: list[list[bytes]] = []
    numbers: list[list[int]] = []
    try:
        for tensor in _constants(decode_message(path.read_bytes())):
            kind = tensor.integer(1)
            if kind == STRING and len(tensor.chunks(8)) > 1:
                texts.append(tensor.chunks(8))
            elif kind == INT64:
                numbers.append(_integers(tensor))
    except CorruptFileError as error:
        raise CorruptFileError(f"{str(path)!r} is damaged: {error}") from error
    found = (table_entries(each, numbers) for each in texts)
    return tuple(entries for entries in found if entries)


def _constants(model: Message) -> Iterator[Message]:
    """Walk through the values of all constants, those in functions too."""
    for meta_graph in map(decode_message, model.chunks(2)):
        for graph in map(decode_message, meta_graph.chunks(2)):
            nodes = graph.chunks(1)
            for library in map(decode_message, graph.chunks(2)):
                for function in map(decode_message, library.chunks(1)):
                    nodes += function.chunks(3)
            for node in map(decode_message, nodes):
                if b"".join(node.chunks(2)) == b"Const" and not b"".join(node.chunks(1)).startswith(SAVING):
                    yield from _values(node)


def _values(node: Message) -> Iterator[Message]:
    for attribute in map(decode_message, node.chunks(5)):
        if b"".join(attribute.chunks(1)) == b"value":
            for value in map(decode_message, attribute.chunks(2)):
                yield from map(decode_message, value.chunks(8))


def _integers(tensor: Message) -> list[int]:
    content = b"".join(tensor.chunks(4))
    if content:
        return [int(value) for value in np.frombuffer(content[: len(content) // 8 * 8], dtype="<i8")]
    found: list[int] = []
    for number, _, value in tensor.fields:
        if number == 10 and isinstance(value, int):
            found.append(signed(value))
        elif number == 10 and isinstance(value, bytes):
            position = 0
            while position < len(value):
                one, position = decode_varint(value, position)
                found.append(signed(one))
    return found


def table_entries(texts: Sequence[bytes], numbers: Sequence[Sequence[int]]) -> dict[int, str] | None:
    """Return the row of each text, None unless one list of numbers can be the rows: as many, without gaps, from a small on."""
    wanted = len(texts)
    if len(set(texts)) < wanted:
        return None
    for each in numbers:
        first = min(each, default=-1)
        if len(each) == wanted and 0 <= first <= MOST_UNKNOWN and sorted(each) == list(range(first, first + wanted)):
            return {number: text.decode("utf-8", "replace") for number, text in zip(each, texts, strict=True)}
    return None
