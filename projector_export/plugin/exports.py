"""Exports below a logdir: which there are, and that nothing outside the logdir is read.

Writer: ``targets/tensorboard.py``. A run's ``projector_config.pbtxt`` names the folders of its tensors.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from projector_export.errors import CorruptFileError, InvalidInputError, NotFoundError, ProjectorExportError
from projector_export.formats import export_manifest, findings, projector_config
from projector_export.formats.export_manifest import ExportManifest
from projector_export.formats.projector_config import EmbeddingInfo

__all__ = ["ROOT", "Export", "Survey", "has_export", "survey"]

ROOT = "."
"""The run that is the logdir itself."""


@dataclass(frozen=True)
class Export:
    """One tensor of a run.

    Parameters
    ----------
    run
        As TensorBoard calls it.
    run_folder, folder
        The run's folder and the tensor's below it.
    manifest
        What the export says of itself.
    stamp
        Changes whenever the export is written again.
    info
        What the projector is told of it.
    """

    run: str
    run_folder: Path
    folder: Path
    manifest: ExportManifest
    stamp: str
    info: EmbeddingInfo

    @property
    def name(self) -> str:
        """The tensor's name."""
        return self.manifest.name

    @property
    def is_whole_in_viewer(self) -> bool:
        """Whether the projector is given every row, so that its row numbers are those of the export."""
        return self.info.tensor_shape[:1] == self.manifest.shape[:1]

    def viewer_file(self, path: str) -> Path:
        """Return a file that the projector is given.

        Parameters
        ----------
        path
            One of the paths of :attr:`info`, relative to the run.

        Raises
        ------
        NotFoundError
            If there is none, or it is not in the tensor's folder.
        """
        parts = PurePosixPath(path).parts
        if len(parts) != 2 or parts[0] != self.folder.name or not (self.folder / parts[1]).is_file():
            raise NotFoundError(f"{self.name!a} has no such file for the projector: export that tensor again")
        return self.folder / parts[1]


@dataclass(frozen=True)
class Survey:
    """What was found below a logdir.

    Parameters
    ----------
    exports
        In the order of the runs.
    problems
        A sentence for each export that cannot be read.
    """

    exports: tuple[Export, ...] = ()
    problems: tuple[str, ...] = ()

    def find(self, run: str, name: str, stamp: str = "") -> Export:
        """Return an export.

        Raises
        ------
        NotFoundError
            If there is none of that name, or it was written again since the stamp was given.
        """
        for export in self.exports:
            if (export.run, export.name) == (run, name):
                if stamp and stamp != export.stamp:
                    raise NotFoundError(f"{name!a} in the run {run!a} was exported again meanwhile: open it again")
                return export
        raise NotFoundError(f"there is no export named {name!a} in the run {run!a}: choose another one")


def survey(logdir: Path, runs: Iterable[str]) -> Survey:
    """Look for exports in some runs, :data:`ROOT` being the logdir itself."""
    exports: list[Export] = []
    problems: list[str] = []
    for run in runs:
        try:
            for folder, info in _folders(logdir, run):
                try:
                    exports.append(_export(logdir, run, folder, info))
                except (ProjectorExportError, OSError) as error:
                    problems.append(f"run {run!a}: {_sentence(error)}")
        except (ProjectorExportError, OSError) as error:
            problems.append(f"run {run!a}: {_sentence(error)}")
    return Survey(tuple(exports), tuple(problems))


def has_export(logdir: Path, run: str) -> bool:
    """Tell whether a run seems to hold an export, without reading it."""
    try:
        return any(True for _ in _folders(logdir, run))
    except (ProjectorExportError, OSError):
        return False


def _folders(logdir: Path, run: str) -> Iterator[tuple[Path, EmbeddingInfo]]:
    run_folder = logdir / run
    config = run_folder / projector_config.FILE_NAME
    if not os.path.lexists(config):
        return
    entries = projector_config.decode(_text(logdir, config), where=str(config)).embeddings
    named = {PurePosixPath(info.tensor_path).parts[0]: info for info in entries if "/" in info.tensor_path}
    for name, info in named.items():
        folder = run_folder / name
        if folder.parent == run_folder and name != ".." and os.path.lexists(folder / export_manifest.FILE_NAME):
            yield folder, info


def _export(logdir: Path, run: str, folder: Path, info: EmbeddingInfo) -> Export:
    path = folder / export_manifest.FILE_NAME
    manifest = export_manifest.decode(_text(logdir, path), where=str(path))
    files = sorted(each for each in folder.iterdir() if not each.is_dir())
    for each in files:
        _require_inside(logdir, each)
    seen = {each.name: each.stat() for each in files}
    names = (export_manifest.FILE_NAME, findings.FILE_NAME)
    stamp = "-".join(f"{seen[name].st_mtime_ns:x}.{seen[name].st_size:x}" for name in names if name in seen)
    return Export(run, logdir / run, folder, manifest, stamp, info)


def _text(logdir: Path, path: Path) -> str:
    _require_inside(logdir, path)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CorruptFileError(f"{path} is not UTF-8 ({error}): export that tensor again") from error


def _require_inside(logdir: Path, path: Path) -> None:
    try:
        real = path.resolve()
    except RuntimeError as error:
        raise InvalidInputError(f"{path} is a link that leads in a circle: remove it") from error
    if not real.is_relative_to(logdir.resolve()):
        raise InvalidInputError(f"{path} leads to a place outside the logdir: copy that file into its folder")
    if not real.is_file():
        raise InvalidInputError(f"{path} is no file: export that tensor again")


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and not isinstance(error, ProjectorExportError):
        return f"cannot read {error.filename} ({error.strerror})"
    return str(error)
