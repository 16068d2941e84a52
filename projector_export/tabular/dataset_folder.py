"""Folders of records: what ``datasets.save_to_disk`` writes, and folders of shards.

Source: ``datasets/arrow_dataset.py`` and ``datasets/dataset_dict.py`` (``save_to_disk``): ``state.json`` lists the Arrow stream
files in order, ``dataset_info.json`` the features, ``dataset_dict.json`` the splits, each a folder of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from projector_export.errors import AmbiguousChoiceError, CorruptFileError, InvalidInputError, NotFoundError
from projector_export.provenance import JSONValue
from projector_export.tabular.class_names import names_in_features, with_class_names
from projector_export.tabular.json_lines import parse
from projector_export.tabular.location import Location
from projector_export.tabular.records import Batch, RecordFile, Wanted, first_row_of

__all__ = ["Shards", "open_folder"]

MAX_STATE_BYTES = 2**26
N_LISTED = 12
_INFORMATION = "dataset_info.json"
_SHARD = re.compile(r"(?P<split>[A-Za-z0-9_.]+?)(?:-\d{5}-of-\d{5}(?:-[0-9a-f]+)?|-\d+)?$")
_ENDING = re.compile(r"\.(csv|tsv|jsonl|ndjson|json|parquet|arrow)(\.gz|\.bz2|\.xz)?$", re.IGNORECASE)


@dataclass(frozen=True)
class Shards:
    """Files of records, one after the other.

    Parameters
    ----------
    location
        Their folder.
    files
        In order; all have the same columns.
    split
        Which part of the folder they are, if it has several.
    """

    location: Location
    files: tuple[RecordFile, ...]
    split: str | None

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.files[0].columns

    @property
    def n_rows(self) -> int | None:
        """Number of rows, where all files tell it."""
        counts = [file.n_rows for file in self.files]
        return None if None in counts else sum(count or 0 for count in counts)

    @property
    def is_typed(self) -> bool:
        """Whether the format tells numbers from texts."""
        return all(file.is_typed for file in self.files)

    @property
    def describe(self) -> dict[str, JSONValue]:
        """Source, split, number of files, and what is known of the first."""
        first = dict(self.files[0].describe)
        return {**first, "source": self.location.shown, "split": self.split, "files": len(self.files)}

    @property
    def first_row(self) -> tuple[str, ...]:
        """Cells of a first row of the first file that was taken for a record by its content."""
        return first_row_of(self.files[0])

    def chunks(self, wanted: Wanted) -> Iterator[Batch]:
        """Walk through the rows of all files."""
        start = wanted.start
        for file in self.files:
            if file.n_rows is not None and file.n_rows <= start:
                start -= file.n_rows
                continue
            known = file.n_rows is not None
            for chunk in file.chunks(replace(wanted, start=start if known else 0)):
                passed = 0 if known else min(start, len(chunk[wanted.columns[0]]))
                if passed < len(chunk[wanted.columns[0]]):
                    yield {name: values[passed:] for name, values in chunk.items()} if passed else chunk
                start -= passed
            start = 0 if known else start


def open_folder(location: Location, split: str | None, open_file: Callable[[Location], RecordFile]) -> Shards:
    """Find the files of a folder.

    Parameters
    ----------
    location
        The folder.
    split
        Which part is wanted.
    open_file
        Opens one file.

    Raises
    ------
    ProjectorExportError
        If there are several splits and none is named, or nothing that could be read.
    """
    names = location.files()
    if "dataset_dict.json" in names:
        splits = _state(location, "dataset_dict.json").get("splits")
        chosen = _chosen(
            location, [each for each in splits if isinstance(each, str)] if isinstance(splits, list) else [], split
        )
        folder = location.below(_safe(chosen, location))
        return _saved(location, folder, chosen, open_file)
    if "state.json" in names:
        if split is not None:
            raise NotFoundError(f"{location.shown!r} is one dataset and has no split {split!r}: leave it out")
        return _saved(location, location, None, open_file)
    groups = _groups(names)
    if not groups:
        raise NotFoundError(
            f"{location.shown!r} holds no dataset: no state.json and no CSV, TSV, JSON, Parquet or Arrow files"
        )
    only = next(iter(groups)) if len(groups) == 1 and split is None else None
    chosen = only if only is not None else _chosen(location, list(groups), split)
    return _opened(location, [location.below(name) for name in groups[chosen]], chosen, open_file)


def _saved(
    location: Location, folder: Location, split: str | None, open_file: Callable[[Location], RecordFile]
) -> Shards:
    """Open the files of a saved dataset; where they do not tell the names of their classes, its description may."""
    found = _opened(location, [folder.below(name) for name in _listed(folder)], split, open_file)
    if _INFORMATION not in folder.files():
        return found
    names = names_in_features(_state(folder, _INFORMATION))
    return replace(found, files=tuple(with_class_names(file, names) for file in found.files))


def _opened(
    location: Location, files: list[Location], split: str | None, open_file: Callable[[Location], RecordFile]
) -> Shards:
    opened = tuple(open_file(file) for file in files)
    for place, file in zip(files, opened, strict=True):
        if file.columns != opened[0].columns:
            raise InvalidInputError(
                f"{place.shown!r} has other columns than {files[0].shown!r}: "
                f"{', '.join(map(repr, file.columns[:8]))} instead of {', '.join(map(repr, opened[0].columns[:8]))}"
            )
    return Shards(location, opened, split)


def _chosen(location: Location, splits: list[str], split: str | None) -> str:
    known = (", ".join(map(repr, splits[:N_LISTED])) or "none") + (", …" if len(splits) > N_LISTED else "")
    if split is None and len(splits) == 1:
        return splits[0]
    if split is None:
        raise AmbiguousChoiceError(f"{location.shown!r} has several splits, {known}: name one (split=…)")
    if split not in splits:
        raise NotFoundError(f"{location.shown!r} has no split {split!r}; it has {known}")
    return split


def _listed(folder: Location) -> list[str]:
    """Return the names of the files of a saved dataset, in order."""
    state = _state(folder, "state.json")
    if state.get("_indices_data_files"):
        raise InvalidInputError(f"{folder.shown!r} holds a selection of rows: save it after flatten_indices()")
    entries = state.get("_data_files")
    names = [entry.get("filename") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    if not names:
        raise CorruptFileError(f"'state.json' of {folder.shown!r} lists no files")
    return [_safe(name, folder) for name in names]


def _safe(name: object, folder: Location) -> str:
    """Return a name that stays in its folder."""
    if not isinstance(name, str) or not name or name in {".", ".."} or PurePosixPath(name).name != name or "\\" in name:
        raise CorruptFileError(f"{folder.shown!r} names {name!r}, which is no file in it")
    return name


def _state(folder: Location, name: str) -> dict[str, object]:
    place = folder.below(name)
    with place.opened() as file:
        text = file.read(MAX_STATE_BYTES)
    try:
        value = parse(text)
    except ValueError as error:
        raise CorruptFileError(f"{place.shown!r} is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise CorruptFileError(f"{place.shown!r} is no JSON object")
    return value


def _groups(names: tuple[str, ...]) -> dict[str, list[str]]:
    """Return split -> names of its files: by the names of the files, or of the folders that hold them."""
    groups: dict[str, list[str]] = {}
    for name in names:
        path = PurePosixPath(name)
        if not _ENDING.search(path.name) or path.name.startswith((".", "_")) or path.name in _NO_RECORDS:
            continue
        found = _SHARD.match(_ENDING.sub("", path.name))
        split = found["split"] if found else path.stem
        parent = path.parent.name
        groups.setdefault(split if parent in {"", "data"} else f"{path.parent.as_posix()}/{split}", []).append(name)
    return groups


_NO_RECORDS = frozenset({_INFORMATION, "dataset_infos.json", "dataset_dict.json", "state.json", "config.json"})
