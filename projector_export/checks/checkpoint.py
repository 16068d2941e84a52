"""TensorFlow checkpoints as TensorBoard finds and reads them, without TensorFlow.

Readers: ``tf.train.latest_checkpoint`` (``checkpoint_management.py``) and ``tf.train.load_checkpoint``, called by
``projector_plugin.py`` (``_find_latest_checkpoint``, ``_get_reader_for_run``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from projector_export.checks.asset_path import is_file, read_head
from projector_export.errors import CorruptFileError
from projector_export.formats.checkpoint_state import (
    LARGEST_STATE_BYTES,
    STATE_FILE_NAME,
    data_file_name,
    index_file_name,
    latest_prefix,
)
from projector_export.formats.checksum import Checksum
from projector_export.formats.tensor_bundle import TensorEntry, decode_index
from projector_export.vectors import BLOCK_BYTES, Float32Array

__all__ = ["Checkpoint", "State", "latest", "load", "read_state", "rows_of", "shard_problem", "value_problem"]

SHARD_COUNT = re.compile(r"\.data-[0-9]{5}-of-([0-9]{5})")
PLAIN_TYPES = frozenset(
    {"float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8", "bool"}
)


@dataclass(frozen=True)
class State:
    """What a folder's file ``checkpoint`` says.

    Parameters
    ----------
    path
        The file.
    prefix
        The checkpoint that it names; None where it names none.
    exists
        Whether that checkpoint is there.
    """

    path: Path
    prefix: Path | None
    exists: bool


@dataclass(frozen=True)
class Checkpoint:
    """One checkpoint.

    Parameters
    ----------
    prefix
        Path before ``.index``.
    entries
        Its tensors; none where it cannot be read.
    problem
        Why it cannot be read, empty if it can.
    """

    prefix: Path
    entries: tuple[TensorEntry, ...] = ()
    problem: str = ""

    @property
    def index_path(self) -> Path:
        """The index file."""
        return self.prefix.with_name(index_file_name(self.prefix.name))

    def entry(self, name: str) -> TensorEntry | None:
        """Return the tensor of a name."""
        return next((entry for entry in self.entries if entry.name == name), None)


def read_state(folder: Path) -> State | None:
    """Read the file ``checkpoint`` of a folder; None where there is none."""
    path = folder / STATE_FILE_NAME
    head = read_head(path, LARGEST_STATE_BYTES) if is_file(path) else None
    if head is None:
        return None
    name = latest_prefix(head)
    if name is None:
        return State(path, None, exists=False)
    prefix = folder / name
    exists = is_file(prefix.with_name(index_file_name(prefix.name))) or is_file(prefix)
    return State(path, prefix, exists)


def latest(folder: Path) -> Path | None:
    """Return the checkpoint that TensorBoard finds for a run: in its folder, or else in the folder above."""
    for place in (folder, folder / ".."):
        state = read_state(place)
        if state and state.exists:
            return state.prefix
    return None


def load(prefix: Path) -> Checkpoint:
    """Read a checkpoint's index."""
    checkpoint = Checkpoint(prefix)
    data = read_head(checkpoint.index_path)
    if data is None:
        return Checkpoint(prefix, problem="its index file is missing or cannot be read")
    try:
        return Checkpoint(prefix, decode_index(data))
    except CorruptFileError as error:
        return Checkpoint(prefix, problem=str(error))


def shard_problem(checkpoint: Checkpoint, entry: TensorEntry) -> str:
    """Return why a tensor's bytes cannot be read, empty if they are there."""
    for place in entry.slices or (entry,):
        path = _shard(checkpoint.prefix, place.shard)
        if path is None:
            return f"data shard {place.shard} is missing"
        size = path.stat().st_size
        if place.offset + place.size > size:
            return f"{path.name} has {size:,} bytes, and the tensor ends at byte {place.offset + place.size:,}"
    return ""


def _shard(prefix: Path, shard: int) -> Path | None:
    try:
        names = [path.name for path in prefix.parent.iterdir() if path.name.startswith(f"{prefix.name}.data-")]
    except OSError:
        return None
    counts = {int(match[1]) for name in names if (match := SHARD_COUNT.search(name))}
    paths = [prefix.with_name(data_file_name(prefix.name, shard, count)) for count in counts if shard < count]
    return next((path for path in paths if is_file(path)), None)


def value_problem(checkpoint: Checkpoint, entry: TensorEntry) -> str:
    """Return why TensorFlow would refuse a tensor's bytes, empty if they match their checksums.

    Reader: ``BundleReader::GetValue`` (``tensor_bundle.cc``). A string tensor's checksum is of another kind and is left out.
    """
    for place in () if entry.dtype == "string" else entry.slices or (entry,):
        path = _shard(checkpoint.prefix, place.shard)
        if path and _checksum(path, place.offset, place.size) != place.crc32c:
            return f"{place.size:,} bytes from byte {place.offset:,} of {path.name} do not match their checksum"
    return ""


def _checksum(path: Path, offset: int, size: int) -> int:
    checksum = Checksum()
    with open(path, "rb") as file:
        file.seek(offset)
        while size > 0 and (piece := file.read(min(size, BLOCK_BYTES))):
            checksum.update(piece)
            size -= len(piece)
    return checksum.value


def rows_of(checkpoint: Checkpoint, entry: TensorEntry) -> Iterator[Float32Array] | None:
    """Walk through a two-dimensional tensor in blocks of rows; None where its numbers cannot be told from here."""
    path = _shard(checkpoint.prefix, entry.shard)
    if path is None or entry.slices or entry.dtype not in PLAIN_TYPES | {"bfloat16"}:
        return None
    dtype = np.dtype("<u2" if entry.dtype == "bfloat16" else entry.dtype).newbyteorder("<")
    return _blocks(path, entry, dtype)


def _blocks(path: Path, entry: TensorEntry, dtype: np.dtype[np.generic]) -> Iterator[Float32Array]:
    n_rows, n_dims = entry.shape
    step = max(1, BLOCK_BYTES // max(1, 4 * n_dims))
    with open(path, "rb") as file:
        file.seek(entry.offset)
        for start in range(0, n_rows, step):
            values = np.fromfile(file, dtype=dtype, count=min(step, n_rows - start) * n_dims)
            yield _float32(values[: len(values) // n_dims * n_dims], entry.dtype).reshape(-1, n_dims)


def _float32(values: npt.NDArray[np.generic], dtype: str) -> Float32Array:
    if dtype == "bfloat16":
        return (values.astype(np.uint32) << 16).view(np.float32)
    with np.errstate(over="ignore"):
        return values.astype(np.float32)
