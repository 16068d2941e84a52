"""Raw float32 values as a ``tensor_path`` file: no header, little-endian, row after row.

Reader: ``tensorboard/plugins/projector/projector_plugin.py``. It first reads every tensor file as text and only falls back to
``np.fromfile`` when that raises ``UnicodeDecodeError``. Numbers whose bytes happen to be valid UTF-8 (all zeros, for one) are
therefore taken for text, and the whole plugin fails. With TensorFlow the text is decoded line by line, without it in blocks
of 16 Mi characters: the bytes before the first ``0x0A`` must already be invalid, and within the first block.
"""

from __future__ import annotations

import codecs

import numpy as np

from projector_export.vectors import Float32Array

__all__ = ["PROBE_BYTES", "is_taken_for_text", "nudged"]

PROBE_BYTES = 2**20
"""The invalid byte has to come this early; far below the 16 Mi characters of TensorBoard's reader without TensorFlow."""


def is_taken_for_text(head: bytes) -> bool:
    """Tell whether TensorBoard would read a raw tensor that begins with these bytes as text.

    Parameters
    ----------
    head
        The file's first :data:`PROBE_BYTES` bytes, or all of it.
    """
    line = head[:PROBE_BYTES].partition(b"\n")[0]
    try:
        codecs.getincrementaldecoder("utf-8")().decode(line, final=len(line) < len(head))
    except UnicodeDecodeError:
        return False
    return True


def nudged(values: Float32Array) -> tuple[Float32Array, int, int]:
    """Move one value by as little as possible, so that TensorBoard no longer takes the file for text.

    Parameters
    ----------
    values
        The first rows of the tensor, float32, any shape, at least one value.

    Returns
    -------
    values : ndarray of float32
        A copy with one value moved; a leading zero only changes its sign, which keeps it equal.
    index : int
        Flat index of the value that was moved.
    ulps : int
        By how many units in the last place; 0 for a zero that became -0.0.
    """
    result = np.array(values, dtype="<f4", order="C")
    flat = result.reshape(-1)
    n_first_line = max(1, flat.tobytes().partition(b"\n")[0].__len__() // 4)
    zeros = np.flatnonzero(flat[:n_first_line] == 0)
    for index in zeros[:1].tolist():
        original = flat[index]
        flat[index] = np.float32(-0.0)
        if not is_taken_for_text(flat.tobytes()):
            return result, index, 0
        flat[index] = original
    bits = flat.view("<u4")
    for ulps in range(1, 129):
        for index in range(min(n_first_line, 64)):
            for step in (ulps, -ulps):
                original_bits = int(bits[index])
                bits[index] = (original_bits + step) % 2**32
                if np.isfinite(flat[index]) and not is_taken_for_text(flat[:4096].tobytes()):
                    return result, index, ulps
                bits[index] = original_bits
    raise AssertionError("a low byte of 0x80 to 0xBF at the start is never valid UTF-8")
