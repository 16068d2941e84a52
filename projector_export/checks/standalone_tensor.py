"""A tensor as the standalone viewer reads it: by the end of its path, raw float32 or text.

Readers: ``data-provider-demo.ts`` (``BYTES_EXTENSION``) and ``data-provider.ts`` (``retrieveTensorAsBytes``,
``parseTensors``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from projector_export.checks.asset_checks import unreadable
from projector_export.checks.asset_path import is_file, read_head
from projector_export.checks.finding import Finding, fault, note, warning
from projector_export.checks.scene import TensorScene
from projector_export.checks.statistics import gather
from projector_export.checks.tensor_file import foreign_format, raw_rows
from projector_export.checks.tensor_text import Text, read_by_viewer
from projector_export.checks.value_rules import shape_findings, value_findings

__all__ = ["check_tensor"]

SUFFIX = ".bytes"
UPLOAD_NAME = "vectors.tsv"
HEAD_BYTES = 2**16


def check_tensor(scene: TensorScene, path: Path | None) -> tuple[tuple[int, ...], list[Finding]]:
    """Return the shape that the viewer shows, empty where it fails, and what goes wrong."""
    if path is None:
        return (), []
    try:
        if len(scene.info.tensor_shape) != 2:
            return (), [_without_shape(scene)]
        if scene.info.tensor_path.endswith(SUFFIX):
            return _check_raw(scene, path)
        return _check_text(scene, path)
    except OSError as error:
        return (), [unreadable(scene, scene.info.tensor_path, error)]


def _without_shape(scene: TensorScene) -> Finding:
    return fault(
        "tensor-without-shape",
        scene.where(),
        f"tensorShape is {list(scene.info.tensor_shape)}, and the viewer lists only tensors of two dimensions.",
        "Write tensorShape: [N_ROWS, N_DIMENSIONS].",
    )


def _check_raw(scene: TensorScene, path: Path) -> tuple[tuple[int, ...], list[Finding]]:
    n_rows, n_dims = scene.info.tensor_shape
    n_bytes = path.stat().st_size
    where = scene.where(scene.info.tensor_path)
    head = read_head(path, HEAD_BYTES) or b""
    foreign = foreign_format(head, n_bytes, scene.info.tensor_shape)
    if foreign or _is_text(head):
        kind = foreign or "text"
        return (), [
            fault(
                "bytes-suffix",
                where,
                f"Its path ends in {SUFFIX}, so the viewer takes it for raw float32, but it is {kind}.",
                "Write raw float32, or give text another name, such as vectors.tsv.",
            )
        ]
    if n_dims < 1 or n_bytes % (4 * n_dims) or not n_bytes:
        return (), [
            fault(
                "tensor-size-mismatch",
                where,
                f"Its {n_bytes:,} bytes are no whole number of rows of {n_dims:,} float32 ({4 * n_dims:,} bytes).",
                "Correct tensorShape, or write the file again.",
            )
        ]
    found = n_bytes // (4 * n_dims)
    findings = [] if found == n_rows else [_other_rows(where, found, n_rows)]
    findings += shape_findings(scene, (found, n_dims))
    findings += value_findings(scene, gather(raw_rows(path, n_dims)))
    findings += _upload_findings(scene, path, found)
    return (found, n_dims), findings


def _is_text(head: bytes) -> bool:
    """Tell whether a file is rows of numbers in ASCII."""
    return bool(head.strip()) and not head.translate(None, b"0123456789+-.eE\t\r\n ")


def _other_rows(where: str, found: int, n_rows: int) -> Finding:
    return warning(
        "tensor-shape-mismatch",
        where,
        f"tensorShape says {n_rows:,} rows, and the file has {found:,}, which are shown.",
        f"Write tensorShape: [{found}, ...].",
    )


def _upload_findings(scene: TensorScene, path: Path, n_rows: int) -> Iterator[Finding]:
    """Compare the file for the upload dialog beside it."""
    upload = path.with_name(UPLOAD_NAME)
    if not is_file(upload):
        return
    with open(upload, "rb") as file:
        found = sum(1 for line in file if line.strip())
    if found != n_rows:
        directory = scene.info.tensor_path.rpartition("/")[0]
        yield fault(
            "upload-rows",
            scene.where(f"{directory}/{UPLOAD_NAME}".lstrip("/")),
            f"It has {found:,} rows, and {path.name} has {n_rows:,}: uploaded with the same metadata, labels do not fit.",
            "Export again.",
        )


def _check_text(scene: TensorScene, path: Path) -> tuple[tuple[int, ...], list[Finding]]:
    where = scene.where(scene.info.tensor_path)
    head = read_head(path, HEAD_BYTES) or b""
    foreign = foreign_format(head, -1, ())
    if foreign or b"\0" in head:
        query = " (what follows a '?' counts)" if "?" in scene.info.tensor_path else ""
        return (), [
            fault(
                "bytes-suffix",
                where,
                f"It is {foreign or 'raw numbers'}, but its path does not end in {SUFFIX}{query}, so the viewer reads it as "
                "text.",
                f"Rename it to end in {SUFFIX} if it is raw float32, else write that.",
            )
        ]
    text = read_by_viewer(path)
    problem = _text_problem(text, head)
    if problem:
        return (), [
            fault("tensor-text-invalid", where, problem, "Write rows of two or more numbers each, separated by tabs.")
        ]
    findings = [*shape_findings(scene, (text.n_rows, text.n_dims)), *value_findings(scene, text.statistics)]
    if text.n_labels:
        findings.append(
            note(
                "labels-thrown-away",
                where,
                f"{text.n_labels:,} rows begin with a text, which the viewer takes for a label and then does not show.",
                "Put the labels into the metadata file.",
            )
        )
    return (text.n_rows, text.n_dims), findings


def _text_problem(text: Text, head: bytes) -> str:
    if not text.n_rows:
        return (
            "It holds no row"
            + ("" if b"\n" in head else " and no line break, for which the parser waits for ever")
            + "."
        )
    if b"\n" not in head and text.n_rows == 1:
        return "It has no line break, for which the viewer's parser waits for ever."
    if text.ragged_line:
        return f"Line {text.ragged_line:,} has {text.ragged_dims:,} numbers, the first row has {text.n_dims:,}."
    return f"Its rows have {text.n_dims} number, and the viewer needs two or more." if text.n_dims < 2 else ""
