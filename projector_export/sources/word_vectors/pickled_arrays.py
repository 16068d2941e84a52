"""The arrays of numbers in a pickle that numpy wrote, and the names that gensim's pickles may hold."""

from __future__ import annotations

from math import prod

import numpy as np
import numpy.typing as npt

from projector_export.errors import CorruptFileError, excerpt
from projector_export.formats.pickle_values import PickledName, PickledObject, PickledValue

__all__ = ["allows", "array_of"]

_NUMPY = {
    *(("numpy", name) for name in ("ndarray", "dtype")),
    *((f"numpy.{core}.multiarray", name) for core in ("core", "_core") for name in ("_reconstruct", "scalar")),
    *((f"numpy.{core}.numeric", "_frombuffer") for core in ("core", "_core")),
    *(("numpy.random._pickle", f"__{name}_ctor") for name in ("randomstate", "bit_generator", "generator")),
    ("numpy.random", "__RandomState_ctor"),
    ("numpy.random._mt19937", "MT19937"),
}
_NUMPY_TYPES = {
    ("numpy", name) for name in ("float16", "float32", "float64", "int32", "int64", "uint32", "uint64", "bool_")
}
_PYTHON = {
    ("_codecs", "encode"),
    ("collections", "OrderedDict"),
    ("collections", "defaultdict"),
    ("copy_reg", "_reconstructor"),
    ("copyreg", "_reconstructor"),
    *(
        (module, name)
        for module in ("builtins", "__builtin__")
        for name in ("frozenset", "hash", "int", "list", "object", "set")
    ),
}
_PLAIN = frozenset(f"{kind}{size}" for kind, size in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"))


def allows(module: str, name: str) -> bool:
    """Whether a pickle may hold a name: gensim's own, and what numpy and Python write beside them; none is ever called."""
    return (module, name) in _NUMPY | _NUMPY_TYPES | _PYTHON or (
        module.partition(".")[0] == "gensim" and "." not in name
    )


def array_of(value: PickledValue, what: str) -> npt.NDArray[np.generic]:
    """Return an array of plain numbers as a view of the pickle's bytes.

    Raises
    ------
    CorruptFileError
        If it is none, or its shape and its bytes contradict each other.
    """
    found = _parts(value)
    if found is None:
        raise CorruptFileError(f"{what} is no array of plain numbers")
    shape, dtype, is_fortran, data = found
    if not all(isinstance(length, int) and length >= 0 for length in shape) or prod(shape) * dtype.itemsize != len(
        data
    ):
        raise CorruptFileError(
            f"{what} of shape {excerpt(shape)} and type {dtype} does not fit its {len(data):,} bytes"
        )
    return np.frombuffer(data, dtype=dtype).reshape(shape, order="F" if is_fortran else "C")


def _parts(value: PickledValue) -> tuple[tuple[int, ...], np.dtype[np.generic], bool, bytes | memoryview] | None:
    """Return shape, type, whether columns come first, and bytes (numpy ``array_reduce`` and ``_frombuffer``)."""
    if not isinstance(value, PickledObject):
        return None
    if value.maker.name == "_reconstruct" and isinstance(value.state, tuple) and len(value.state) == 5:
        _, shape, kind, is_fortran, raw = value.state
    elif value.maker.name == "_frombuffer" and len(value.arguments) == 4:
        raw, kind, shape, order = value.arguments
        is_fortran = order == "F"
    else:
        return None
    dtype, data = _dtype(kind), _raw(raw)
    if dtype is None or data is None or not isinstance(shape, tuple):
        return None
    return shape, dtype, bool(is_fortran), data


def _dtype(value: PickledValue) -> np.dtype[np.generic] | None:
    if not isinstance(value, PickledObject) or value.maker != PickledName("numpy", "dtype") or not value.arguments:
        return None
    kind, state = value.arguments[0], value.state
    order = state[1] if isinstance(state, tuple) and len(state) > 1 else "<"
    if kind not in _PLAIN or order not in {"<", ">", "|", "="}:
        return None
    return np.dtype(f"{order}{kind}")


def _raw(value: PickledValue) -> bytes | memoryview | None:
    """Return bytes, also in the forms that protocol 2 has for them: Latin-1 text, or a call of ``_codecs.encode`` with one."""
    if isinstance(value, PickledObject) and value.maker == PickledName("_codecs", "encode"):
        value = value.arguments[0] if value.arguments else None
    if isinstance(value, str):
        try:
            return value.encode("latin-1")
        except UnicodeEncodeError:
            return None
    return value if isinstance(value, bytes | memoryview) else None
