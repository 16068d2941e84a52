"""A TensorBoard logdir: a TensorFlow checkpoint written without TensorFlow, whose data is also the projector's tensor file.

Readers: ``tensorboard/plugins/projector/projector_plugin.py`` with and without TensorFlow, ``tf.train.load_checkpoint``.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path, PurePosixPath

from projector_export.errors import InvalidInputError
from projector_export.formats import event_file, metadata_tsv, projector_config, tensor_bundle
from projector_export.formats.findings import Findings
from projector_export.formats.projector_config import EmbeddingInfo, ProjectorConfig
from projector_export.formats.viewer_limits import MAX_ROWS, URL_BREAKERS
from projector_export.table import EmbeddingTable
from projector_export.targets import manifest
from projector_export.targets.findings_file import check_findings, write_findings
from projector_export.targets.folders import CHECKPOINT, MANIFEST_NAME, is_reserved
from projector_export.targets.pictures import expected_bytes, write_pictures
from projector_export.targets.publication import (
    Retire,
    publication,
    read_document,
    replace_text,
    require_writable,
)
from projector_export.targets.result import Written, checked_names, notes_of, unsafe_in_request
from projector_export.targets.sprite import check_sprite, write_sprite
from projector_export.targets.sprite import expected_bytes as expected_sprite_bytes
from projector_export.targets.tensor_file import FileRecord, needed_nudge, write_bytes, write_raw
from projector_export.vectors import Progress

__all__ = ["check_place", "prepared", "write"]


def check_place(logdir: str | PathLike[str], run: str | None = None) -> None:
    """Tell at once what would keep :func:`write` from writing to a logdir, before anything long begins.

    Raises
    ------
    InvalidInputError
        If the run cannot be a folder below the logdir.
    CorruptFileError
        If the logdir holds a ``projector_config.pbtxt`` that TensorBoard cannot read.
    WriteError
        If the logdir cannot be written to.
    """
    parent = _run_folder(Path(logdir).expanduser(), run)
    require_writable(parent)
    _read_config(parent)


def write(
    tables: Sequence[tuple[EmbeddingTable, EmbeddingTable]],
    logdir: str | PathLike[str],
    *,
    run: str | None = None,
    findings: Mapping[str, Findings] | None = None,
    progress: Progress | None = None,
) -> tuple[Written, ...]:
    """Write tables into a logdir, all of them or none; see :func:`prepared`."""
    with prepared(tables, logdir, run=run, findings=findings, progress=progress) as commit:
        return commit()


@contextmanager
def prepared(
    tables: Sequence[tuple[EmbeddingTable, EmbeddingTable]],
    logdir: str | PathLike[str],
    *,
    run: str | None = None,
    findings: Mapping[str, Findings] | None = None,
    progress: Progress | None = None,
) -> Iterator[Callable[[], tuple[Written, ...]]]:
    """Write tables into a logdir, and show them once the function that is given is called.

    Parameters
    ----------
    tables
        Pairs: all rows, which the checkpoint keeps bit by bit, and what the viewer is given (the same object where that is
        all of it). Tensors of the same name are replaced, all others in the logdir stay.
    logdir
        What ``tensorboard --logdir`` is given; made if it does not exist.
    run
        A run below the logdir; by default the logdir itself.
    findings
        What was found in the tables, by their names; written beside their manifests.
    progress
        Called with rows done and all rows, for each file of vectors.

    Raises
    ------
    InvalidInputError
        If a name breaks the viewer's requests, or a table cannot be shown.
    CorruptFileError
        If the logdir holds a ``projector_config.pbtxt`` that TensorBoard cannot read.
    WriteError
        If the disk is full or the logdir cannot be written to.
    """
    parent = _run_folder(Path(logdir).expanduser(), run)
    check_findings([table for table, _ in tables], findings or {})
    for _, viewer in tables:
        check_sprite(viewer)
    with publication(
        parent,
        checked_names([table for table, _ in tables]),
        n_bytes=sum(_expected_bytes(table, viewer) for table, viewer in tables),
        referenced=lambda: _referenced(_read_config(parent)),
    ) as opened:
        entries = [
            _write_folder(folder, table, viewer, findings or {}, progress)
            for folder, (table, viewer) in zip(opened.folders, tables, strict=True)
        ]

        def commit() -> tuple[Written, ...]:
            replaced: set[str] = set()
            infos = [entry.info for entry in entries]
            opened.commit(lambda retire: _replace_config(parent, infos, replaced, retire, has_run=run is not None))
            return tuple(
                entry.written(folder, table, viewer, replaced=entry.info.canonical_name in replaced)
                for entry, folder, (table, viewer) in zip(entries, opened.folders, tables, strict=True)
            )

        yield commit


@dataclass(frozen=True)
class _Entry:
    info: EmbeddingInfo
    n_bytes: int
    notes: tuple[str, ...]

    def written(self, folder: Path, table: EmbeddingTable, viewer: EmbeddingTable, *, replaced: bool) -> Written:
        return Written(
            "tensorboard", folder, table.name, table.shape, viewer.shape, self.n_bytes, self.notes, replaced=replaced
        )


def _write_folder(
    folder: Path,
    table: EmbeddingTable,
    viewer: EmbeddingTable,
    findings: Mapping[str, Findings],
    progress: Progress | None,
) -> _Entry:
    with ThreadPoolExecutor(1) as pool:
        labels = pool.submit(metadata_tsv.encode, table.columns) if table.columns else None
        files = _write_checkpoint(folder, table, progress)
    tensor, metadata = files[0].name, ""
    nudge = needed_nudge(viewer.vectors)
    if viewer is not table or nudge:
        files.append(write_raw(folder / "viewer.bytes", viewer, nudge=nudge, progress=progress))
        tensor = files[-1].name
    if labels is not None:
        files.append(write_bytes(folder / "metadata.tsv", labels.result()))
        if viewer.columns is not table.columns:
            files.append(write_bytes(folder / "viewer.metadata.tsv", metadata_tsv.encode(viewer.columns)))
        metadata = f"{folder.name}/{files[-1].name}"
    pictures = write_pictures(folder, table, viewer, max_rows=MAX_ROWS)
    sprite = write_sprite(folder, viewer)
    files += pictures.files + sprite.files + write_findings(folder, table, findings)
    text = manifest.encode(table, viewer, files, layouts=pictures.entries, sprite=sprite.as_json(), nudge=nudge)
    files.append(write_bytes(folder / MANIFEST_NAME, text))
    views = f"{folder.name}/{pictures.bookmarks}" if pictures.bookmarks else ""
    thumbnails = f"{folder.name}/{sprite.file_name}" if sprite.files else ""
    info = EmbeddingInfo(table.name, f"{folder.name}/{tensor}", viewer.shape, metadata, views, thumbnails, sprite.size)
    notes = notes_of(table, viewer) + pictures.notes
    if viewer is not table:
        notes += (f"the checkpoint keeps all {table.n_rows:,} rows of {table.n_dims:,} dimensions",)
    if viewer.n_rows > MAX_ROWS:
        notes += (f"TensorBoard shows the first {MAX_ROWS:,} of these {viewer.n_rows:,} rows",)
    if nudge and nudge.ulps:
        notes += (
            f"row {nudge.row}, dimension {nudge.dimension} moved by {nudge.ulps} ulp in the viewer's copy, "
            "because TensorBoard would take the file for text; the checkpoint is exact",
        )
    return _Entry(info, sum(record.n_bytes for record in files), notes)


def _write_checkpoint(folder: Path, table: EmbeddingTable, progress: Progress | None) -> list[FileRecord]:
    data = write_raw(folder / tensor_bundle.data_file_name(CHECKPOINT), table, progress=progress)
    entry = tensor_bundle.TensorEntry(table.name, "float32", table.shape, 0, 0, data.n_bytes, data.crc32c)
    index = write_bytes(folder / tensor_bundle.index_file_name(CHECKPOINT), tensor_bundle.encode_index([entry]))
    state = write_bytes(folder / "checkpoint", tensor_bundle.checkpoint_state(CHECKPOINT).encode())
    return [data, index, state]


def _replace_config(
    parent: Path, new: Sequence[EmbeddingInfo], replaced: set[str], retire: Retire, *, has_run: bool
) -> None:
    old = _read_config(parent)
    merged = projector_config.merge(old, new)
    event = _write_event(parent) if has_run else None
    retire(sorted(_referenced(old) - _referenced(merged)))
    try:
        replace_text(parent / projector_config.FILE_NAME, projector_config.encode(merged))
    except OSError:
        if event is not None:
            event.unlink()
        raise
    replaced |= {info.canonical_name for info in old.embeddings} & {info.canonical_name for info in new}


def _write_event(parent: Path) -> Path | None:
    """Make the folder a run: TensorBoard's default loader lists one only if an event file holds a whole record."""
    for path in parent.glob("*tfevents*"):
        with open(path, "rb") as file:
            if event_file.has_record(file.read(2**16)):
                return None
    now = time.time()
    event = parent / event_file.file_name(now, socket.gethostname())
    write_bytes(event, event_file.encode_file_version(now))
    return event


def _read_config(parent: Path) -> ProjectorConfig:
    path = parent / projector_config.FILE_NAME
    return projector_config.decode(read_document(path), where=str(path))


def _referenced(config: ProjectorConfig) -> set[str]:
    paths = (
        path
        for info in config.embeddings
        for path in (info.tensor_path, info.metadata_path, info.bookmarks_path, info.sprite_path)
    )
    return {PurePosixPath(path).parts[0] for path in paths if "/" in path}


def _run_folder(logdir: Path, run: str | None) -> Path:
    if run is None:
        return logdir
    parts = PurePosixPath(run).parts
    is_path = parts and run == "/".join(parts) and parts[0] != "/" and ".." not in parts
    if not is_path or unsafe_in_request(run) or any(_is_odd(part) for part in parts):
        raise InvalidInputError(
            f"{run!r} cannot be a run below the logdir: type a relative path such as 'epochs/01', without '..', '\\', ':', "
            f"invisible characters, or any of {' '.join(URL_BREAKERS)}"
        )
    return logdir.joinpath(*parts)


def _is_odd(part: str) -> bool:
    return is_reserved(part) or part != part.strip() or part.endswith(".") or any(char in part for char in "\\:")


def _expected_bytes(table: EmbeddingTable, viewer: EmbeddingTable) -> int:
    shown = 0 if viewer is table else viewer.n_rows * viewer.n_dims
    numbers = table.n_rows * table.n_dims + shown
    return 4 * numbers + expected_bytes(table, viewer) + expected_sprite_bytes(viewer)
