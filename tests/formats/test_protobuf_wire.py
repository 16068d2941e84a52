"""Varints and fields, against protobuf's own Python package."""

import pytest
from google.protobuf import descriptor_pb2, empty_pb2, wrappers_pb2
from hypothesis import given
from hypothesis import strategies as st

from projector_export.errors import CorruptFileError
from projector_export.formats.protobuf_wire import (
    FIXED32,
    FIXED64,
    decode_message,
    decode_varint,
    encode_bytes_field,
    encode_fixed_field,
    encode_integer_field,
    encode_varint,
    signed,
)


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_are_written_as_protobuf_writes_them(value):
    encoded = encode_integer_field(1, value)
    assert encoded == wrappers_pb2.Int64Value(value=value).SerializeToString()
    assert signed(decode_message(encoded).integer(1)) == value


@given(st.binary(max_size=300))
def test_bytes_are_written_as_protobuf_writes_them(value):
    encoded = encode_bytes_field(1, value)
    assert wrappers_pb2.BytesValue.FromString(encoded).value == value
    assert decode_message(encoded).chunks(1) == [value]


@given(st.floats(allow_nan=False))
def test_fixed_numbers_are_written_as_protobuf_writes_them(value):
    message = wrappers_pb2.DoubleValue(value=value)
    raw = message.SerializeToString()[1:] or b"\0" * 8
    encoded = encode_fixed_field(1, raw)
    assert encoded == message.SerializeToString()
    assert decode_message(encoded).integer(1, wire_type=FIXED64) == int.from_bytes(raw, "little")


def test_a_real_message_is_taken_apart():
    message = descriptor_pb2.FileDescriptorProto(
        name="a.proto", package="b", dependency=["x", "y"], weak_dependency=[3]
    )
    decoded = decode_message(message.SerializeToString())
    assert decoded.chunks(1) == [b"a.proto"]
    assert decoded.chunks(3) == [b"x", b"y"]
    assert decoded.integer(11) == 3
    assert decoded.integer(12) == 0
    assert decoded.has(11)
    assert not decoded.has(12)


def test_the_last_of_several_integers_counts():
    assert decode_message(encode_integer_field(1, 5) + encode_integer_field(1, 6)).integer(1) == 6


@given(st.integers(0, 2**64 - 1), st.binary(max_size=5), st.binary(max_size=5))
def test_a_varint_is_found_where_it_stands(value, before, after):
    encoded = encode_varint(value)
    assert decode_varint(before + encoded + after, len(before)) == (value, len(before) + len(encoded))


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff" * 9, b"\xff" * 9 + b"\x02", b"\xff" * 12])
def test_a_bad_varint_is_corrupt(data):
    with pytest.raises(CorruptFileError, match="cut short or has more than 64 bits"):
        decode_varint(data, 0)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x00\x01", "field numbered 0"),
        (b"\x0a\x05abc", "a field of 5 bytes begins at byte 2 of a message of 5"),
        (b"\x0d\x01\x02", "a field of 4 bytes begins"),
        (b"\x0b\x0c", "wire type 3"),
        (b"\x0a" + b"\xff" * 9 + b"\x01", "a field of 18446744073709551615 bytes"),
    ],
)
def test_a_bad_message_is_corrupt(data, words):
    with pytest.raises(CorruptFileError, match=words):
        decode_message(data)


def test_a_field_of_another_kind_is_corrupt():
    message = decode_message(encode_integer_field(1, 5))
    with pytest.raises(CorruptFileError, match="wire type 0 instead of 5"):
        message.integer(1, wire_type=FIXED32)
    with pytest.raises(CorruptFileError, match="wire type 0 instead of 2"):
        message.chunks(1)


@given(st.binary(max_size=60))
def test_any_bytes_are_corrupt_or_a_message_to_protobuf_too(data):
    try:
        decode_message(data)
    except CorruptFileError:
        return
    empty_pb2.Empty.FromString(data)
