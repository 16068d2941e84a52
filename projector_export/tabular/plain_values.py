"""Values of records in the few types that everybody downstream knows."""

from __future__ import annotations

import math

import orjson

__all__ = ["as_json_text", "plain"]

_PLAIN = (str, int, float, bool, type(None))


def plain(value: object) -> object:
    """Return a value as str, int, float, bool, None or a list of such; an object as its JSON text, bytes as their number."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return as_json_text(value)
    return _shown(value)


def as_json_text(value: object) -> str:
    """Return a list or an object as compact JSON; what JSON has no word for is written as text."""
    return orjson.dumps(_keyed(value), option=orjson.OPT_NON_STR_KEYS, default=_shown).decode()


def _keyed(value: object) -> object:
    """Return a value in which no number is beyond what JSON can say: NaN becomes null, a whole number beyond 64 bits a text."""
    if isinstance(value, dict):
        return {_text(name): _keyed(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_keyed(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        return str(value)
    return _text(value) if isinstance(value, str) else value


def _text(value: object) -> str:
    """Return a text that can be encoded: a lone surrogate becomes its escape."""
    return str(value).encode("utf-8", "backslashreplace").decode()


def _shown(value: object) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"<{len(value):,} bytes>"
    isoformat = getattr(value, "isoformat", None)
    return str(isoformat()) if callable(isoformat) else str(value)
