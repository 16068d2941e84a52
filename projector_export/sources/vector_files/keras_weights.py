"""HDF5 files that Keras wrote: their layers and labels are another command's matter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from os import fspath
from pathlib import Path
from shlex import quote

from projector_export.tensor_files import hdf5
from projector_export.tensor_files.file_window import FilePlace
from projector_export.tensor_files.named_tensor import NamedTensor

__all__ = ["told_of_keras"]

_NAMES = re.compile(r"model_weights/.+|(?:.+/)?vars/[0-9]+")
_ATTRIBUTES = ("layer_names", "layer_names0", "model_config")


def told_of_keras(path: Path, tensors: Sequence[NamedTensor]) -> str:
    """Return a sentence on the command that knows layers and labels, where Keras wrote a file; an empty text otherwise.

    Parameters
    ----------
    path
        An HDF5 file.
    tensors
        What is in it: Keras 3 names weights ``.../vars/0`` (``saving/saving_lib.py``, ``H5IOStore``), a model in the older
        format has them in ``model_weights``, and its weights alone have ``layer_names`` as an attribute
        (``legacy/saving/legacy_h5_format.py``, ``save_weights_to_hdf5_group``).
    """
    if not any(_NAMES.fullmatch(tensor.name) for tensor in tensors):
        with hdf5.opened(FilePlace(path)) as file:
            if not any(name in file.attrs for name in _ATTRIBUTES):
                return ""
    command = f"projector-export vocab {quote(fspath(path))}"
    return f"{path.name!r} is a file of Keras, whose layers and labels are known to: {command}"
