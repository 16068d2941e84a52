"""Whatever is given as pictures, to one picture for each row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from pathlib import Path

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError, excerpt
from projector_export.sources.images.files import Matched, file_below, of_column, of_folder
from projector_export.sources.images.picture import Picture
from projector_export.sources.images.pixels import as_array, channels_last, is_array
from projector_export.table import EmbeddingTable

__all__ = ["match"]


def match(table: EmbeddingTable, images: object, base: str | PathLike[str] | None) -> Matched:
    """Bring rows and pictures together, before anything of a picture is read.

    Parameters
    ----------
    table, images, base
        As :func:`projector_export.sources.images.attach` takes them.

    Raises
    ------
    InvalidInputError
        If there are more or fewer pictures than rows, or it cannot be told which is whose.
    NotFoundError
        If there is no such folder, column or file.
    """
    if isinstance(images, (str, PathLike)):
        return _of_name(table, images, base)
    if is_array(images):
        return _of_array(table, images)
    if isinstance(images, (bytes, Mapping)) or not isinstance(images, Iterable):
        raise InvalidInputError(
            f"pictures are a folder, a column's name, an array, or a list with one for each row, not a {type(images).__name__}"
        )
    given = list(images)
    _require_count(len(given), table)
    folder = None if base is None else Path(base).expanduser()
    return Matched([_item(item, row, folder) for row, item in enumerate(given)], "order")


def _of_name(table: EmbeddingTable, images: str | PathLike[str], base: str | PathLike[str] | None) -> Matched:
    name = fspath(images)
    folder = Path(images).expanduser()
    column = next((each for each in table.columns if isinstance(images, str) and each.name == name), None)
    if column is not None and folder.is_dir():
        raise AmbiguousChoiceError(
            f"{name!r} is a column and a folder: type {'./' + name!r} for the folder, or rename it"
        )
    if column is not None:
        return of_column(table, column, Path("." if base is None else base).expanduser())
    if folder.is_dir():
        return of_folder(table, folder)
    columns = ", ".join(repr(each.name) for each in table.columns) or "none"
    raise NotFoundError(
        f"{name!r} is neither a folder nor a column of table {table.name!r}; its columns: {excerpt(columns)}"
    )


def _of_array(table: EmbeddingTable, images: object) -> Matched:
    array = as_array(images)
    where = f"the pictures of table {table.name!r}"
    array = channels_last(array, are_first=hasattr(images, "detach"), where=where)
    _require_count(len(array), table)
    return Matched([Picture(pixels, f"picture {row}") for row, pixels in enumerate(array)], "order")


def _require_count(n_pictures: int, table: EmbeddingTable) -> None:
    if n_pictures != table.n_rows:
        raise InvalidInputError(
            f"there are {n_pictures:,} pictures for {table.n_rows:,} rows of table {table.name!r}: give one for each row, None "
            "where there is none"
        )


def _item(item: object, row: int, base: Path | None) -> Picture:
    """Take one element of a list; an undecoded picture of a Hugging Face data set is a mapping with bytes and path."""
    if isinstance(item, Mapping):
        item = item.get("bytes") or item.get("path")
    where = f"the picture of row {row}"
    if item is None or (isinstance(item, (str, bytes, bytearray)) and not item):
        return Picture(None, where)
    if isinstance(item, (str, PathLike)):
        name = fspath(item)
        if base is not None:
            return Picture(file_below(base, name, row), f"row {row}: {excerpt(name)!r}")
        path = Path(name).expanduser()
        if not path.is_file():
            raise NotFoundError(f"row {row}: there is no picture {excerpt(name)!r}: correct the path, or give None")
        return Picture(path, f"row {row}: {excerpt(name)!r}")
    if isinstance(item, (bytes, bytearray, memoryview)):
        return Picture(bytes(item), where)
    if is_array(item):
        array = as_array(item)[None]
        return Picture(channels_last(array, are_first=hasattr(item, "detach"), where=where)[0], where)
    if any(f"{kind.__module__}.{kind.__qualname__}" == "PIL.Image.Image" for kind in type(item).__mro__):
        return Picture(item, where)
    raise InvalidInputError(
        f"{where} is a {type(item).__name__}: give a path, the bytes of a file, a Pillow image, an array, or None"
    )
