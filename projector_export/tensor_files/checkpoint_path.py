"""Where a TensorFlow checkpoint is: the many paths that may mean one.

Sources: ``tensorflow/core/util/tensor_bundle/naming.cc`` and ``tensorflow/python/checkpoint/checkpoint_management.py``
(``latest_checkpoint``).
"""

from __future__ import annotations

import re
from pathlib import Path

from projector_export.errors import AmbiguousChoiceError
from projector_export.formats.checkpoint_state import (
    LARGEST_STATE_BYTES,
    STATE_FILE_NAME,
    index_file_name,
    latest_prefix,
)

__all__ = ["find_prefix", "index_path"]

TABLE_MAGIC = bytes.fromhex("57fb808b247547db")
"""Last bytes of an index (``tensorflow/core/lib/io/format.h``, ``kTableMagicNumber``)."""

SHARD = re.compile(r"^(.*)\.data-[0-9]{5}-of-[0-9]{5}$")
VARIABLES = "variables"


def find_prefix(path: Path) -> Path | None:
    """Return the prefix of the checkpoint that a path means, None if there is none.

    Raises
    ------
    AmbiguousChoiceError
        If a folder holds several and no file ``checkpoint`` says which is the latest.
    """
    if path.is_dir():
        return _prefix_in(path)
    match = SHARD.match(path.name)
    candidates = [path.with_name(match[1])] if match else []
    if path.name.endswith(".index"):
        candidates.append(path.with_name(path.name.removesuffix(".index")))
    if path.name == STATE_FILE_NAME and path.is_file():
        return _prefix_in(path.parent)
    candidates.append(path)
    return next((prefix for prefix in candidates if prefix.name and _is_index(index_path(prefix))), None)


def index_path(prefix: Path) -> Path:
    """Return the path of a checkpoint's index."""
    return prefix.with_name(index_file_name(prefix.name))


def _is_index(path: Path) -> bool:
    """Tell whether a file is the index of a checkpoint, or at least was meant to be one: a data file lies beside it."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, path.stat().st_size - len(TABLE_MAGIC)))
            if file.read() == TABLE_MAGIC:
                return True
    except OSError:
        return False
    return any(path.parent.glob(f"{_globbed(path.name.removesuffix('.index'))}.data-*-of-*"))


def _globbed(name: str) -> str:
    return re.sub(r"([*?\[\]])", r"[\1]", name)


def _prefix_in(folder: Path) -> Path | None:
    state = folder / STATE_FILE_NAME
    if state.is_file() and state.stat().st_size <= LARGEST_STATE_BYTES:
        prefix = _latest(state)
        if prefix is not None:
            return prefix
    if (folder / VARIABLES).is_dir() and (folder / "saved_model.pb").is_file():
        return _prefix_in(folder / VARIABLES)
    found = sorted(path for path in folder.glob("*.index") if _is_index(path))
    if len(found) > 1:
        names = ", ".join(repr(path.name.removesuffix(".index")) for path in found[:8])
        raise AmbiguousChoiceError(f"{str(folder)!r} has {len(found)} checkpoints, {names}: give the path of one")
    return found[0].with_name(found[0].name.removesuffix(".index")) if found else None


def _latest(state: Path) -> Path | None:
    """Return the checkpoint that a file ``checkpoint`` names: in its own folder, whatever path it was written with."""
    name = latest_prefix(state.read_bytes())
    if name is None:
        return None
    prefix = state.parent / Path(name.replace("\\", "/")).name
    return prefix if _is_index(index_path(prefix)) else None
