"""A ``tensor_path`` file as TensorBoard's server reads it: text, raw float32, or a failure.

Reader: ``projector_plugin.py`` (``_read_tensor_tsv_file``, and ``_read_tensor_binary_file`` when that meets bytes that are
not UTF-8). The name of the file says nothing; the content decides.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from projector_export.checks.asset_path import read_head
from projector_export.checks.finding import Finding, fault, warning
from projector_export.checks.scene import TensorScene
from projector_export.checks.statistics import Statistics, gather
from projector_export.checks.tensor_text import Text, has_lone_return, is_undecodable_without_tensorflow, read_by_server
from projector_export.checks.wording import quoted
from projector_export.formats.viewer_limits import MAX_ROWS
from projector_export.vectors import BLOCK_BYTES, Float32Array

__all__ = ["Reading", "foreign_format", "raw_rows", "read_tensor_file"]

MAGIC = (
    (b"\x93NUMPY", "a numpy file (.npy)"),
    (b"PK\x03\x04", "a zip archive (.npz, or a file of torch.save)"),
    (b"\x1f\x8b", "compressed by gzip"),
    (b"BZh", "compressed by bzip2"),
    (b"\xfd7zXZ", "compressed by xz"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
    (b"\x89HDF", "an HDF5 file"),
    (b"PAR1", "a Parquet file"),
    (b"GGUF", "a GGUF file"),
    *((bytes((0x80, version)), "a pickle") for version in (2, 3, 4, 5)),
)
LOADS_NOTHING = "TensorBoard then shows nothing at first, and never this tensor nor those after it."
WRITE_RAW = (
    "Write raw float32 (array.astype('<f4').tofile(path)) and tensor_shape in the config, or tab-separated text."
)


@dataclass(frozen=True)
class Reading:
    """A tensor file that was read.

    Parameters
    ----------
    kind
        How TensorBoard reads it.
    shape
        Shape of what it reads; empty if it fails.
    statistics
        Of the rows that are shown.
    findings
        What goes wrong.
    """

    kind: Literal["text", "raw", "failed"]
    shape: tuple[int, int] | tuple[()]
    statistics: Statistics
    findings: tuple[Finding, ...] = ()


def foreign_format(head: bytes, n_bytes: int, shape: tuple[int, ...]) -> str:
    """Return what other format a file is of, empty if none is recognised; raw numbers of the right size never are."""
    if len(shape) == 2 and n_bytes == 4 * math.prod(shape):
        return ""
    return next((name for magic, name in MAGIC if head.startswith(magic)), "")


def read_tensor_file(scene: TensorScene, path: Path) -> Reading:
    """Read a tensor file as TensorBoard does."""
    head = read_head(path, 64)
    if head is None:
        return _failed(
            fault(
                "file-unreadable",
                scene.where(scene.info.tensor_path),
                "The file cannot be opened. " + LOADS_NOTHING,
                "Correct its permissions.",
            )
        )
    n_bytes = path.stat().st_size
    foreign = foreign_format(head, n_bytes, scene.info.tensor_shape)
    if foreign:
        return _failed(
            _finding(
                scene, "tensor-format", f"It is {foreign}, and TensorBoard reads only text and raw float32.", WRITE_RAW
            )
        )
    text = read_by_server(path, max_rows=MAX_ROWS, splits_at_return=scene.readers.splits_at_return)
    undecodable = text.undecodable, is_undecodable_without_tensorflow(path)
    if all(undecodable):
        return _raw(scene, path, n_bytes)
    looks_raw = n_bytes == 4 * math.prod(scene.info.tensor_shape) or b"\0" in head
    if any(undecodable) or (text.bad_line and looks_raw):
        return _trap(scene, path, n_bytes, undecodable)
    if scene.readers.are_both and has_lone_return(path):
        return _failed(_lone_return(scene))
    return _text(scene, text, head)


def _lone_return(scene: TensorScene) -> Finding:
    return fault(
        "lone-carriage-return",
        scene.where(scene.info.tensor_path),
        "Carriage returns stand inside its lines: without TensorFlow each ends a row, with TensorFlow they are deleted and "
        "numbers run together.",
        "End lines with a line feed.",
    )


def _failed(*findings: Finding) -> Reading:
    return Reading("failed", (), Statistics(), findings)


def _finding(scene: TensorScene, code: str, problem: str, remedy: str, detail: str = "") -> Finding:
    return fault(code, scene.where(scene.info.tensor_path, detail), f"{problem} {LOADS_NOTHING}", remedy)


def _trap(scene: TensorScene, path: Path, n_bytes: int, undecodable: tuple[bool, bool]) -> Reading:
    reading = _raw(scene, path, n_bytes)
    verdict = scene.readers.verdict(fails_with=not undecodable[0], fails_without=not undecodable[1])
    if verdict is None:
        return reading
    severity, whom = verdict
    trapped = Finding(
        "tensor-taken-for-text",
        severity,
        scene.where(scene.info.tensor_path),
        f"Its bytes begin with valid UTF-8, so {whom}TensorBoard takes the raw numbers for text and fails. {LOADS_NOTHING}",
        "Make the first number negative zero if it is zero, or change its last bits (projector-export does that by itself), "
        "or write tab-separated text.",
    )
    if undecodable[0] or undecodable[1]:
        return Reading(reading.kind, reading.shape, reading.statistics, (trapped, *reading.findings))
    return _failed(trapped)


def _raw(scene: TensorScene, path: Path, n_bytes: int) -> Reading:
    shape = scene.info.tensor_shape
    n_values, rest = divmod(n_bytes, 4)
    if len(shape) != 2:
        given = "no tensor_shape" if not shape else f"tensor_shape of {len(shape)} number(s)"
        return _failed(
            _finding(
                scene,
                "tensor-without-shape",
                f"It holds raw numbers ({n_values:,} float32), but the config has {given}.",
                "Write tensor_shape: N_ROWS tensor_shape: N_DIMENSIONS into the config.",
            )
        )
    if n_values != math.prod(shape):
        return _failed(
            _finding(
                scene,
                "tensor-size-mismatch",
                f"It has {n_bytes:,} bytes, but tensor_shape {list(shape)} of float32 takes {4 * math.prod(shape):,}"
                f"{_size_hint(n_bytes, math.prod(shape))}.",
                "Correct tensor_shape, or write the values as float32.",
            )
        )
    n_rows, n_dims = shape[0], shape[1]
    statistics = gather(raw_rows(path, n_dims), max_rows=MAX_ROWS)
    return Reading("raw", (n_rows, n_dims), statistics, tuple(_rest_findings(scene, rest)))


def _rest_findings(scene: TensorScene, rest: int) -> Iterator[Finding]:
    if rest:
        yield warning(
            "tensor-trailing-bytes",
            scene.where(scene.info.tensor_path),
            f"{rest} bytes are left over after the last number, which TensorBoard ignores.",
            "Write the file again: something else may have been appended to it.",
        )


def _size_hint(n_bytes: int, n_values: int) -> str:
    names = {8: "float64", 2: "float16 or bfloat16", 1: "8-bit numbers"}
    return next((f" (it would fit {name})" for size, name in names.items() if n_bytes == size * n_values), "")


def raw_rows(path: Path, n_dims: int) -> Iterator[Float32Array]:
    """Walk through the whole rows of a file of raw float32."""
    step = max(1, BLOCK_BYTES // (4 * max(1, n_dims)))
    with open(path, "rb") as file:
        while n_dims and (values := np.fromfile(file, dtype="<f4", count=step * n_dims)).size:
            yield values[: len(values) // n_dims * n_dims].reshape(-1, n_dims)


def _text(scene: TensorScene, text: Text, head: bytes) -> Reading:
    if text.bad_line:
        bom = head.startswith(b"\xef\xbb\xbf")
        cause = (
            "it begins with a byte order mark" if bom and text.bad_line == 1 else f"it reads {quoted(text.bad_text)}"
        )
        return _failed(
            _finding(
                scene,
                "tensor-text-invalid",
                f"Line {text.bad_line:,} is no row of numbers between tabs: {cause}.",
                "Write numbers only, separated by tabs, without header or labels (those go into the metadata file).",
                f"line {text.bad_line:,}",
            )
        )
    if text.ragged_line:
        return _failed(
            _finding(
                scene,
                "tensor-text-ragged",
                f"Line {text.ragged_line:,} has {text.ragged_dims:,} numbers, the first row has {text.n_dims:,}.",
                "Give every row the same number of values.",
                f"line {text.ragged_line:,}",
            )
        )
    if not text.n_rows:
        return _failed(_finding(scene, "tensor-empty", "It holds no row of numbers.", WRITE_RAW))
    return Reading("text", (text.n_rows, text.n_dims), text.statistics, tuple(_shape_findings(scene, text)))


def _shape_findings(scene: TensorScene, found: Text) -> Iterator[Finding]:
    shape = scene.info.tensor_shape
    if shape and shape != (found.n_rows, found.n_dims):
        yield fault(
            "tensor-shape-mismatch",
            scene.where(scene.info.tensor_path),
            f"tensor_shape is {list(shape)}, but the file has {found.n_rows:,} rows of {found.n_dims:,} numbers, which the "
            "viewer then cuts at the wrong places.",
            f"Write tensor_shape: {found.n_rows} tensor_shape: {found.n_dims}, or leave it out.",
        )
