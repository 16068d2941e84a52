"""A walk through an HDF5 file that meets whatever a reader may meet in it; the process that takes it may break down.

Started by ``hdf5_trial.py``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from projector_export.tensor_files import hdf5
from projector_export.tensor_files.file_window import FilePlace
from projector_export.tensor_files.hdf5_file import objects_of, unpacked

if TYPE_CHECKING:
    import h5py

__all__ = ["main", "walk"]

MOST_VALUES = 2**20
MOST_CHUNK_BYTES = 2**26


def main(arguments: Sequence[str]) -> None:
    """Walk through the file, with processor time, path, offset and length as in ``hdf5_trial.py``; it ends well or not at all.

    Errors that Python tells are no breakdown: whoever reads the file meets them too, and knows what to say.
    """
    _limit(int(arguments[0]))
    with suppress(Exception):  # see above
        walk(FilePlace(Path(arguments[1]), int(arguments[2]), int(arguments[3])))


def _limit(seconds: int) -> None:
    """Let the system end this process after so much processor time, without a picture of its memory."""
    with suppress(ModuleNotFoundError):  # on Windows, where whoever waits looks at the clock
        resource = import_module("resource")
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


def walk(place: FilePlace) -> None:
    """Open every object of a file, read its attributes and small texts, and look up where its values are.

    Nothing here may read by :func:`hdf5_file.opened`, which would start the next process.
    """
    with place.opened() as window, unpacked(place, window) as file:
        _read_attributes(file)
        for path, each in objects_of(place, file):
            _read_attributes(each)
            if hasattr(each, "shape"):
                with suppress(Exception):  # told by whoever reads it
                    _look_at(place, path, each)


def _read_attributes(each: h5py.HLObject) -> None:
    for name in each.attrs:
        with suppress(Exception):  # told by whoever reads it
            if math.prod(each.attrs.get_id(name).shape or ()) <= MOST_VALUES:
                each.attrs[name]


def _look_at(place: FilePlace, path: str, dataset: h5py.Dataset) -> None:
    import h5py

    stored = hdf5.named_tensor(place, path, dataset)
    if h5py.check_string_dtype(dataset.dtype) is not None and math.prod(stored.shape) <= MOST_VALUES:
        dataset[()]
    elif dataset.chunks is not None:
        dataset.id.get_num_chunks()
        if dataset.dtype.itemsize * math.prod(dataset.chunks) <= MOST_CHUNK_BYTES:
            dataset[(slice(0, 1),) * len(stored.shape)]
