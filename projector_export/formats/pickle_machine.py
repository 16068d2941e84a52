"""The stack machine that pickles are written for, which makes pictures of objects where the original makes objects."""

from __future__ import annotations

import struct
from collections.abc import Callable
from types import MappingProxyType
from typing import TypeAlias

from projector_export.errors import CorruptFileError, InvalidInputError
from projector_export.formats.pickled_object import PickledName, PickledObject, PickledValue

__all__ = ["PickleMachine"]

_KEYS = (str, bytes, int, float, type(None))
_LONGEST_INTEGER = 1024


class PickleMachine:
    """The stack machine that a pickle is written for; it makes pictures where the original calls."""

    def __init__(self, data: memoryview, allows: Callable[[str, str], bool]) -> None:
        self.data, self.at, self.allows = data, 0, allows
        self.stack: list[PickledValue] = []
        self.marked: list[list[PickledValue]] = []
        self.memo: dict[int, PickledValue] = {}

    def run(self) -> PickledValue:
        """Follow the pickle to its end and return what it leaves."""
        data, steps = self.data, _STEPS
        if len(data) < 2 or data[0] != 0x80 or not 2 <= data[1] <= 5:
            raise CorruptFileError("it is no pickle of protocol 2 to 5")
        while (code := data[self.at]) != 0x2E:
            self.at += 1
            step = steps.get(code)
            if step is None:
                raise CorruptFileError(
                    f"the pickle has the instruction 0x{code:02x} at byte {self.at - 1:,}, which is not read here"
                )
            step(self)
        return self.stack.pop()

    def take(self, n_bytes: int) -> memoryview:
        """Return the next bytes."""
        end = self.at + n_bytes
        if n_bytes < 0 or end > len(self.data):
            raise IndexError
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def number(self, form: str) -> int:
        """Return the next number."""
        return int(struct.unpack(form, self.take(struct.calcsize(form)))[0])

    def line(self) -> str:
        """Return the bytes up to the line's end as a text."""
        begin = self.at
        while self.data[self.at] != 0x0A:
            self.at += 1
        self.at += 1
        return str(self.data[begin : self.at - 1], "utf-8")

    def since_mark(self) -> list[PickledValue]:
        """Return what was put on the stack since the last mark."""
        values, self.stack = self.stack, self.marked.pop()
        return values

    def name(self, module: PickledValue, name: PickledValue) -> PickledName:
        """Return a name, if it is allowed."""
        if not isinstance(module, str) or not isinstance(name, str):
            raise CorruptFileError(f"the pickle names something by what is no text, at byte {self.at:,}")
        if not self.allows(module, name):
            raise InvalidInputError(
                f"the pickle asks for {f'{module}.{name}'[:100]!r}, which such a file does not need"
            )
        return PickledName(module, name)


Step: TypeAlias = Callable[[PickleMachine], None]


def _proto(machine: PickleMachine) -> None:
    if not 2 <= machine.number("<B") <= 5:
        raise CorruptFileError("the pickle is of another protocol than 2 to 5")


def _frame(machine: PickleMachine) -> None:
    machine.take(8)


def _mark(machine: PickleMachine) -> None:
    machine.marked.append(machine.stack)
    machine.stack = []


def _pop(machine: PickleMachine) -> None:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.since_mark()


def _pop_mark(machine: PickleMachine) -> None:
    machine.since_mark()


def _dup(machine: PickleMachine) -> None:
    machine.stack.append(machine.stack[-1])


def _constant(value: PickledValue) -> Step:
    return lambda machine: machine.stack.append(value)


def _fresh(make: Callable[[], PickledValue]) -> Step:
    return lambda machine: machine.stack.append(make())


def _integer(form: str) -> Step:
    return lambda machine: machine.stack.append(machine.number(form))


def _long(form: str) -> Step:
    def step(machine: PickleMachine) -> None:
        length = machine.number(form)
        if length > _LONGEST_INTEGER:
            raise CorruptFileError(f"the pickle holds a whole number of {length:,} bytes")
        machine.stack.append(int.from_bytes(machine.take(length), "little", signed=True))

    return step


def _float(machine: PickleMachine) -> None:
    machine.stack.append(struct.unpack(">d", machine.take(8))[0])


def _text(form: str) -> Step:
    return lambda machine: machine.stack.append(str(machine.take(machine.number(form)), "utf-8", "surrogatepass"))


def _short_text(machine: PickleMachine) -> None:
    begin = machine.at + 1
    end = begin + machine.data[begin - 1]
    if end > len(machine.data):
        raise IndexError
    machine.at = end
    machine.stack.append(str(machine.data[begin:end], "utf-8", "surrogatepass"))


def _old_text(form: str) -> Step:
    """Return the step for a text of Python 2, read as ``pickle.load(encoding="latin-1")`` does."""
    return lambda machine: machine.stack.append(str(machine.take(machine.number(form)), "latin-1"))


def _bytes(form: str) -> Step:
    return lambda machine: machine.stack.append(machine.take(machine.number(form)))


def _short_bytes(machine: PickleMachine) -> None:
    machine.stack.append(bytes(machine.take(machine.number("<B"))))


def _tuple(length: int) -> Step:
    def step(machine: PickleMachine) -> None:
        if len(machine.stack) < length:
            raise IndexError
        machine.stack[-length:] = [tuple(machine.stack[-length:])]

    return step


def _marked_tuple(machine: PickleMachine) -> None:
    values = tuple(machine.since_mark())
    machine.stack.append(values)


def _append(machine: PickleMachine) -> None:
    value = machine.stack.pop()
    _elements(machine.stack[-1]).append(value)


def _appends(machine: PickleMachine) -> None:
    values = machine.since_mark()
    _elements(machine.stack[-1]).extend(values)


def _set_item(machine: PickleMachine) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    _items(machine.stack[-1]).update(_pairs([key, value]))


def _set_items(machine: PickleMachine) -> None:
    values = machine.since_mark()
    _items(machine.stack[-1]).update(_pairs(values))


def _add_items(machine: PickleMachine) -> None:
    values = machine.since_mark()
    target = machine.stack[-1]
    if not isinstance(target, set) or not all(isinstance(value, _KEYS) for value in values):
        raise TypeError("a set of such things")
    target.update(values)


def _frozen_set(machine: PickleMachine) -> None:
    values = machine.since_mark()
    if not all(isinstance(value, _KEYS) for value in values):
        raise TypeError("a set of such things")
    machine.stack.append(frozenset(values))


def _elements(target: PickledValue) -> list[PickledValue]:
    if isinstance(target, PickledObject):
        return target.elements
    if not isinstance(target, list):
        raise TypeError("elements of something that is no list")
    return target


def _items(target: PickledValue) -> dict[PickledValue, PickledValue]:
    if isinstance(target, PickledObject):
        return target.items
    if not isinstance(target, dict):
        raise TypeError("items of something that is no table")
    return target


def _pairs(values: list[PickledValue]) -> dict[PickledValue, PickledValue]:
    keys = values[::2]
    if len(values) % 2 or not all(isinstance(key, _KEYS) for key in keys):
        raise TypeError("a table with keys that are neither texts nor numbers")
    return dict(zip(keys, values[1::2], strict=True))


def _put(form: str) -> Step:
    def step(machine: PickleMachine) -> None:
        machine.memo[machine.number(form)] = machine.stack[-1]

    return step


def _memoize(machine: PickleMachine) -> None:
    machine.memo[len(machine.memo)] = machine.stack[-1]


def _get(form: str) -> Step:
    return lambda machine: machine.stack.append(machine.memo[machine.number(form)])


def _global(machine: PickleMachine) -> None:
    module = machine.line()
    machine.stack.append(machine.name(module, machine.line()))


def _stack_global(machine: PickleMachine) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(machine.name(module, name))


def _call(machine: PickleMachine) -> None:
    arguments, maker = machine.stack.pop(), machine.stack.pop()
    if not isinstance(maker, PickledName) or not isinstance(arguments, tuple):
        raise TypeError("a call of something that has no name")
    machine.stack.append(PickledObject(maker, arguments))


def _call_with_names(machine: PickleMachine) -> None:
    machine.stack.pop()
    _call(machine)


def _build(machine: PickleMachine) -> None:
    state, target = machine.stack.pop(), machine.stack[-1]
    if not isinstance(target, PickledObject):
        raise TypeError("a state for something that is no object")
    target.state = state


_STEPS: MappingProxyType[int, Step] = MappingProxyType(
    {
        0x80: _proto, 0x95: _frame, 0x28: _mark, 0x30: _pop, 0x31: _pop_mark, 0x32: _dup,
        0x4E: _constant(None), 0x88: _constant(True), 0x89: _constant(False),
        0x4A: _integer("<i"), 0x4B: _integer("<B"), 0x4D: _integer("<H"), 0x8A: _long("<B"), 0x8B: _long("<i"), 0x47: _float,
        0x58: _text("<I"), 0x8C: _short_text, 0x8D: _text("<Q"), 0x54: _old_text("<i"), 0x55: _old_text("<B"),
        0x42: _bytes("<I"), 0x43: _short_bytes, 0x8E: _bytes("<Q"), 0x96: _bytes("<Q"),
        0x29: _constant(()), 0x85: _tuple(1), 0x86: _tuple(2), 0x87: _tuple(3), 0x74: _marked_tuple,
        0x5D: _fresh(list), 0x61: _append, 0x65: _appends, 0x7D: _fresh(dict), 0x73: _set_item, 0x75: _set_items,
        0x8F: _fresh(set), 0x90: _add_items, 0x91: _frozen_set,
        0x71: _put("<B"), 0x72: _put("<I"), 0x94: _memoize, 0x68: _get("<B"), 0x6A: _get("<I"),
        0x63: _global, 0x93: _stack_global, 0x52: _call, 0x81: _call, 0x92: _call_with_names, 0x62: _build,
    }
)  # fmt: skip
"""Instruction -> what it does; names and numbers as in ``pickletools.opcodes``."""
