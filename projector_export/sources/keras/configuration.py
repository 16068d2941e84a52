"""The layers of a saved model as its configuration describes them.

Sources: ``keras/src/saving/saving_lib.py`` (``_walk_saveable``, ``_save_container_state``: how a layer's place is called),
``keras/src/utils/naming.py``, ``keras/src/models/functional.py`` (``get_config``, ``inbound_nodes``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from projector_export.errors import CorruptFileError

__all__ = ["LayerSettings", "Settings", "decode_json", "layers_of", "snake_case", "upstream_of"]

Settings = Mapping[str, object]

MAX_DEPTH = 100


@dataclass(frozen=True)
class LayerSettings:
    """A layer as the configuration describes it.

    Parameters
    ----------
    path
        Where its variables lie: ``layers/sequential/layers/embedding``.
    name
        What the user called it.
    class_name
        ``"Embedding"``, ``"Dense"``...
    settings
        Its own configuration.
    model
        Path of the model that it is a layer of.
    inputs
        Names of the layers of that model that it is called on; None where that is not written down.
    """

    path: str
    name: str
    class_name: str
    settings: Settings
    model: str
    inputs: frozenset[str] | None


def decode_json(data: bytes | str, shown: str) -> Settings:
    """Return a configuration.

    Raises
    ------
    CorruptFileError
        If it is no JSON object.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CorruptFileError(f"the configuration of {shown!r} is no JSON ({error})") from error
    if not isinstance(value, dict):
        raise CorruptFileError(f"the configuration of {shown!r} is no JSON object")
    return value


def snake_case(name: str) -> str:
    """Return a class's name as Keras writes it into paths."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def layers_of(configuration: Settings) -> tuple[LayerSettings, ...]:
    """Return all layers of a model, those of inner models and wrapped ones too, in the order of the configuration."""
    return tuple(_inside(configuration, "", 0))


def _inside(part: Settings, path: str, depth: int) -> Iterator[LayerSettings]:
    settings = part.get("config")
    if depth > MAX_DEPTH:
        raise CorruptFileError(f"the configuration nests layers deeper than {MAX_DEPTH} times")
    if isinstance(settings, list):  # how Keras 2.2 and older wrote a Sequential
        settings = {"layers": settings}
    if not isinstance(settings, dict):
        return
    for key, value in settings.items():
        if _is_layer(value):
            yield from _layer(value, _joined(path, key), path, None, depth)
        elif isinstance(value, list):
            is_chain = key == "layers" and not any(isinstance(each, dict) and "inbound_nodes" in each for each in value)
            yield from _container(value, _joined(path, key), path, depth, is_chain=is_chain)


def _container(
    parts: Sequence[object], path: str, model: str, depth: int, *, is_chain: bool
) -> Iterator[LayerSettings]:
    """Walk through the layers of a list: each is called like its class, with a number from the second one on."""
    used: dict[str, int] = {}
    before: str | None = None
    for part in parts:
        if not isinstance(part, dict) or not _is_layer(part):
            continue
        stem = snake_case(str(part["class_name"]).rpartition(">")[2])
        used[stem] = used.get(stem, -1) + 1
        place = f"{path}/{stem}_{used[stem]}" if used[stem] else f"{path}/{stem}"
        inputs = _inputs(part.get("inbound_nodes")) if not is_chain else frozenset([before] if before else [])
        before = _name(part)
        yield from _layer(part, place, model, inputs, depth)


def _layer(part: Settings, path: str, model: str, inputs: frozenset[str] | None, depth: int) -> Iterator[LayerSettings]:
    settings = part["config"]
    own = settings if isinstance(settings, dict) else {}
    yield LayerSettings(path, _name(part), str(part["class_name"]).rpartition(">")[2], own, model, inputs)
    yield from _inside(part, path, depth + 1)


def _is_layer(value: object) -> bool:
    """Whether a value is a serialised object with a name: an initialiser or a dtype policy has none of a layer's."""
    if not isinstance(value, dict) or not isinstance(value.get("class_name"), str):
        return False
    settings = value.get("config")
    if isinstance(settings, list):
        return True
    return isinstance(settings, dict) and value["class_name"] != "__keras_tensor__" and bool(_name(value))


def _name(part: Settings) -> str:
    settings = part.get("config")
    name = settings.get("name") if isinstance(settings, dict) else None
    own = part.get("name")
    return name if isinstance(name, str) else own if isinstance(own, str) else ""


def _joined(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _inputs(nodes: object) -> frozenset[str] | None:
    """Return the layers that a layer is called on: every ``[name, node, tensor, ...]`` in its nodes, in any notation."""
    if nodes is None:
        return None
    found: set[str] = set()
    todo: list[object] = [nodes]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            todo.extend(value.values())
        elif isinstance(value, list):
            if (
                len(value) >= 3
                and isinstance(value[0], str)
                and isinstance(value[1], int)
                and isinstance(value[2], int)
            ):
                found.add(value[0])
            todo.extend(value)
    return frozenset(found)


def upstream_of(layers: Sequence[LayerSettings], layer: LayerSettings) -> tuple[LayerSettings, ...] | None:
    """Return all layers that a layer's input passes through; None where the configuration does not tell.

    What an inner model is called on counts as upstream of all of its layers.
    """
    by_name = {(each.model, each.name): each for each in layers}
    by_path = {each.path: each for each in layers}
    found: dict[str, LayerSettings] = {}
    todo = [layer]
    while todo:
        each = todo.pop()
        if each.inputs is None:
            return None
        before = [by_name[each.model, name] for name in each.inputs if (each.model, name) in by_name]
        if each.model in by_path:
            before.append(by_path[each.model])
        for one in before:
            if one.path not in found:
                found[one.path] = one
                todo.append(one)
    return tuple(found.values())
