"""The files beside a tensor, each opened once and handed to its rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from projector_export.checks.bookmark_rules import bookmark_findings
from projector_export.checks.column_rules import COLUMN_RULES
from projector_export.checks.finding import Finding, fault
from projector_export.checks.metadata_file import Metadata, read_metadata
from projector_export.checks.metadata_rules import METADATA_RULES
from projector_export.checks.scene import TensorScene
from projector_export.checks.sprite_rules import sprite_findings

__all__ = ["Outcome", "asset_findings", "metadata_findings", "open_metadata", "unreadable"]

MetadataRule: TypeAlias = Callable[[TensorScene, Metadata, "int | None"], Iterator[Finding]]


@dataclass(frozen=True)
class Outcome:
    """What became of a tensor: its shape in the viewer (empty where it is not offered), labels, and findings."""

    shape: tuple[int, ...]
    n_labels: int | None
    findings: tuple[Finding, ...]


def unreadable(scene: TensorScene, path: str, error: OSError) -> Finding:
    """Return the finding of a file that the system refuses to read."""
    return fault(
        "file-unreadable",
        scene.where(path),
        f"It cannot be read ({error.strerror or type(error).__name__}), so TensorBoard cannot either.",
        "Correct its permissions, or copy it again.",
    )


def open_metadata(scene: TensorScene, path: Path) -> Metadata:
    """Read a metadata file as the viewer gets it."""
    return read_metadata(path, max_rows=scene.max_rows, splits_at_return=scene.readers.splits_at_return)


def metadata_findings(scene: TensorScene, metadata: Metadata, n_rows: int | None) -> Iterator[Finding]:
    """Find what is wrong with a metadata file."""
    rules: tuple[MetadataRule, ...] = (*METADATA_RULES, *COLUMN_RULES)
    for rule in rules:
        yield from rule(scene, metadata, n_rows)


def asset_findings(
    scene: TensorScene, files: dict[str, Path], shape: tuple[int, ...]
) -> tuple[int | None, list[Finding]]:
    """Find what is wrong with the files beside a tensor.

    Parameters
    ----------
    scene
        The tensor.
    files
        Its files by kind: ``"metadata"``, ``"sprite"``, ``"bookmarks"``.
    shape
        Shape of the whole tensor; empty where it is not known.

    Returns
    -------
    n_labels : int or None
        Rows of metadata; None without metadata.
    findings : list of Finding
    """
    findings: list[Finding] = []
    metadata: Metadata | None = None
    n_rows = shape[0] if shape else None
    if "metadata" in files:
        try:
            metadata = open_metadata(scene, files["metadata"])
            findings += metadata_findings(scene, metadata, n_rows)
        except OSError as error:
            findings.append(unreadable(scene, scene.info.metadata_path, error))
    if "sprite" in files:
        n_shown = min(n_rows, scene.max_rows or n_rows) if n_rows is not None else None
        findings += sprite_findings(scene, files["sprite"], n_shown)
    if "bookmarks" in files:
        findings += bookmark_findings(scene, files["bookmarks"], shape, metadata)
    return metadata.n_rows if metadata else None, findings
