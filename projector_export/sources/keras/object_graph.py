"""The graph of objects in a TensorFlow 2 checkpoint: which variable belongs to which layer.

Source: ``tensorflow/core/protobuf/trackable_object_graph.proto``. The key of a variable is only the shortest way to it, which
may lead through an optimizer; its full name and the names under which objects refer to it tell what it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from projector_export.formats.protobuf_wire import Message, decode_message, signed

__all__ = ["GraphVariable", "decode_graph"]

VARIABLE = "VARIABLE_VALUE"
OPTIMIZER_MARKS = frozenset({"_iterations", "iterations", "_learning_rate", "iter"})


@dataclass(frozen=True)
class GraphVariable:
    """A variable in the graph.

    Parameters
    ----------
    key
        Its name in the checkpoint.
    full_name
        What TensorFlow calls it: ``sequential/embedding/embeddings``.
    local_names
        What the objects that have it call it.
    is_slot
        Whether only an optimizer has it.
    """

    key: str
    full_name: str
    local_names: frozenset[str]
    is_slot: bool


def decode_graph(data: bytes) -> tuple[GraphVariable, ...]:
    """Return the variables of an object graph.

    Raises
    ------
    CorruptFileError
        If it cannot be decoded.
    """
    nodes = [decode_message(chunk) for chunk in decode_message(data).chunks(1)]
    children = [_children(node) for node in nodes]
    optimizers = {number for number, each in enumerate(children) if OPTIMIZER_MARKS & set(each)}
    theirs = optimizers | {child for number in optimizers for child in children[number].values()}
    slots = {signed(decode_message(chunk).integer(3)) for node in nodes for chunk in node.chunks(3)}
    referring: dict[int, list[tuple[int, str]]] = {}
    for number, each in enumerate(children):
        for name, child in each.items():
            referring.setdefault(child, []).append((number, name))
    found: list[GraphVariable] = []
    for number, node in enumerate(nodes):
        references = referring.get(number, [])
        is_slot = number in slots or (bool(references) and all(parent in theirs for parent, _ in references))
        names = frozenset(name for _, name in references)
        found += [
            GraphVariable(_text(attribute, 3), _text(attribute, 2), names, is_slot)
            for attribute in map(decode_message, node.chunks(2))
            if _text(attribute, 1) == VARIABLE
        ]
    return tuple(found)


def _children(node: Message) -> dict[str, int]:
    return {_text(child, 2): signed(child.integer(1)) for child in map(decode_message, node.chunks(1))}


def _text(message: Message, number: int) -> str:
    return b"".join(message.chunks(number)[-1:]).decode("utf-8", "replace")
