"""A TensorBoard logdir: a TensorFlow checkpoint written without TensorFlow, whose data is also the projector's tensor file.

Readers: ``tensorboard/plugins/projector/projector_plugin.py`` with and without TensorFlow, ``tf.train.load_checkpoint``.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path, PurePosixPath

from projector_export.errors import InvalidInputError
from projector_export.formats import event_file, metadata_tsv, projector_config, tensor_bundle
from projector_export.formats.projector_config import EmbeddingInfo, ProjectorConfig
from projector_export.table import EmbeddingTable
from projector_export.targets import manifest
from projector_export.targets.publication import MANIFEST_NAME, Retire, publication, replace_text
from projector_export.targets.result import URL_BREAKERS, Written, checked_name
from projector_export.targets.tensor_file import FileRecord, Progress, needed_nudge, write_bytes, write_raw

__all__ = ["write"]

CHECKPOINT = "vectors.ckpt"


def write(
    tables: Sequence[tuple[EmbeddingTable, EmbeddingTable]],
    logdir: str | PathLike[str],
    *,
    run: str | None = None,
    progress: Progress | None = None,
) -> tuple[Written, ...]:
    """Write tables into a logdir, all of them or none.

    Parameters
    ----------
    tables
        Pairs: all rows, which the checkpoint keeps bit by bit, and what the viewer is given (the same object where that is
        all of it). Tensors of the same name are replaced, all others in the logdir stay.
    logdir
        What ``tensorboard --logdir`` is given; made if it does not exist.
    run
        A run below the logdir; by default the logdir itself.
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
    parent = _run_folder(Path(logdir), run)
    names = [checked_name(table) for table, _ in tables]
    if len(set(names)) < len(names):
        raise InvalidInputError(f"two tensors of one run cannot share a name: {', '.join(names)}")
    with publication(
        parent,
        names,
        n_bytes=sum(_expected_bytes(table, viewer) for table, viewer in tables),
        referenced=lambda: _referenced(_read_config(parent)),
    ) as opened:
        entries = [
            _write_folder(folder, table, viewer, progress)
            for folder, (table, viewer) in zip(opened.folders, tables, strict=True)
        ]
        replaced: set[str] = set()
        infos = [entry.info for entry in entries]
        opened.commit(lambda retire: _replace_config(parent, infos, replaced, retire, has_run=run is not None))
    return tuple(
        entry.written(folder, table, viewer, replaced=entry.info.canonical_name in replaced)
        for entry, folder, (table, viewer) in zip(entries, opened.folders, tables, strict=True)
    )


@dataclass(frozen=True)
class _Entry:
    info: EmbeddingInfo
    n_bytes: int
    notes: tuple[str, ...]

    def written(self, folder: Path, table: EmbeddingTable, viewer: EmbeddingTable, *, replaced: bool) -> Written:
        return Written(
            "tensorboard", folder, table.name, table.shape, viewer.shape, self.n_bytes, self.notes, replaced=replaced
        )


def _write_folder(folder: Path, table: EmbeddingTable, viewer: EmbeddingTable, progress: Progress | None) -> _Entry:
    files = _write_checkpoint(folder, table, progress)
    tensor, metadata = files[0].name, ""
    nudge = needed_nudge(viewer.vectors)
    if viewer is not table or nudge:
        files.append(write_raw(folder / "viewer.bytes", viewer, nudge=nudge, progress=progress))
        tensor = files[-1].name
    if table.columns:
        files.append(write_bytes(folder / "metadata.tsv", metadata_tsv.encode(table.columns)))
        if viewer.columns is not table.columns:
            files.append(write_bytes(folder / "viewer.metadata.tsv", metadata_tsv.encode(viewer.columns)))
        metadata = f"{folder.name}/{files[-1].name}"
    files.append(write_bytes(folder / MANIFEST_NAME, manifest.encode(table, viewer, files, nudge=nudge)))
    info = EmbeddingInfo(table.name, f"{folder.name}/{tensor}", viewer.shape, metadata)
    notes = viewer.provenance.notes
    if viewer is not table:
        notes += (f"the checkpoint keeps all {table.n_rows:,} rows of {table.n_dims:,} dimensions",)
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
    if has_run:
        _write_event(parent)
    retire(sorted(_referenced(old) - _referenced(merged)))
    replace_text(parent / projector_config.FILE_NAME, projector_config.encode(merged))
    replaced |= {info.canonical_name for info in old.embeddings} & {info.canonical_name for info in new}


def _write_event(parent: Path) -> None:
    """Make the folder a run: TensorBoard's default loader lists one only if an event file holds a whole record."""
    for path in parent.glob("*tfevents*"):
        with open(path, "rb") as file:
            if event_file.has_record(file.read(2**16)):
                return
    now = time.time()
    write_bytes(parent / event_file.file_name(now, socket.gethostname()), event_file.encode_file_version(now))


def _read_config(parent: Path) -> ProjectorConfig:
    path = parent / projector_config.FILE_NAME
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ProjectorConfig()
    return projector_config.decode(text, where=str(path))


def _referenced(config: ProjectorConfig) -> set[str]:
    paths = (path for info in config.embeddings for path in (info.tensor_path, info.metadata_path))
    return {PurePosixPath(path).parts[0] for path in paths if "/" in path}


def _run_folder(logdir: Path, run: str | None) -> Path:
    if run is None:
        return logdir
    parts = PurePosixPath(run).parts
    if (
        not parts
        or run != "/".join(parts)
        or parts[0] == "/"
        or ".." in parts
        or any(c in run for c in URL_BREAKERS + "\\:")
    ):
        raise InvalidInputError(
            f"{run!r} cannot be a run below the logdir: type a relative path such as 'epochs/01', "
            f"without '..', '\\', ':', or any of {' '.join(URL_BREAKERS)}"
        )
    return logdir.joinpath(*parts)


def _expected_bytes(table: EmbeddingTable, viewer: EmbeddingTable) -> int:
    shown = 0 if viewer is table else viewer.n_rows * viewer.n_dims
    return 4 * (table.n_rows * table.n_dims + shown)
