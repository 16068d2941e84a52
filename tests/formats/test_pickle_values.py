"""Pickles are looked at, never unpickled."""

import collections
import contextlib
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projector_export import ProjectorExportError
from projector_export.formats import pickle_values
from projector_export.formats.pickle_values import PickledName, PickledObject

keys = st.one_of(st.text(max_size=5), st.integers(), st.none(), st.booleans())
plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary(max_size=300)),
    lambda inner: st.one_of(
        st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(keys, inner), st.sets(keys), st.frozensets(keys)
    ),
)


def decoded(raw, allows=lambda module, name: True):
    return pickle_values.decode(memoryview(raw), allows=allows)


def as_bytes(value):
    """Long byte strings come as views."""
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, list | tuple):
        return type(value)(map(as_bytes, value))
    return {key: as_bytes(inner) for key, inner in value.items()} if isinstance(value, dict) else value


@given(plain, st.integers(4, 5))
def test_plain_values_come_back(value, protocol):
    assert as_bytes(decoded(pickle.dumps(value, protocol))) == value


@given(plain, st.integers(2, 5), st.data())
def test_whatever_is_cut_off_or_changed_is_refused_or_read(value, protocol, data):
    raw = bytearray(pickle.dumps({"key": value}, protocol))
    place = data.draw(st.integers(0, len(raw) - 1))
    if data.draw(st.booleans()):
        raw = raw[:place]
    else:
        raw[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ProjectorExportError):
        decoded(bytes(raw))


@given(st.binary(max_size=60))
def test_any_bytes_are_refused_or_read(raw):
    with contextlib.suppress(ProjectorExportError):
        decoded(b"\x80\x04" + raw)


def test_objects_are_told_and_not_made():
    value = decoded(pickle.dumps(collections.Counter("aab"), 2))
    assert isinstance(value, PickledObject)
    assert value.maker == PickledName("collections", "Counter")
    assert value.arguments == ({"a": 2, "b": 1},)


def test_names_that_are_not_allowed():
    with pytest.raises(ProjectorExportError, match="asks for 'collections.Counter'"):
        decoded(pickle.dumps(collections.Counter()), allows=lambda module, name: False)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x80\x02}r\xff\xff\xff\x7f.",
        b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff.",
        b"\x80\x02\x8b\xff\xff\xff\x7f.",
    ],
)
def test_large_promises_take_no_memory(raw):
    with contextlib.suppress(ProjectorExportError):
        assert decoded(raw) == {}
