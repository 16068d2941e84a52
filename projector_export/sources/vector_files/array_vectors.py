"""Vectors in files of named arrays: NumPy, HDF5, safetensors, torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError, excerpt
from projector_export.provenance import JSONValue, Provenance, Step
from projector_export.sources.vector_files.keras_weights import told_of_keras
from projector_export.sources.vector_files.reading import VectorReading
from projector_export.table import Column, EmbeddingTable
from projector_export.tabular import as_columns
from projector_export.tensor_files import hdf5, numpy_file, safetensors, torch_file
from projector_export.tensor_files.file_window import FilePlace
from projector_export.tensor_files.named_tensor import NamedTensor

if TYPE_CHECKING:
    import h5py

__all__ = ["read_arrays"]

_ValuesReader: TypeAlias = Callable[[Path, str], list[object]]

N_LISTED = 12
MAX_VALUES_BYTES = 2**28
TEXTS_AT_ONCE = 256
"""Few, for many rows of a crafted file may share one long text."""


def read_arrays(path: str | PathLike[str], kind: str, reading: VectorReading) -> EmbeddingTable:
    """Read the vectors of a file of arrays.

    Parameters
    ----------
    path
        The file.
    kind
        ``"npy"``, ``"npz"``, ``"safetensors"``, ``"torch"`` or ``"hdf5"``.
    reading
        Which array, and how many rows.

    Returns
    -------
    EmbeddingTable
        Its vectors are lazy. Arrays of one axis and as many values as there are vectors, in the same ``.npz`` or
        HDF5 file, are columns.

    Raises
    ------
    ProjectorExportError
        If the array is not found, several fit, it is no table of real numbers, or the file is damaged.
    """
    path = Path(path)
    tensors = _reader(kind)(path)
    keras = told_of_keras(path, tensors) if kind == "hdf5" else ""
    chosen = choose(tensors, reading.column, fspath(path), hint=keras)
    vectors = chosen.open_rows()
    parameters: dict[str, JSONValue] = {
        "path": fspath(path),
        "format": kind,
        "array": chosen.name,
        "dtype": chosen.dtype,
        "limit": reading.limit,
    }
    columns, notes = _beside(path, tensors, _values_reader(kind), vectors.shape[0])
    if keras and reading.labels is None:
        notes += (keras,)
    table = EmbeddingTable(path.stem, vectors, columns, Provenance().then(Step("read_vectors", parameters), *notes))
    if reading.limit is None or reading.limit >= table.n_rows:
        return table
    return table.take(np.arange(reading.limit), Step("limit", {"rows": reading.limit}))


def choose(tensors: Sequence[NamedTensor], name: str | None, file: str, *, hint: str = "") -> NamedTensor:
    """Return the array that is meant.

    Parameters
    ----------
    tensors
        All of the file.
    name
        The wanted one's; None for the only table of real numbers.
    file
        The file, for sentences.
    hint
        What else the user should read where that fails.
    """
    hint = f"; {hint}" if hint else ""
    if name is not None:
        for tensor in tensors:
            if tensor.name == name:
                return tensor
        raise NotFoundError(f"{file!r} has no array {name!r}; it has {_listed(tensors)}{hint}")
    if len(tensors) == 1:
        return tensors[0]
    tables = [tensor for tensor in tensors if len(tensor.shape) == 2 and 0 not in tensor.shape]
    wide = [tensor for tensor in tables if tensor.shape[1] > 1] or tables
    if len(wide) == 1:
        return wide[0]
    if not wide:
        raise InvalidInputError(f"{file!r} has no table of vectors; it has {_listed(tensors) or 'nothing'}{hint}")
    raise AmbiguousChoiceError(
        f"{file!r} has several arrays of vectors, {_listed(wide)}: name one (--column, column=…){hint}"
    )


def _reader(kind: str) -> Callable[[Path], tuple[NamedTensor, ...]]:
    return {"hdf5": hdf5.read, "safetensors": safetensors.read, "torch": torch_file.read}.get(kind, numpy_file.read)


def _listed(tensors: Sequence[NamedTensor]) -> str:
    shown = ", ".join(
        f"{excerpt(tensor.name)!r} {excerpt(tensor.shape)} {tensor.dtype}" for tensor in tensors[:N_LISTED]
    )
    return shown + (", …" if len(tensors) > N_LISTED else "")


def _beside(
    path: Path, tensors: Sequence[NamedTensor], read_values: _ValuesReader | None, n_rows: int
) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Return the arrays of one value a row as columns, and sentences about those that cannot be read."""
    values: dict[str, list[object]] = {}
    notes: list[str] = []
    if read_values is None:
        return (), ()
    for tensor in (tensor for tensor in tensors if tensor.shape == (n_rows,)):
        try:
            found = read_values(path, tensor.name)
        except InvalidInputError as error:
            notes.append(f"{error} ({tensor.dtype}): it is left out")
            continue
        values[tensor.name] = [
            value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value for value in found
        ]
    return as_columns(values), tuple(notes)


def _values_reader(kind: str) -> _ValuesReader | None:
    return {"npz": _npz_values, "hdf5": _hdf5_values}.get(kind)


def _npz_values(path: Path, name: str) -> list[object]:
    return list(numpy_file.read_values(path, name).tolist())


def _hdf5_values(path: Path, name: str) -> list[object]:
    """Return the values of a data set of one axis of numbers or texts, at most 256 MB."""
    place = FilePlace(path)
    with hdf5.opened(place) as file:
        dataset = file[name]
        if dataset.dtype.kind in "OS":
            return _hdf5_texts(dataset, f"data set {excerpt(name)!r} of {place.shown!r}")
        return list(hdf5.values_of(place, dataset, most=MAX_VALUES_BYTES // 8).tolist())


def _hdf5_texts(dataset: h5py.Dataset, label: str) -> list[object]:
    import h5py

    if h5py.check_string_dtype(dataset.dtype) is None:
        raise InvalidInputError(f"{label} holds neither numbers nor texts")
    chunk = max(len(dataset), math.prod(dataset.chunks or ())) * dataset.dtype.itemsize
    texts: list[object] = []
    n_bytes = chunk
    for start in range(0, len(dataset), TEXTS_AT_ONCE):
        if n_bytes > MAX_VALUES_BYTES:
            break
        block = dataset[start : start + TEXTS_AT_ONCE].tolist()
        n_bytes += sum(map(len, block))
        texts.extend(block)
    if n_bytes > MAX_VALUES_BYTES:
        raise InvalidInputError(f"{label} holds texts of more than {MAX_VALUES_BYTES:,} bytes")
    return texts
