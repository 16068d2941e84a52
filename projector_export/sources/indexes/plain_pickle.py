"""Pickles of nothing but dictionaries, lists, texts and numbers, read without Python's unpickler.

The instructions are those of ``pickletools.opcodes``. Nothing is imported or called: a pickle that asks for it is refused.
"""

from __future__ import annotations

import pickletools
from collections.abc import Collection

from projector_export.errors import CorruptFileError

__all__ = ["decode"]

NUMBERS = frozenset({"BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT"})
VALUES = NUMBERS | {"BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES"}
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
IGNORED = frozenset({"PROTO", "FRAME"})


class _Mark:
    """What the instruction MARK puts on the stack."""


class _Class:
    """What stands for a class whose instances are read as dictionaries."""


def decode(data: bytes, *, classes: Collection[str], shown: str) -> object:
    """Return what a pickle holds.

    Parameters
    ----------
    data
        The pickle.
    classes
        Classes, as ``"module name"``, whose instances become dictionaries of their attributes.
    shown
        What errors call it.

    Raises
    ------
    CorruptFileError
        If it is damaged, or holds anything but dictionaries, lists, texts, numbers and such instances.
    """
    machine = _Machine(frozenset(classes))
    try:
        for instruction, argument, _ in pickletools.genops(data):
            if instruction.name == "STOP":
                return machine.pop()
            machine.do(instruction.name, argument)
    except (ValueError, LookupError, TypeError, OverflowError, MemoryError, AttributeError) as error:
        raise CorruptFileError(f"{shown!r} is damaged, or a pickle of more than plain values ({error})") from error
    raise CorruptFileError(f"{shown!r} is damaged: it has no end")


class _Machine:
    def __init__(self, classes: frozenset[str]) -> None:
        self._classes = classes
        self._stack: list[object] = []
        self._memo: dict[int, object] = {}

    def pop(self) -> object:
        return self._stack.pop()

    def do(self, name: str, argument: object) -> None:
        """Do what one instruction says."""
        if name in VALUES:
            self._stack.append(argument)
        elif name in CONSTANTS:
            self._stack.append(CONSTANTS[name])
        elif name not in IGNORED:
            method = getattr(self, f"_{name.lower()}", None)
            if method is None:
                raise ValueError(f"instruction {name}")
            method(argument)

    def _mark(self, _: object) -> None:
        self._stack.append(_Mark())

    def _empty_dict(self, _: object) -> None:
        self._stack.append({})

    def _empty_list(self, _: object) -> None:
        self._stack.append([])

    def _memoize(self, _: object) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def _binput(self, place: int) -> None:
        self._memo[place] = self._stack[-1]

    _long_binput = _binput

    def _binget(self, place: int) -> None:
        self._stack.append(self._memo[place])

    _long_binget = _binget

    def _setitem(self, _: object) -> None:
        value, key = self.pop(), self.pop()
        self._dictionary()[_checked_key(key)] = value

    def _setitems(self, _: object) -> None:
        items = self._since_mark()
        self._dictionary().update(zip(map(_checked_key, items[::2]), items[1::2], strict=True))

    def _append(self, _: object) -> None:
        value = self.pop()
        self._list().append(value)

    def _appends(self, _: object) -> None:
        values = self._since_mark()
        self._list().extend(values)

    def _stack_global(self, _: object) -> None:
        name, module = self.pop(), self.pop()
        self._global(f"{module} {name}")

    def _global(self, name: str) -> None:
        if name not in self._classes:
            raise ValueError(f"it asks for {name!r}")
        self._stack.append(_Class())

    def _newobj(self, _: object) -> None:
        arguments, made = self.pop(), self.pop()
        if arguments != () or not isinstance(made, _Class):
            raise ValueError("an instance that is made with arguments")
        self._stack.append({})

    def _build(self, _: object) -> None:
        state = self.pop()
        if not isinstance(state, dict):
            raise TypeError("an instance without dictionary")
        self._dictionary().update(state)

    def _since_mark(self) -> list[object]:
        place = max(place for place, value in enumerate(self._stack) if isinstance(value, _Mark))
        values = self._stack[place + 1 :]
        del self._stack[place:]
        return values

    def _dictionary(self) -> dict[object, object]:
        found = self._stack[-1]
        if not isinstance(found, dict):
            raise TypeError("an item of what is no dictionary")
        return found

    def _list(self) -> list[object]:
        found = self._stack[-1]
        if not isinstance(found, list):
            raise TypeError("an item of what is no list")
        return found


def _checked_key(key: object) -> str | int:
    if not isinstance(key, (str, int)):
        raise TypeError(f"a key that is a {type(key).__name__}")
    return key
