"""Which vocabulary names the rows of each embedding in a SavedModel: followed through its graph, from rows back to texts.

Sources: ``keras/src/layers/preprocessing/index_lookup.py`` (``_lookup_dense``: masked inputs, several rows for unknown ones),
``text_vectorization.py``, ``keras/src/backend/tensorflow/numpy.py`` (``take``: rows from the end); ``tf_keras`` alike. Only
what is known to hand row numbers on is followed: anything else in between, as an addition, leaves the rows without names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from projector_export.errors import CorruptFileError
from projector_export.formats.protobuf_wire import signed
from projector_export.sources.keras.constant import Key, constant, single
from projector_export.sources.keras.dataflow import Dataflow, Found, Place, decode_dataflow
from projector_export.sources.keras.graph_tables import table_contents
from projector_export.sources.keras.lookups import MASK, UNKNOWN, Lookup, Unclear
from projector_export.tensor_files.tensor_bundle import Bundle

__all__ = ["GRAPH", "feeds_of"]

GRAPH = "saved_model.pb"
MAX_GRAPH_BYTES = 2**28
FIND = "LookupTableFindV2"
GATHERS = frozenset({"ResourceGather", "GatherV2", "Gather"})
RESHAPING = frozenset(
    {"Cast", "Reshape", "ExpandDims", "Squeeze", "StridedSlice", "Slice", "Pad", "Transpose", "Tile", "Unique"}
)
SELECTS = frozenset({"SelectV2", "Select"})
BUCKETS = frozenset({"StringToHashBucketFast", "StringToHashBucketStrong", "StringToHashBucket"})
MOST_UNKNOWN = 2**20
MAX_STEPS = 200
UNKNOWN_NUMBER = "-1"


@dataclass(frozen=True)
class _Rows:
    """Row numbers that a lookup gives.

    Parameters
    ----------
    table
        Place of its table.
    default
        What it gives for keys that are not in the table.
    unknown
        First row for such inputs, and behind the last.
    masks
        Row -> what is masked by it.
    """

    table: Place
    default: int
    unknown: tuple[int, int]
    masks: tuple[tuple[int, Key], ...] = ()


def feeds_of(path: Path, bundle: Bundle) -> tuple[dict[str, Lookup | Unclear], bool]:
    """Return the vocabulary of each table, and whether the graph looks anything up.

    Parameters
    ----------
    path
        A ``saved_model.pb``.
    bundle
        The checkpoint beside it.

    Returns
    -------
    feeds
        Name of a table in the checkpoint -> its vocabulary, or why it is not known; only tables that a lookup feeds.
    has_lookups
        Whether there are lookups, of these tables or not.

    Raises
    ------
    CorruptFileError
        If the graph is damaged.
    """
    if not path.is_file() or path.stat().st_size > MAX_GRAPH_BYTES:
        return {}, False
    try:
        graph = decode_dataflow(path.read_bytes())
        contents = table_contents(graph, bundle, path.parent / "assets")
        found: dict[Place, set[_Rows | None]] = {}
        for variable, rows in _gathered(graph):
            found.setdefault(variable, set()).add(rows)
        names = _stored_names(graph)
        feeds = {name: _vocabulary(found[place], contents) for name, place in names.items() if place in found}
        return feeds, graph.has(FIND)
    except CorruptFileError as error:
        raise CorruptFileError(f"{str(path)!r} is damaged: {error}") from error


def _gathered(graph: Dataflow) -> Iterator[tuple[Place, _Rows | None]]:
    """Walk through all reads of rows by what lookups give: the variable, and the rows; None where they cannot be followed."""
    for each in graph.nodes():
        if each.node.op not in GATHERS:
            continue
        variable, rows = _variable(graph, each), graph.input(each, 1)
        if variable is not None and graph.comes_from(rows, FIND):
            yield variable.place, _traced(graph, rows, MAX_STEPS)


def _variable(graph: Dataflow, user: Found) -> Found | None:
    found = graph.input(user, 0)
    while found is not None and found.node.op in {"ReadVariableOp", "Cast"}:
        found = graph.input(found, 0)
    return found if found is not None and found.node.op == "VarHandleOp" else None


def _stored_names(graph: Dataflow) -> dict[str, Place]:
    """Return the variable behind each name in the checkpoint: Keras 3 stores copies of its variables, too."""
    found: dict[str, Place] = {}
    copies: dict[Place, Place] = {}
    for each in graph.nodes():
        if each.node.op == "AssignVariableOp" and each.scope.caller is None:
            copy, value = graph.input(each, 0), graph.input(each, 1)
            original = None if value is None or value.node.op != "ReadVariableOp" else _variable(graph, value)
            if copy is not None and original is not None:
                copies[copy.place] = original.place
        elif each.node.op == "SaveV2":
            for number, name in enumerate(constant(graph.input(each, 1)) or ()):
                stored = graph.input(each, number + 3)
                variable = None if stored is None or stored.node.op != "ReadVariableOp" else _variable(graph, stored)
                if variable is not None and isinstance(name, bytes):
                    found[name.decode("utf-8", "replace")] = variable.place
    return {name: copies.get(place, place) for name, place in found.items()}


def _traced(graph: Dataflow, found: Found | None, n_steps: int) -> _Rows | None:
    """Return what a lookup gives, None if a value is anything else than that, handed on."""
    if found is None or n_steps == 0:
        return None
    op = found.node.op
    if op == FIND:
        table, default = graph.input(found, 0), single(graph.input(found, 2))
        if table is None or not isinstance(default, int):
            return None
        return _Rows(table.place, default, (default, default + 1) if default >= 0 else (0, 0))
    if op in RESHAPING:
        return _traced(graph, graph.input(found, 0), n_steps - 1)
    if op == "RaggedTensorToTensor":
        rows = _traced(graph, graph.input(found, 1), n_steps - 1)
        return rows if single(graph.input(found, 2)) == 0 else None
    return _selected(graph, found, n_steps) if op in SELECTS else None


def _selected(graph: Dataflow, found: Found, n_steps: int) -> _Rows | None:
    """Return the rows behind ``where(condition, other, rows)``, as far as it is one of the three that Keras writes."""
    condition, other = graph.input(found, 0), graph.input(found, 1)
    rows = _traced(graph, graph.input(found, 2), n_steps - 1)
    if rows is None or condition is None or other is None:
        return None
    left, right = graph.input(condition, 0), single(graph.input(condition, 1))
    is_of_rows = graph.comes_from(left, FIND)
    if condition.node.op == "Less" and is_of_rows and right == 0:
        return rows  # otherwise counted from the end, as none of a lookup's is
    if condition.node.op == "Equal" and right is not None:
        return _with_unknown(graph, rows, right, other) if is_of_rows else _with_mask(rows, right, single(other))
    return None


def _with_mask(rows: _Rows, key: Key, row: Key | None) -> _Rows | None:
    return replace(rows, masks=(*rows.masks, (row, key))) if isinstance(row, int) else None


def _with_unknown(graph: Dataflow, rows: _Rows, default: Key, other: Found) -> _Rows | None:
    unknown = _buckets(graph, other)
    is_default = default == rows.default and rows.default < 0
    return replace(rows, unknown=unknown) if is_default and unknown is not None else None


def _buckets(graph: Dataflow, found: Found) -> tuple[int, int] | None:
    """Return the rows that unknown inputs are spread over, None if they are not."""
    first: Key | None = 0
    if found.node.op == "AddV2":
        first, before = single(graph.input(found, 1)), graph.input(found, 0)
        if before is None:
            return None
        found = before
    while found.node.op == "Cast":
        before = graph.input(found, 0)
        if before is None:
            return None
        found = before
    number: Key | None = None
    if found.node.op in BUCKETS:
        number = signed(found.node.attribute("num_buckets").integer(3))
    elif found.node.op == "FloorMod":
        number = single(graph.input(found, 1))
    if not isinstance(first, int) or not isinstance(number, int) or not 0 < number <= MOST_UNKNOWN or first < 0:
        return None
    return first, first + number


def _vocabulary(found: set[_Rows | None], contents: Mapping[Place, Mapping[Key, int]]) -> Lookup | Unclear:
    """Return the vocabulary of a table's rows."""
    if None in found:
        return Unclear("what happens between the vocabulary and this layer is not known here", is_final=True)
    if len(found) > 1:
        return Unclear("several vocabularies feed this layer", is_final=True)
    rows = next(each for each in found if each is not None)
    content = contents.get(rows.table)
    lookup = None if content is None else _laid_out(rows, content)
    return lookup or Unclear("how the vocabulary of this layer is laid out is not known here", is_final=False)


def _laid_out(rows: _Rows, content: Mapping[Key, int]) -> Lookup | None:
    """Return a vocabulary whose rows are: at most one for masked inputs, those for unknown ones, those of the words."""
    words = {row: _text(key) for key, row in content.items()}
    unknown = [row for row in range(*rows.unknown) if row not in words]
    masks = dict(rows.masks)
    first = min(words)
    n_mask = len(masks)
    if set(masks) - {0} or sorted(words) != list(range(first, first + len(words))):
        return None
    if unknown != list(range(n_mask, n_mask + len(unknown))) or first != n_mask + len(unknown):
        return None
    is_number = any(isinstance(key, int) for key in content)
    special = [_text(mask) or MASK for mask in masks.values()] + [UNKNOWN_NUMBER if is_number else UNKNOWN] * len(
        unknown
    )
    entries = (*special, *(words[row] for row in sorted(words)))
    name = f"{GRAPH} {rows.table[1]}"
    return Lookup(name, name, entries, n_mask, len(unknown))


def _text(key: Key) -> str:
    return str(key) if isinstance(key, int) else key.decode("utf-8", "replace")
