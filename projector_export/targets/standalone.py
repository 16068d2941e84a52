"""A folder for projector.tensorflow.org: ``config.json`` with raw vectors, and text files for its upload dialog.

Reader: ``vz_projector/data-provider-demo.ts`` (config, ``.bytes``, metadata) and ``data-provider.ts`` (uploaded text).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path, PurePosixPath

from projector_export.errors import InvalidInputError
from projector_export.formats import metadata_tsv, standalone_config
from projector_export.formats.findings import Findings
from projector_export.formats.projector_config import EmbeddingInfo
from projector_export.table import EmbeddingTable
from projector_export.targets import manifest
from projector_export.targets.findings_file import check_findings, write_findings
from projector_export.targets.folders import MANIFEST_NAME
from projector_export.targets.pictures import Pictures, expected_bytes, write_pictures
from projector_export.targets.publication import (
    Retire,
    publication,
    read_document,
    replace_text,
    require_writable,
)
from projector_export.targets.result import Written, checked_names, notes_of
from projector_export.targets.sprite import check_sprite, write_sprite
from projector_export.targets.sprite import expected_bytes as expected_sprite_bytes
from projector_export.targets.tensor_file import write_bytes, write_raw, write_rows_as_text
from projector_export.vectors import Progress

__all__ = ["check_place", "prepared", "write"]

TEXT_BYTES_A_NUMBER = 12
"""A float32 as text with its tab, roughly; for the check of free space."""


def check_place(folder: str | PathLike[str], base_url: str = "") -> None:
    """Tell at once what would keep :func:`write` from writing to a folder, before anything long begins.

    Raises
    ------
    InvalidInputError
        If the base URL is none.
    CorruptFileError
        If the folder holds another ``config.json``.
    WriteError
        If the folder cannot be written to.
    """
    _check_base_url(base_url)
    parent = Path(folder).expanduser()
    require_writable(parent)
    _decode(_read_text(parent), parent)


def write(
    tables: Sequence[tuple[EmbeddingTable, EmbeddingTable]],
    folder: str | PathLike[str],
    *,
    base_url: str = "",
    findings: Mapping[str, Findings] | None = None,
    progress: Progress | None = None,
) -> tuple[Written, ...]:
    """Write tables into a folder for the standalone projector, all of them or none; see :func:`prepared`."""
    with prepared(tables, folder, base_url=base_url, findings=findings, progress=progress) as commit:
        return commit()


@contextmanager
def prepared(
    tables: Sequence[tuple[EmbeddingTable, EmbeddingTable]],
    folder: str | PathLike[str],
    *,
    base_url: str = "",
    findings: Mapping[str, Findings] | None = None,
    progress: Progress | None = None,
) -> Iterator[Callable[[], tuple[Written, ...]]]:
    """Write tables into a folder for the standalone projector, and show them once the function that is given is called.

    Parameters
    ----------
    tables
        Pairs: all rows, and what the viewer is given. Only the latter is written, since a browser reads all of it.
    folder
        Where ``config.json`` goes; made if it does not exist. Tensors of the same name are replaced, others stay.
    base_url
        Address at which the folder will be served, ending in ``/``. The viewer takes the config's paths relative to the page
        that shows it, so a config for projector.tensorflow.org needs it; without, the page has to lie in the folder.
    findings
        What was found in the tables, by their names; written beside their manifests.
    progress
        Called with rows done and all rows, for each file of vectors.

    Raises
    ------
    InvalidInputError
        If a name breaks the viewer's requests, or a table cannot be shown.
    CorruptFileError
        If the folder holds another ``config.json``.
    WriteError
        If the disk is full or the folder cannot be written to.
    """
    _check_base_url(base_url)
    parent = Path(folder).expanduser()
    check_findings([table for table, _ in tables], findings or {})
    for _, viewer in tables:
        check_sprite(viewer)
    with publication(
        parent,
        checked_names([table for table, _ in tables]),
        n_bytes=sum(_expected_bytes(table, viewer) for table, viewer in tables),
        referenced=lambda: _referenced(_decode(_read_text(parent), parent)),
    ) as opened:
        entries = [
            _write_folder(path, table, viewer, base_url, findings or {}, progress)
            for path, (table, viewer) in zip(opened.folders, tables, strict=True)
        ]

        def commit() -> tuple[Written, ...]:
            replaced: set[str] = set()
            infos = [info for info, _, _ in entries]
            opened.commit(lambda retire: _replace_config(parent, infos, replaced, retire))
            return tuple(
                _written(path, table, viewer, n_bytes, pictures, replaced=info.tensor_name in replaced)
                for (info, n_bytes, pictures), path, (table, viewer) in zip(
                    entries, opened.folders, tables, strict=True
                )
            )

        yield commit


def _check_base_url(base_url: str) -> None:
    if not base_url:
        return
    if not base_url.startswith(("http://", "https://")):
        raise InvalidInputError(f"{base_url!r} is no address: a base URL begins with https:// or http://")
    if not base_url.endswith("/"):
        raise InvalidInputError(f"a base URL ends in a slash: type {base_url + '/'!r}")


def _written(
    folder: Path, table: EmbeddingTable, viewer: EmbeddingTable, n_bytes: int, pictures: Pictures, *, replaced: bool
) -> Written:
    notes = notes_of(table, viewer) + pictures.notes
    return Written("standalone", folder, table.name, table.shape, viewer.shape, n_bytes, notes, replaced=replaced)


def _write_folder(
    folder: Path,
    table: EmbeddingTable,
    viewer: EmbeddingTable,
    base_url: str,
    findings: Mapping[str, Findings],
    progress: Progress | None,
) -> tuple[EmbeddingInfo, int, Pictures]:
    prefix = f"{base_url}{folder.name}/"
    files = [
        write_raw(folder / "vectors.bytes", viewer, progress=progress),
        write_rows_as_text(folder / "vectors.tsv", viewer, progress=progress),
    ]
    metadata = ""
    if viewer.columns:
        files.append(write_bytes(folder / "metadata.tsv", metadata_tsv.encode(viewer.columns)))
        metadata = f"{prefix}metadata.tsv"
    pictures = write_pictures(folder, table, viewer)
    sprite = write_sprite(folder, viewer)
    files += pictures.files + sprite.files + write_findings(folder, table, findings)
    text = manifest.encode(table, viewer, files, layouts=pictures.entries, sprite=sprite.as_json())
    files.append(write_bytes(folder / MANIFEST_NAME, text))
    views = f"{prefix}{pictures.bookmarks}" if pictures.bookmarks else ""
    thumbnails = f"{prefix}{sprite.file_name}" if sprite.files else ""
    info = EmbeddingInfo(table.name, f"{prefix}vectors.bytes", viewer.shape, metadata, views, thumbnails, sprite.size)
    return info, sum(record.n_bytes for record in files), pictures


def _replace_config(parent: Path, new: Sequence[EmbeddingInfo], replaced: set[str], retire: Retire) -> None:
    text = _read_text(parent)
    old = _decode(text, parent)
    merged = standalone_config.encode(new, onto=text)
    retire(sorted(_referenced(old) - _referenced(_decode(merged, parent))))
    replace_text(parent / standalone_config.FILE_NAME, merged)
    replaced |= {info.tensor_name for info in new} & {info.tensor_name for info in old}


def _read_text(parent: Path) -> str:
    return read_document(parent / standalone_config.FILE_NAME, encoding="utf-8-sig")


def _decode(text: str, parent: Path) -> tuple[EmbeddingInfo, ...]:
    return standalone_config.decode(text, where=str(parent / standalone_config.FILE_NAME)) if text else ()


def _referenced(embeddings: Sequence[EmbeddingInfo]) -> set[str]:
    return {PurePosixPath(info.tensor_path).parent.name for info in embeddings}


def _expected_bytes(table: EmbeddingTable, viewer: EmbeddingTable) -> int:
    numbers = viewer.n_rows * viewer.n_dims
    return (4 + TEXT_BYTES_A_NUMBER) * numbers + expected_bytes(table, viewer) + expected_sprite_bytes(viewer)
