"""HDF5 files, opened: their groups and data sets, and never a byte of another file.

Sources: the HDF5 file format specification 3.0 (links, virtual and external storage are what could lead to other files) and
h5py's low-level interface.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from projector_export import optional
from projector_export.errors import CorruptFileError, InvalidInputError, ProjectorExportError
from projector_export.tensor_files import hdf5_trial
from projector_export.tensor_files.file_window import FilePlace, FileWindow

if TYPE_CHECKING:
    import h5py

__all__ = ["objects_of", "opened", "unpacked"]

MAX_OBJECTS = 1_000_000
MAX_DEPTH = 200


@contextmanager
def opened(place: FilePlace) -> Iterator[h5py.File]:
    """Open an HDF5 file to read it; what goes wrong in it is told in one sentence.

    Raises
    ------
    NotFoundError
        If there is no such file.
    CorruptFileError
        If it is no HDF5 file or damaged, so badly too that the library breaks down over it.
    MissingExtraError
        If h5py is not installed.
    """
    optional.require(f"reading {place.shown}", "h5py")
    with place.opened() as window:
        with hdf5_trial.alongside(place):
            import_module("h5py")  # takes as long as the other process needs to begin
        with unpacked(place, window) as file:
            yield file


@contextmanager
def unpacked(place: FilePlace, window: FileWindow) -> Iterator[h5py.File]:
    """Open a file that is open already; what goes wrong in the library is told in one sentence.

    Raises
    ------
    CorruptFileError
        If it is no HDF5 file or damaged.
    """
    import h5py

    try:
        with h5py.File(window, "r") as file:
            yield file
    except ProjectorExportError:
        raise
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise CorruptFileError(f"{place.shown!r} is damaged or no HDF5 file ({_one_line(error)})") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def objects_of(place: FilePlace, group: h5py.Group) -> Iterator[tuple[str, Any]]:
    """Walk through the groups and data sets below a group, each once, by their path from it.

    Raises
    ------
    InvalidInputError
        If there is a link to somewhere else, or a data set whose values lie elsewhere.
    CorruptFileError
        If there are more than a million of them, or they lie in each other too deep.
    """
    import h5py

    seen = {h5py.h5o.get_info(group.id).addr}
    todo = [("", group)]
    while todo:
        prefix, parent = todo.pop()
        for name in parent:
            path = f"{prefix}{name}"
            _refuse_link(place, path, parent.get(name, getlink=True))
            each = parent[name]
            address = h5py.h5o.get_info(each.id).addr
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > MAX_OBJECTS or path.count("/") > MAX_DEPTH:
                raise CorruptFileError(f"{place.shown!r} holds too many groups to be a file of tensors")
            if isinstance(each, h5py.Dataset):
                _refuse_foreign(place, path, each)
            elif isinstance(each, h5py.Group):
                todo.append((f"{path}/", each))
            yield path, each


def _refuse_link(place: FilePlace, path: str, link: object) -> None:
    import h5py

    if isinstance(link, h5py.ExternalLink):
        raise InvalidInputError(
            f"{path!r} of {place.shown!r} is a link to another file, {link.filename!r}, which is not followed: copy the "
            "values into one file (h5repack)"
        )
    if not isinstance(link, h5py.HardLink):
        raise InvalidInputError(f"{path!r} of {place.shown!r} is a soft link, which is not followed: copy the values")


def _refuse_foreign(place: FilePlace, path: str, dataset: h5py.Dataset) -> None:
    if dataset.external or dataset.is_virtual:
        raise InvalidInputError(
            f"{path!r} of {place.shown!r} keeps its values in other files, which are not read: copy them into one file "
            "(h5repack)"
        )
