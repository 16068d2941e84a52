"""The values of a constant in a TensorFlow graph.

Source: ``tensorflow/core/framework/tensor.proto`` and ``types.proto``.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from projector_export.formats.protobuf_wire import Message, decode_message, decode_varint, signed
from projector_export.sources.keras.dataflow import Found

__all__ = ["Key", "constant", "single"]

Key: TypeAlias = "bytes | int"
"""What a lookup table is asked for."""

INT32, STRING, INT64 = 3, 7, 9


def constant(found: Found | None) -> list[Key] | None:
    """Return the texts or integers of a constant; None if a node is none, or one of other numbers."""
    if found is None or found.node.op != "Const":
        return None
    tensor = decode_message(b"".join(found.node.attribute("value").chunks(8)))
    kind = tensor.integer(1)
    if kind == STRING:
        return list(tensor.chunks(8))
    return list(_integers(tensor, kind)) if kind in {INT32, INT64} else None


def single(found: Found | None) -> Key | None:
    """Return the value of a constant that has one."""
    values = constant(found)
    return values[0] if values is not None and len(values) == 1 else None


def _integers(tensor: Message, kind: int) -> list[int]:
    content = b"".join(tensor.chunks(4))
    if content:
        size = 8 if kind == INT64 else 4
        return [int(value) for value in np.frombuffer(content[: len(content) // size * size], dtype=f"<i{size}")]
    found: list[int] = []
    for number, _, value in tensor.fields:
        if number != (10 if kind == INT64 else 7):
            continue
        if isinstance(value, int):
            found.append(signed(value))
            continue
        position = 0
        while position < len(value):
            one, position = decode_varint(value, position)
            found.append(signed(one))
    return found or [0] * _is_scalar(tensor)


def _is_scalar(tensor: Message) -> bool:
    return not decode_message(b"".join(tensor.chunks(2))).has(2)
