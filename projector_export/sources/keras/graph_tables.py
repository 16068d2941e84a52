"""What the lookup tables of a SavedModel's graph hold: each key and the row number that it stands for.

Sources: ``tensorflow/core/ops/lookup_ops.cc``; ``tensorflow/core/kernels/lookup_util.cc`` (``InitializeTableFromTextFile``). A
table is filled from two constants, from a text file among the assets, or from the checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from projector_export.formats.protobuf_wire import signed
from projector_export.sources.keras.constant import Key, constant
from projector_export.sources.keras.dataflow import Dataflow, Found, Place
from projector_export.tensor_files.tensor_bundle import Bundle

__all__ = ["KEYS", "stored_table", "table_contents"]

KEYS, VALUES = "/.ATTRIBUTES/table-keys", "/.ATTRIBUTES/table-values"
IMPORTS = frozenset({"LookupTableImportV2", "InitializeTableV2"})
TEXT_FILE = "InitializeTableFromTextFileV2"
WHOLE_LINE, LINE_NUMBER = -2, -1
INT64 = 9
MAX_ASSET_BYTES = 2**28


def table_contents(graph: Dataflow, bundle: Bundle, folder: Path) -> Mapping[Place, Mapping[Key, int]]:
    """Return the content of each table whose content is known: its place in the graph -> key -> row number.

    Parameters
    ----------
    graph
        The graph.
    bundle
        Its variables.
    folder
        Where its assets lie.

    Raises
    ------
    CorruptFileError
        If the graph or the checkpoint is damaged.
    """
    found: dict[Place, list[Mapping[Key, int]]] = {}
    for place, content in _filled(graph, bundle, folder):
        found.setdefault(place, []).append(content)
    return {
        place: contents[0]
        for place, contents in found.items()
        if contents[0] and all(each == contents[0] for each in contents)
    }


def _filled(graph: Dataflow, bundle: Bundle, folder: Path) -> Iterator[tuple[Place, Mapping[Key, int]]]:
    for each in graph.nodes():
        if each.node.op in IMPORTS and (table := graph.input(each, 0)) is not None:
            yield table.place, _paired(constant(graph.input(each, 1)), constant(graph.input(each, 2)))
        elif each.node.op == TEXT_FILE and (table := graph.input(each, 0)) is not None:
            yield table.place, _lines(graph, each, table, folder)
        elif each.node.op == "SaveV2":
            for number, name in enumerate(constant(graph.input(each, 1)) or ()):
                key = name.decode("utf-8", "replace") if isinstance(name, bytes) else ""
                exported = graph.input(each, number + 3) if key.endswith(KEYS) else None
                table = None if exported is None else graph.input(exported, 0)
                if table is not None:
                    yield table.place, stored_table(bundle, key)


def stored_table(bundle: Bundle, key: str) -> Mapping[Key, int]:
    """Return the content of a table in a checkpoint, whose keys have this name; empty if it has other values than integers."""
    values = bundle.integers(key.removesuffix(KEYS) + VALUES)
    texts: Sequence[Key] | None = bundle.strings(key)
    return _paired(bundle.integers(key) if texts is None else texts, values)


def _paired(keys: Sequence[Key] | None, values: Sequence[Key] | None) -> Mapping[Key, int]:
    """Return the rows of keys; nothing where two keys have one, or there are not as many."""
    if keys is None or values is None or len(keys) != len(values) or len(set(keys)) < len(keys):
        return {}
    rows = [value for value in values if isinstance(value, int)]
    return dict(zip(keys, rows, strict=True)) if len(set(rows)) == len(keys) else {}


def _asset(graph: Dataflow, file: Found | None) -> str:
    """Return the name of a file among the assets whose path a node gives, empty if it is none."""
    if file is not None and file.node.op == "ReadVariableOp":
        variable = graph.input(file, 0)
        assigned = (each for each in graph.nodes() if each.node.op == "AssignVariableOp" and each.scope.caller is None)
        file = next((graph.input(each, 1) for each in assigned if _is_same(graph.input(each, 0), variable)), None)
    return "" if file is None or file.scope.caller is not None else graph.assets.get(file.node.name, "")


def _is_same(found: Found | None, other: Found | None) -> bool:
    return found is not None and other is not None and found.place == other.place


def _lines(graph: Dataflow, fill: Found, table: Found, folder: Path) -> Mapping[Key, int]:
    """Return the lines of a text file and their numbers."""
    name = _asset(graph, graph.input(fill, 1))
    path = folder / Path(name).name
    part, value = (signed(fill.node.attribute(each).integer(3)) for each in ("key_index", "value_index"))
    if not name or (part, value) != (WHOLE_LINE, LINE_NUMBER) or not path.is_file():
        return {}
    if path.stat().st_size > MAX_ASSET_BYTES:
        return {}
    lines = path.read_bytes().removesuffix(b"\n").split(b"\n")
    is_number = table.node.attribute("key_dtype").integer(6) == INT64
    try:
        keys: list[Key] = [int(line) for line in lines] if is_number else list(lines)
    except ValueError:
        return {}
    first = signed(fill.node.attribute("offset").integer(3))
    return _paired(keys, [first + number for number in range(len(keys))])
