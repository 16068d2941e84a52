"""Image files for rows: by a column of paths, by names, or in the order of their names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from projector_export.errors import InvalidInputError, NotFoundError, excerpt
from projector_export.sources.images.decoding import EXTENSIONS
from projector_export.sources.images.picture import Picture
from projector_export.table import Column, EmbeddingTable

__all__ = ["Matched", "file_below", "of_column", "of_folder"]


@dataclass(frozen=True)
class Matched:
    """One picture for each row.

    Parameters
    ----------
    pictures
        In the order of the rows.
    how
        How rows and pictures were brought together, in a few words.
    note
        What the user should look at, if anything.
    """

    pictures: Sequence[Picture]
    how: str
    note: str = ""


def of_column(table: EmbeddingTable, column: Column, base: Path) -> Matched:
    """Take the files that a column names, relative to a folder and never outside it.

    Raises
    ------
    InvalidInputError
        If the column holds numbers, or a path leads out of the folder.
    NotFoundError
        If there is no such file.
    """
    if column.is_numeric:
        texts = ", ".join(repr(each.name) for each in table.columns if not each.is_numeric) or "none"
        raise InvalidInputError(
            f"column {excerpt(column.name)!r} holds numbers, not paths of pictures; columns of texts: {excerpt(texts)}"
        )
    pictures = [
        Picture(file_below(base, str(value), row) if value else None, f"row {row}: {excerpt(value)!r}")
        for row, value in enumerate(column.values)
    ]
    return Matched(pictures, f"paths in column {excerpt(column.name)!r}")


def file_below(base: Path, value: str, row: int) -> Path:
    """Return a file that a row names.

    Raises
    ------
    InvalidInputError
        If the path leads out of the folder.
    NotFoundError
        If there is no such file.
    """
    told = f"row {row}: {excerpt(value)!r}"
    if "://" in value:
        raise InvalidInputError(
            f"{told} is an address, and pictures are not fetched: download them and give the folder"
        )
    try:
        path = (base / value).resolve()
        is_inside = path.is_relative_to(base.resolve())
        is_file = is_inside and path.is_file()
    except (OSError, ValueError, RuntimeError) as error:
        raise InvalidInputError(f"{told} is no path of a picture ({excerpt(error)})") from error
    if not is_inside:
        raise InvalidInputError(f"{told} leads out of {base}: put the picture below that folder, or give another base")
    if not is_file:
        raise NotFoundError(
            f"row {row}: there is no picture {excerpt(value)!r} in {base}: put it there, give another base, or leave the cell "
            "empty"
        )
    return path


def of_folder(table: EmbeddingTable, folder: Path) -> Matched:
    """Bring the pictures below a folder and the rows together.

    By the names in a column of texts, with or without extension, where each row has a picture; otherwise in the natural order
    of the files' names (``2.png`` before ``10.png``), where there are as many as rows.

    Raises
    ------
    InvalidInputError
        If neither works.
    NotFoundError
        If there is no picture.
    """
    files = _pictures_below(folder)
    columns = [column for column in table.columns if not column.is_numeric]
    for column in columns:
        found = _by_name(files, column, must_use_all=len(files) == table.n_rows)
        if found is not None:
            return Matched(found, f"names in column {excerpt(column.name)!r}")
    for column in columns:
        _refuse_near_miss(table, files, column, folder)
    if len(files) != table.n_rows:
        raise InvalidInputError(
            f"{folder} holds {len(files):,} pictures and table {table.name!r} has {table.n_rows:,} rows: give as many, "
            "name them as a column of texts does, or give the column that holds their paths"
        )
    first, last = next(iter(files)), next(reversed(files))
    note = f"the pictures of {folder.name} were given to the rows in the order of their names: {first!r} first, {last!r} last"
    return Matched(
        [Picture(path, f"row {row}: {name!r}") for row, (name, path) in enumerate(files.items())],
        "order of file names",
        note,
    )


def _pictures_below(folder: Path) -> dict[str, Path]:
    """Return the pictures by their path below the folder, in natural order."""
    found = {
        path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS
    }
    names = [
        name
        for name in sorted(found, key=_natural)
        if not any(part.startswith((".", "__MACOSX")) for part in name.split("/")) and found[name].is_file()
    ]
    if not names:
        raise NotFoundError(f"{folder} holds no pictures ({', '.join(sorted(EXTENSIONS))}): give another folder")
    root = folder.resolve()
    for name in names:
        if not found[name].resolve().is_relative_to(root):
            raise InvalidInputError(f"{name!r} leads out of {folder}: copy the picture into the folder")
    return {name: found[name] for name in names}


def _natural(name: str) -> tuple[list[str | int], str]:
    parts = re.split(r"([0-9]+)", name)
    return [int(part) if place % 2 else part.casefold() for place, part in enumerate(parts)], name


def _named(files: dict[str, Path]) -> dict[str, str]:
    """Return each way to name one picture and no other: path below the folder, file name, either without extension."""
    ways: dict[str, set[str]] = {}
    for name, path in files.items():
        for way in (name, path.name, name.removesuffix(path.suffix), path.stem):
            ways.setdefault(way, set()).add(name)
    return {way: next(iter(names)) for way, names in ways.items() if len(names) == 1}


def _by_name(files: dict[str, Path], column: Column, *, must_use_all: bool) -> list[Picture] | None:
    """Return each row's picture by the names in a column; None where a row has none, or that would leave some out."""
    ways = _named(files)
    names = [ways.get(str(value)) if value else None for value in column.values]
    if None in names or (must_use_all and len(set(names)) < len(names)):
        return None
    return [Picture(files[name], f"row {row}: {name!r}") for row, name in enumerate(names) if name is not None]


def _refuse_near_miss(table: EmbeddingTable, files: dict[str, Path], column: Column, folder: Path) -> None:
    """Refuse where half of the names in a column and more are pictures': their order is then surely not the rows'."""
    ways = _named(files)
    values = [value if isinstance(value, str) else "" for value in column.values]
    without = [row for row, value in enumerate(values) if value not in ways]
    if without and len(set(values)) == len(values) and 2 * len(without) <= len(values):
        row = without[0]
        raise NotFoundError(
            f"{folder} holds pictures named as column {excerpt(column.name)!r} of table {table.name!r} says for "
            f"{table.n_rows - len(without):,} of {table.n_rows:,} rows, and none for row {row} ({excerpt(values[row])!r}): add "
            "the missing ones, or give a column of paths with an empty cell there"
        )
