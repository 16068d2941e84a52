"""Vectors as text, one row a line, for the upload dialog of projector.tensorflow.org.

Reader: ``vz_projector/data-provider.ts`` (``parseTensors``): lines are trimmed and split at tabs; the numbers are stored as
float32, so the shortest decimal that gives the same float32 back is exact.
"""

from __future__ import annotations

import numpy as np
import orjson

from projector_export.errors import CorruptFileError, InvalidInputError
from projector_export.vectors import Float32Array

__all__ = ["decode", "encode"]


def encode(block: Float32Array) -> bytes:
    """Return rows of text, each number as the shortest decimal that is read back as the same float32.

    Parameters
    ----------
    block
        Finite numbers, shape ``(n_rows, n_dims)``, at least two dimensions (the viewer refuses one).
    """
    if block.ndim != 2 or block.shape[1] < 2:
        raise InvalidInputError(f"the viewer needs at least two dimensions, not vectors of shape {block.shape}")
    if not np.isfinite(block).all():
        raise InvalidInputError("vectors hold NaN or infinite numbers: drop those rows first")
    if not len(block):
        return b""
    text = orjson.dumps(np.ascontiguousarray(block, dtype=np.float32), option=orjson.OPT_SERIALIZE_NUMPY)
    return text[2:-2].replace(b"],[", b"\n").replace(b",", b"\t") + b"\n"


def decode(data: bytes, *, where: str = "the tensor file") -> Float32Array:
    """Read rows of text as TensorBoard's server does (``_read_tensor_tsv_file``).

    Raises
    ------
    CorruptFileError
        If a line is no row of numbers, or rows differ in length; the sentence names the line.
    """
    rows: list[Float32Array] = []
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), start=1):
        if not line:
            continue
        try:
            row = np.array([float(cell) for cell in line.split("\t")], dtype=np.float32)
        except ValueError as error:
            raise CorruptFileError(f"{where}, line {number:,} is no row of numbers: {line[:60]!r}") from error
        if rows and len(row) != len(rows[0]):
            raise CorruptFileError(f"{where}, line {number:,} has {len(row):,} numbers, the first has {len(rows[0]):,}")
        rows.append(row)
    if not rows:
        raise CorruptFileError(f"{where} holds no row of numbers")
    return np.stack(rows)
