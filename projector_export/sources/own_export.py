"""Exports of this program, read back: vectors, columns as the viewer shows them, layouts, and pictures.

Writer: ``targets/tensorboard.py``. The files are somebody's by now: names stay inside the tensor's folder, arrays are read
without pickle, and sizes are compared with what the manifest says.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path, PurePosixPath

import numpy as np

from projector_export.errors import (
    AmbiguousChoiceError,
    CorruptFileError,
    MissingExtraError,
    NotFoundError,
    ProjectorExportError,
    excerpt,
)
from projector_export.formats import export_manifest, metadata_cell, metadata_tsv, projector_config, tensor_bundle
from projector_export.formats.export_manifest import ExportManifest, LayoutEntry
from projector_export.formats.javascript import LARGEST_CATEGORIES
from projector_export.provenance import Provenance, Step
from projector_export.sources.sprite_pictures import read_thumbnails
from projector_export.table import Column, EmbeddingTable, Layout, Thumbnails
from projector_export.tensor_files import numpy_file
from projector_export.vectors import FileVectors

__all__ = ["read", "stored_vectors"]

_AGAIN = "export that tensor again"


def read(logdir: str | PathLike[str], name: str | None = None, *, has_thumbnails: bool = False) -> EmbeddingTable:
    """Read one tensor of an export.

    Parameters
    ----------
    logdir
        The logdir of an export, or a run below it.
    name
        The tensor; where the export has only one, that one is taken whatever its name.
    has_thumbnails
        Whether its pictures are read too, which takes up to 270 MB. Where the viewer was given fewer rows, or Pillow is not
        installed, a note says that they are left out.

    Returns
    -------
    EmbeddingTable
        All rows, their columns as the viewer shows them, and the layouts, whose quality is not read back.

    Raises
    ------
    NotFoundError
        If there is no export of this program.
    AmbiguousChoiceError
        If it holds several tensors and none of that name.
    CorruptFileError
        If a file is not what the manifest says, or the tensor's manifest cannot be read. That of another tensor may be so.
    """
    folder, manifest = _chosen(Path(logdir).expanduser(), name)
    step = Step("read own_export", {"folder": folder.name, "created": manifest.created})
    thumbnails, notes = _thumbnails(folder, manifest) if has_thumbnails else (None, ())
    return EmbeddingTable(
        manifest.name,
        _vectors(folder, manifest.shape, _AGAIN),
        _columns(folder, manifest),
        Provenance().then(step, *notes),
        layouts=tuple(_layout(folder, entry, manifest.shape[0]) for entry in manifest.layouts),
        thumbnails=thumbnails,
    )


def stored_vectors(logdir: Path, name: str, *, remedy: str) -> FileVectors | None:
    """Return the vectors of one tensor of an export, still on disk; None where it has none of that name.

    Parameters
    ----------
    logdir
        Folder of the config.
    name
        The tensor.
    remedy
        What to do about damaged files; ends their errors.

    Raises
    ------
    CorruptFileError
        If a file is not what the config or the manifest says.
    """
    for tensor_name, path in _manifests(logdir, remedy):
        if tensor_name == name:
            return _vectors(path.parent, export_manifest.decode(_text(path, remedy), where=str(path)).shape, remedy)
    return None


def _chosen(logdir: Path, name: str | None) -> tuple[Path, ExportManifest]:
    found: dict[str, tuple[Path, ExportManifest]] = {}
    broken: dict[str, CorruptFileError] = {}
    for tensor_name, path in _manifests(logdir, _AGAIN):
        try:
            manifest = export_manifest.decode(_text(path, _AGAIN), where=str(path))
        except CorruptFileError as error:
            broken[tensor_name] = error
        else:
            found[manifest.name] = (path.parent, manifest)
    if name in found:
        return found[name]
    if name in broken or (broken and not found):
        raise broken.get(name or "") or next(iter(broken.values()))
    if not found:
        raise NotFoundError(
            f"{logdir} holds no export of this program: give the logdir (or LOGDIR/RUN) of an earlier one"
        )
    if len(found) > 1:
        beside = f"; besides, {next(iter(broken.values()))}" if broken else ""
        raise AmbiguousChoiceError(
            f"{logdir} holds several tensors ({excerpt(', '.join(found))}) and none named {name!r}: add --name with one of "
            f"these{beside}"
        )
    return next(iter(found.values()))


def _manifests(logdir: Path, remedy: str) -> list[tuple[str, Path]]:
    """Return the names of tensors, as the config says them, and where their manifests are."""
    config = logdir / projector_config.FILE_NAME
    if not config.is_file():
        return []
    entries = projector_config.decode(_text(config, remedy), where=str(config)).embeddings
    paths = [
        (info.tensor_name, logdir / PurePosixPath(info.tensor_path).parts[0] / export_manifest.FILE_NAME)
        for info in entries
        if "/" in info.tensor_path
    ]
    return [
        (name, path)
        for name, path in paths
        if path.parent.parent == logdir and path.parent.name != ".." and path.is_file()
    ]


def _text(path: Path, remedy: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CorruptFileError(f"cannot read {path} ({excerpt(error)}): {remedy}") from error


def _vectors(folder: Path, shape: tuple[int, int], remedy: str) -> FileVectors:
    path = folder / tensor_bundle.data_file_name(export_manifest.CHECKPOINT)
    n_rows, n_dims = shape
    n_bytes = path.stat().st_size if path.is_file() else 0
    if n_bytes != 4 * n_rows * n_dims:
        raise CorruptFileError(
            f"{path} has {n_bytes:,} bytes, and {n_rows:,} rows of {n_dims:,} dimensions need {4 * n_rows * n_dims:,}: "
            f"{remedy}"
        )
    return FileVectors(path, 0, shape, "float32", 4 * n_dims, lambda raw: raw.view("<f4"))


def _columns(folder: Path, manifest: ExportManifest) -> tuple[Column, ...]:
    if not manifest.has_metadata:
        return ()
    path = folder / "metadata.tsv"
    try:
        decoded = metadata_tsv.decode(path.read_bytes())
    except OSError as error:
        raise CorruptFileError(f"cannot read {path} ({error.strerror}): {_AGAIN}") from error
    if len(decoded.rows) != manifest.shape[0]:
        raise CorruptFileError(f"{path} has {len(decoded.rows):,} rows and the tensor {manifest.shape[0]:,}: {_AGAIN}")
    return tuple(
        _column(name, values) for name, values in zip(decoded.names, zip(*decoded.rows, strict=True), strict=True)
    )


def _column(name: str, values: tuple[str | float | None, ...]) -> Column:
    if all(not isinstance(value, str) for value in values):
        return Column(name, np.array([np.nan if value is None else value for value in values], dtype=np.float64))
    cells = [value if isinstance(value, str) else "" if value is None else repr(value) for value in values]
    counted = len(set(cells)) <= LARGEST_CATEGORIES
    return Column(name, [metadata_cell.decode(cell, spelled=True, counted=counted) for cell in cells], spelled=True)


def _thumbnails(folder: Path, manifest: ExportManifest) -> tuple[Thumbnails | None, tuple[str, ...]]:
    sprite = manifest.sprite
    if sprite is None:
        return None, ()
    n_rows = manifest.shape[0]
    if sprite.n_rows != n_rows:
        return None, (
            f"the thumbnails are left out: the export has them for {sprite.n_rows:,} of {n_rows:,} rows only",
        )
    try:
        return read_thumbnails(folder, sprite, n_rows), ()
    except MissingExtraError as error:
        return None, (f"the thumbnails are left out: {error}",)


def _layout(folder: Path, entry: LayoutEntry, n_rows: int) -> Layout:
    path = folder / entry.file
    try:
        stored = numpy_file.read(path)
    except ProjectorExportError as error:
        raise CorruptFileError(f"{error}: {_AGAIN}") from error
    kind, shape = (stored[0].dtype, stored[0].shape) if len(stored) == 1 else (f"{len(stored)} arrays", ())
    if kind != "float32" or len(shape) != 2 or shape[0] != n_rows:
        raise CorruptFileError(f"{path} holds {kind} of shape {excerpt(shape)} for {n_rows:,} rows: {_AGAIN}")
    return Layout(entry.name, entry.method, stored[0].open_rows().read(0, n_rows), entry.parameters)
