"""The graph of a SavedModel: its nodes and functions, and where a value comes from, through all calls of functions.

Source: ``tensorflow/core/protobuf/saved_model.proto``, ``meta_graph.proto``, ``framework/graph.proto``, ``function.proto``,
``op_def.proto``, ``node_def.proto``, ``attr_value.proto``. The graph itself calls a function for each signature, with all
variables and tables that it uses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from projector_export.errors import CorruptFileError
from projector_export.formats.protobuf_wire import Message, decode_message

__all__ = ["Dataflow", "Found", "Node", "Place", "Scope", "decode_dataflow"]

CALLS = frozenset({"StatefulPartitionedCall", "PartitionedCall"})
SAME = frozenset({"Identity", "IdentityN", "StopGradient", "EnsureShape", "Snapshot"})
MAX_NODES = 2_000_000
MAX_DEPTH = 50
MAX_DIGITS = 10
MAX_STEPS = 100_000

Place: TypeAlias = tuple[tuple[str, ...], str]
"""Names of the calls that lead to a node, and its own."""


@dataclass(frozen=True, eq=False)
class Node:
    """A node of a graph.

    Parameters
    ----------
    name, op
        What it is called, and what it does.
    inputs
        Where its inputs come from, as the graph writes it.
    attributes
        Its attributes, not yet decoded.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, bytes] = field(repr=False)

    def attribute(self, name: str) -> Message:
        """Return an attribute, an empty one where it is not there."""
        return decode_message(self.attributes.get(name, b""))


@dataclass(frozen=True, eq=False)
class _Function:
    arguments: Mapping[str, int]
    nodes: Mapping[str, Node]
    returned: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Scope:
    """A call of a function, or the graph itself.

    Parameters
    ----------
    function
        What is called.
    caller
        Where it is called; None for the graph itself.
    call
        The node that calls it.
    """

    function: _Function
    caller: Scope | None = None
    call: Node | None = None

    @cached_property
    def path(self) -> tuple[str, ...]:
        """Names of the calls that lead here."""
        return () if self.caller is None or self.call is None else (*self.caller.path, self.call.name)


@dataclass(frozen=True, eq=False)
class Found:
    """A node in a call.

    Parameters
    ----------
    node
        The node.
    scope
        The call that it is in.
    """

    node: Node
    scope: Scope

    @property
    def place(self) -> Place:
        """What tells it from all others."""
        return self.scope.path, self.node.name


@dataclass(frozen=True, eq=False)
class Dataflow:
    """A graph and its functions.

    Parameters
    ----------
    graph
        The graph itself.
    functions
        By their names.
    assets
        Node that holds the path of a file -> the file's name in the folder ``assets``.
    """

    graph: _Function
    functions: Mapping[str, _Function]
    assets: Mapping[str, str]
    _without: set[tuple[str, Place]] = field(default_factory=set, repr=False)

    def has(self, op: str) -> bool:
        """Tell whether some function has a node that does this, called or not."""
        return any(node.op == op for each in (self.graph, *self.functions.values()) for node in each.nodes.values())

    def nodes(self) -> Iterator[Found]:
        """Walk through all nodes that the graph runs, those of called functions too.

        Raises
        ------
        CorruptFileError
            If functions call each other without end.
        """
        todo, n_nodes = [Scope(self.graph)], 0
        while todo:
            scope = todo.pop()
            n_nodes += 1 + len(scope.function.nodes)
            if n_nodes > MAX_NODES:
                raise CorruptFileError(
                    f"its functions call each other so often that it has more than {MAX_NODES:,} nodes"
                )
            for node in scope.function.nodes.values():
                yield Found(node, scope)
                called = self._called(node)
                if called is not None:
                    todo.append(_inside(called, scope, node))

    def _called(self, node: Node) -> _Function | None:
        if node.op not in CALLS:
            return None
        return self.functions.get(_text(decode_message(b"".join(node.attribute("f").chunks(10))), 1))

    def source(self, scope: Scope, reference: str) -> Found | None:
        """Return the node that makes a value, past calls and nodes that hand it on; None for an argument of nobody's call."""
        for _ in range(MAX_STEPS):
            name, _, output = reference.partition(":")
            number = output.rpartition(":")[2]
            index = int(number) if number.isascii() and number.isdecimal() and len(number) < MAX_DIGITS else 0
            node = scope.function.nodes.get(name)
            if node is None:
                place = scope.function.arguments.get(name)
                if place is None or scope.caller is None or scope.call is None or place >= len(scope.call.inputs):
                    return None
                reference, scope = scope.call.inputs[place], scope.caller
                continue
            called = self._called(node)
            if called is not None and index < len(called.returned):
                reference, scope = called.returned[index], _inside(called, scope, node)
            elif node.op in SAME and len(node.inputs) > index:
                reference = node.inputs[index]
            else:
                return Found(node, scope)
        return None

    def input(self, found: Found, number: int) -> Found | None:
        """Return the node that makes an input of a node, None if there is no such."""
        return self.source(found.scope, found.node.inputs[number]) if number < len(found.node.inputs) else None

    def comes_from(self, found: Found | None, op: str) -> bool:
        """Tell whether a value depends on a node that does this."""
        seen: set[Place] = set()
        todo = [] if found is None else [found]
        while todo:
            each = todo.pop()
            if each.node.op == op or len(seen) > MAX_STEPS:
                return True
            if each.place not in seen and (op, each.place) not in self._without:
                seen.add(each.place)
                before = (self.input(each, number) for number in range(len(each.node.inputs)))
                todo += [one for one in before if one is not None]
        self._without.update((op, place) for place in seen)
        return False


def _inside(called: _Function, scope: Scope, node: Node) -> Scope:
    if len(scope.path) >= MAX_DEPTH:
        raise CorruptFileError(f"its functions call each other deeper than {MAX_DEPTH} times")
    return Scope(called, scope, node)


def decode_dataflow(data: bytes) -> Dataflow:
    """Return the graph of a ``saved_model.pb``, the first where there are several.

    Raises
    ------
    CorruptFileError
        If it cannot be decoded.
    """
    meta_graph = decode_message(b"".join(decode_message(data).chunks(2)[:1]))
    graph = decode_message(b"".join(meta_graph.chunks(2)[-1:]))
    functions: dict[str, _Function] = {}
    for library in map(decode_message, graph.chunks(2)):
        for function in map(decode_message, library.chunks(1)):
            signature = decode_message(b"".join(function.chunks(1)))
            functions[_text(signature, 1)] = _function(function, signature)
    assets = {
        _text(decode_message(b"".join(asset.chunks(1))), 1).partition(":")[0]: _text(asset, 2)
        for asset in map(decode_message, meta_graph.chunks(6))
    }
    return Dataflow(_Function({}, _nodes(graph.chunks(1))), functions, assets)


def _function(function: Message, signature: Message) -> _Function:
    arguments = {_text(decode_message(each), 1): place for place, each in enumerate(signature.chunks(2))}
    returned = {_text(each, 1): _text(each, 2) for each in map(decode_message, function.chunks(4))}
    outputs = [_text(decode_message(each), 1) for each in signature.chunks(3)]
    return _Function(arguments, _nodes(function.chunks(3)), tuple(returned.get(name, "") for name in outputs))


def _nodes(chunks: list[bytes]) -> dict[str, Node]:
    found = {}
    for message in map(decode_message, chunks):
        inputs = (each.decode("utf-8", "replace") for each in message.chunks(3))
        attributes = {_text(each, 1): b"".join(each.chunks(2)[-1:]) for each in map(decode_message, message.chunks(5))}
        name = _text(message, 1)
        found[name] = Node(name, _text(message, 2), tuple(one for one in inputs if one[:1] != "^"), attributes)
    return found


def _text(message: Message, number: int) -> str:
    return b"".join(message.chunks(number)[-1:]).decode("utf-8", "replace")
