"""The check itself: what kind of folder it is, and all findings in order of weight."""

from __future__ import annotations

import os
from collections.abc import Callable
from os import PathLike, fspath
from pathlib import Path

from projector_export.checks.asset_path import is_file, read_head
from projector_export.checks.finding import Finding, Readers, Report, Severity, ShownTensor
from projector_export.checks.standalone_check import check_standalone
from projector_export.checks.tensorboard_check import check_logdir
from projector_export.checks.wording import quoted_path
from projector_export.errors import NotFoundError
from projector_export.formats import projector_config, standalone_config
from projector_export.formats.tensor_bundle import STATE_FILE_NAME

__all__ = ["check"]

LARGEST_CONFIG_BYTES = 2**26
ORDER: tuple[Severity, ...] = ("fault", "warning", "note")


def check(
    folder: str | PathLike[str],
    *,
    tensorflow: bool | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Replay the Embedding Projector's own rules on a folder, whoever wrote it.

    Nothing is executed or unpickled, and TensorFlow is not needed. Readers that are replayed:
    ``tensorboard/plugins/projector/projector_plugin.py`` and the viewer ``vz_projector`` of TensorBoard 2.21.

    Parameters
    ----------
    folder
        A logdir of TensorBoard, or a folder with a ``config.json`` for the standalone projector.
    tensorflow
        Whether TensorBoard will run beside TensorFlow. None judges for both: what fails only without TensorFlow is a
        warning that says so.
    progress
        Called with the number of tensors done and of all tensors.

    Returns
    -------
    Report
        What the viewer will show, and what goes wrong.

    Raises
    ------
    NotFoundError
        If there is no such folder.

    Examples
    --------
    >>> import tempfile
    >>> print(check(tempfile.mkdtemp()).findings[0].code)
    nothing-to-show
    """
    path = Path(folder)
    if not _is_folder(path):
        remote = "copy it to this machine first" if "://" in fspath(folder) else "give a logdir or a standalone folder"
        raise NotFoundError(f"there is no folder {quoted_path(fspath(folder))} to check: {remote}")
    readers = Readers(with_tensorflow=tensorflow is not False, without_tensorflow=tensorflow is not True)
    is_standalone = is_file(path / standalone_config.FILE_NAME) and not _is_logdir(path)
    shown: list[ShownTensor] = []
    findings: list[Finding] = []
    if not is_standalone:
        shown, findings = check_logdir(path, readers, progress)
    if is_standalone or _has_standalone_config(path):
        more_shown, more_findings = check_standalone(path, progress)
        shown, findings = [*shown, *more_shown], [*findings, *more_findings]
    unique = dict.fromkeys(findings)
    ordered = tuple(finding for severity in ORDER for finding in unique if finding.severity == severity)
    return Report(fspath(folder), "standalone" if is_standalone else "tensorboard", tuple(shown), ordered)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _is_logdir(path: Path) -> bool:
    """Tell whether anything below a folder is TensorBoard's."""
    names = {projector_config.FILE_NAME, STATE_FILE_NAME}
    return any(name in names or "tfevents" in name for _, _, files in os.walk(path) for name in files)


def _has_standalone_config(path: Path) -> bool:
    return b'"embeddings"' in (read_head(path / standalone_config.FILE_NAME, LARGEST_CONFIG_BYTES) or b"")
