"""Vocabularies that a saved model brings along: those of its layers that turn texts or numbers into row numbers.

Sources: ``keras/src/layers/preprocessing/index_lookup.py`` (``set_vocabulary``, ``save_assets``) and
``text_vectorization.py``: an adapted layer writes all entries, one a line, into ``vocabulary.txt``; one that was given its
vocabulary has it in its configuration, with or without the entries for masked and unknown inputs in front.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from projector_export.errors import CorruptFileError
from projector_export.sources.keras.configuration import LayerSettings, Settings, upstream_of

__all__ = [
    "ASSET",
    "LOOKUP_CLASSES",
    "MASK",
    "UNKNOWN",
    "Lookup",
    "Unclear",
    "fitting_lookup",
    "lookup_of",
    "lookup_of_numbers",
    "lookups_of",
    "named_by_description",
    "unless_too_long",
]

LOOKUP_CLASSES = frozenset({"TextVectorization", "StringLookup", "IntegerLookup"})
CHANGING = frozenset(
    {
        "Add", "Subtract", "Multiply", "Divide", "TrueDivide", "FloorDivide", "Mod", "Maximum", "Minimum", "Negative", "Abs",
        "Absolute", "Clip", "Where", "Lambda", "Average", "Hashing",
    }
)  # fmt: skip
"""Classes of layers and operations that do more to numbers than hand them on."""
HANDING_ON = frozenset({"cast", "expand_dims", "squeeze", "reshape", "identity", "transpose", "tile"})
"""Functions in a ``TFOpLambda`` of Keras 2 that do not."""

ASSET = "vocabulary.txt"
MASK = "[PAD]"
UNKNOWN = "[UNK]"


@dataclass(frozen=True)
class Lookup:
    """The vocabulary of a layer.

    Parameters
    ----------
    name
        What the user called the layer.
    path
        Where it lies in the model.
    entries
        What each row number stands for.
    n_mask
        1 if row 0 stands for padding, else 0.
    n_unknown
        How many rows after that stand for all inputs that are not in the vocabulary.
    max_tokens
        For how many entries there was to be room, if that was said.
    note
        What is supposed of it, for the user.
    """

    name: str
    path: str
    entries: tuple[str, ...]
    n_mask: int
    n_unknown: int
    max_tokens: int | None = None
    note: str = ""

    def __len__(self) -> int:
        return len(self.entries)


@dataclass(frozen=True)
class Unclear:
    """Why the rows of a table have no names although there are vocabularies.

    Parameters
    ----------
    reason
        What is not known.
    is_final
        Whether that holds whatever else is known of the layers.
    """

    reason: str
    is_final: bool = False


def lookups_of(layers: Sequence[LayerSettings], assets: Mapping[str, bytes], shown: str) -> tuple[Lookup, ...]:
    """Return the vocabularies of a model.

    Parameters
    ----------
    layers
        Its layers, as far as they are known.
    assets
        Content of each ``vocabulary.txt``, by the path of the layer that wrote it.
    shown
        What errors call the model.

    Raises
    ------
    CorruptFileError
        If a vocabulary is no UTF-8.
    """
    by_path = {layer.path: layer for layer in layers}
    found: dict[str, Lookup] = {}
    for layer in layers:
        if layer.class_name in LOOKUP_CLASSES:
            given = layer.settings.get("vocabulary")
            if isinstance(given, list) and given:
                entries = [_as_text(entry) for entry in given]
                found[layer.path] = lookup_of(layer.name, layer.path, entries, layer.settings, layer.class_name)
    for path, data in assets.items():
        if path.rpartition("/")[0] in assets or path in found:
            continue  # the inner layer of a TextVectorization writes the same
        known = by_path.get(path)
        entries = _lines(data, f"{ASSET} of {path!r} in {shown!r}")
        settings = known.settings if known else {}
        found[path] = lookup_of(
            known.name if known else path, path, entries, settings, known.class_name if known else ""
        )
    return tuple(lookup for lookup in found.values() if len(lookup))


def _as_text(entry: object) -> str:
    if isinstance(entry, dict):  # how Keras writes a byte string: {"class_name": "__bytes__", ...}
        inner = entry.get("config")
        entry = inner.get("value") if isinstance(inner, dict) else entry
    return entry if isinstance(entry, str) else str(entry)


def _lines(data: bytes, shown: str) -> list[str]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise CorruptFileError(f"{shown} is no UTF-8 (byte {error.start:,})") from error
    return [line.removesuffix("\r") for line in text.rstrip("\r\n").split("\n")]


def lookup_of(name: str, path: str, entries: Sequence[str], settings: Settings, class_name: str) -> Lookup:
    """Return the vocabulary of a layer, with rows for masked and unknown inputs in front, as its settings say.

    Parameters
    ----------
    name, path
        Of the layer.
    entries
        Its vocabulary with or without these rows.
    settings
        Its configuration; empty where it is not known: all entries are there then.
    class_name
        Its class.
    """
    if not settings:
        n_mask = int(bool(entries) and entries[0] in {"", "[MASK]", MASK, "<pad>"})
        return Lookup(name, path, tuple(entries), n_mask, int(entries[n_mask : n_mask + 1] == [UNKNOWN]))
    is_text = class_name == "TextVectorization"
    mask = "" if is_text else settings.get("mask_token")
    n_unknown = settings.get("num_oov_indices", 1)
    n_unknown = n_unknown if isinstance(n_unknown, int) and not is_text and n_unknown >= 0 else 1
    n_mask = int(mask is not None and settings.get("output_mode", "int") == "int")
    unknown = settings.get("oov_token", UNKNOWN)
    special = [str(mask)] * n_mask + [UNKNOWN if is_text or unknown is None else str(unknown)] * n_unknown
    if list(entries[: len(special)]) != special:
        entries = [*special, *entries]
    room = settings.get("max_tokens")
    return Lookup(name, path, tuple(entries), n_mask, n_unknown, room if isinstance(room, int) else None)


def lookup_of_numbers(name: str, texts: Mapping[int, str]) -> Lookup:
    """Return the vocabulary that a table of keys and their row numbers holds; rows in front of it are for other inputs."""
    first = min(texts)
    entries = [texts.get(row, UNKNOWN) for row in range(max(texts) + 1)]
    if first > 1:
        entries[0] = MASK
    note = (
        f"row 0 is taken for padding and rows 1 to {first - 1} for inputs out of the vocabulary, which {name!r} does not tell "
        "(a .keras file does)"
    )
    return Lookup(name, name, tuple(entries), int(first > 1), first - int(first > 1), note=note if first > 1 else "")


def fitting_lookup(
    lookups: Sequence[Lookup], n_rows: int, layers: Sequence[LayerSettings], layer: LayerSettings | None
) -> tuple[Lookup | None, str | None]:
    """Return the vocabulary of an embedding layer's rows.

    Parameters
    ----------
    lookups
        The vocabularies of its model.
    n_rows
        Rows of its table.
    layers
        The layers of the model, as far as they are known.
    layer
        The embedding layer, if it is known.

    Returns
    -------
    lookup
        That of the layer that feeds it; else the one whose size fits; None if no one does.
    note
        Why there is none although the model has vocabularies.
    """
    feeding = None if layer is None else _feeding_lookups(lookups, layers, layer)
    if feeding is not None:
        if layer is not None and len(feeding) == 1:
            return _unless_changed(feeding[0], n_rows, layers, layer)
        described = {each.path for each in layers}
        lookups = feeding or [lookup for lookup in lookups if lookup.path not in described]
    return _lookup_by_size(lookups, n_rows)


def _feeding_lookups(
    lookups: Sequence[Lookup], layers: Sequence[LayerSettings], layer: LayerSettings
) -> list[Lookup] | None:
    """Return the vocabularies of the layers that feed a layer, None where the configuration does not tell."""
    upstream = upstream_of(layers, layer)
    if upstream is None:
        return None
    paths = {each.path for each in upstream}
    return [lookup for lookup in lookups if lookup.path in paths]


def named_by_description(
    lookups: Sequence[Lookup], n_rows: int, layers: Sequence[LayerSettings], layer: LayerSettings | None
) -> tuple[Lookup | None, str | None]:
    """Return the vocabulary of the one layer that feeds a layer, as its model is described, or why it is not used."""
    feeding = None if layer is None else _feeding_lookups(lookups, layers, layer)
    if layer is None or feeding is None or len(feeding) != 1:
        return None, None
    return _unless_changed(feeding[0], n_rows, layers, layer)


def _unless_changed(
    lookup: Lookup, n_rows: int, layers: Sequence[LayerSettings], layer: LayerSettings
) -> tuple[Lookup | None, str | None]:
    """Return the vocabulary of a layer's rows unless their numbers are changed on the way."""
    for each in upstream_of(layers, layer) or ():
        if _is_changing(each) and any(one.path == lookup.path for one in upstream_of(layers, each) or ()):
            return None, (
                f"layer {each.name!r} ({each.class_name}) may change the row numbers of {lookup.name!r} on their way: rows are "
                "labelled by number (--labels FILE names them)"
            )
    return unless_too_long(lookup, n_rows)


def _is_changing(layer: LayerSettings) -> bool:
    if layer.class_name == "TFOpLambda":
        return str(layer.settings.get("function")).rpartition(".")[2] not in HANDING_ON
    return layer.class_name in CHANGING


def _lookup_by_size(lookups: Sequence[Lookup], n_rows: int) -> tuple[Lookup | None, str | None]:
    exact = [lookup for lookup in lookups if n_rows == len(lookup)]
    roomy = [lookup for lookup in lookups if n_rows == lookup.max_tokens and len(lookup) < n_rows]
    for found in (exact, roomy, lookups if len(lookups) == 1 and len(lookups[0]) >= 0.75 * n_rows else []):
        if len({lookup.entries for lookup in found}) == 1:
            return unless_too_long(found[0], n_rows)
    if not lookups:
        return None, None
    sizes = ", ".join(f"{lookup.name!r} ({len(lookup):,} entries)" for lookup in lookups[:8])
    reason = "more than one fits" if exact else "no one fits"
    return None, (
        f"the table has {n_rows:,} rows and the model's vocabularies are {sizes}: {reason}, so rows are labelled by number "
        "(--labels FILE names them)"
    )


def unless_too_long(lookup: Lookup, n_rows: int) -> tuple[Lookup | None, str | None]:
    """Return a vocabulary, or why it cannot be that of so many rows."""
    if len(lookup) <= n_rows:
        return lookup, None
    return None, (
        f"the vocabulary of layer {lookup.name!r} has {len(lookup):,} entries and the table {n_rows:,} rows: rows are labelled "
        "by number (--labels FILE names them)"
    )
