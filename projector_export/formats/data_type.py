"""TensorFlow's element types: the numbers that stand in files, their names, their sizes.

Source: ``tensorflow/core/framework/types.proto``; names and sizes are those of ``tf.dtypes``.
"""

from __future__ import annotations

from types import MappingProxyType

__all__ = ["data_type_name", "data_type_number", "item_size"]

NAMES = MappingProxyType(
    {
        1: "float32",
        2: "float64",
        3: "int32",
        4: "uint8",
        5: "int16",
        6: "int8",
        7: "string",
        8: "complex64",
        9: "int64",
        10: "bool",
        11: "qint8",
        12: "quint8",
        13: "qint32",
        14: "bfloat16",
        15: "qint16",
        16: "quint16",
        17: "uint16",
        18: "complex128",
        19: "float16",
        20: "resource",
        21: "variant",
        22: "uint32",
        23: "uint64",
        24: "float8_e5m2",
        25: "float8_e4m3fn",
        26: "float8_e4m3fnuz",
        27: "float8_e4m3b11fnuz",
        28: "float8_e5m2fnuz",
        29: "int4",
        30: "uint4",
        31: "int2",
        32: "uint2",
        33: "float4_e2m1fn",
    }
)
NUMBERS = MappingProxyType({name: number for number, name in NAMES.items()})

SIZES = MappingProxyType(
    {1: 4, 2: 8, 3: 4, 5: 2, 8: 8, 9: 8, 13: 4, 14: 2, 15: 2, 16: 2, 17: 2, 18: 16, 19: 2, 22: 4, 23: 8}
)
VARIABLE_SIZE = frozenset({"string", "resource", "variant"})


def data_type_name(number: int) -> str:
    """Return the numpy-like name of a type, ``"DT_<number>"`` for one that types.proto does not have."""
    return NAMES.get(number, f"DT_{number}")


def data_type_number(name: str) -> int | None:
    """Return the number of a type in types.proto, None for an unknown name."""
    return NUMBERS.get(name)


def item_size(name: str) -> int | None:
    """Return the bytes of one element in a checkpoint, None where they vary or the type is unknown.

    Types of fewer than 8 bits take a whole byte each.
    """
    if name in VARIABLE_SIZE or name not in NUMBERS:
        return None
    return SIZES.get(NUMBERS[name], 1)
