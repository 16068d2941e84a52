import json
import struct

import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from projector_export.errors import CorruptFileError
from projector_export.formats import safetensors_header

ARRAYS = {
    "embed.weight": np.arange(12, dtype=np.float32).reshape(3, 4),
    "bias": np.arange(5, dtype=np.int64),
    "empty": np.zeros((0, 4), dtype=np.float16),
    "scalar": np.array(7, dtype=np.uint8),
    "Ġü": np.ones((2, 2), dtype=np.float64),
}
FILE = safetensors.numpy.save(ARRAYS, metadata={"format": "pt"})


def pack(fields, *, data=b"", text=None):
    text = json.dumps(fields).encode() if text is None else text
    return struct.pack("<Q", len(text)) + text + data


def one(dtype="F32", shape=(1,), offsets=(0, 4)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def test_a_file_of_the_safetensors_package_is_read_as_it_was_written():
    tensors = safetensors_header.decode(FILE, len(FILE))
    assert {tensor.name for tensor in tensors} == set(ARRAYS)
    for tensor in tensors:
        array = ARRAYS[tensor.name]
        assert tensor.shape == array.shape
        assert FILE[tensor.begin : tensor.end] == array.tobytes()


def test_the_header_alone_is_enough():
    size = safetensors_header.header_size(FILE[:8])
    assert safetensors_header.decode(FILE[:size], None) == safetensors_header.decode(FILE, len(FILE))
    with pytest.raises(CorruptFileError, match=f"only {size - 1} bytes are there"):
        safetensors_header.decode(FILE[: size - 1], None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "ends after 0 bytes"),
        (b"\x10\0\0\0\0\0\0", "ends after 7 bytes"),
        (b"\xff" * 16, "promise a header of 18,446,744,073,709,551,615 bytes"),
        (struct.pack("<Q", 100_000_001) + b"{}", "promise a header of 100,000,001 bytes"),
        (struct.pack("<Q", 0), "promise a header of 0 bytes"),
        (struct.pack("<Q", 50) + b"{}", "should end at byte 58, but the file ends at byte 10"),
        (pack(None, text=b"[]"), "no JSON object"),
        (pack(None, text=b'{"a":'), "no valid JSON"),
        (pack(None, text=b'{"a": NaN}'), "NaN is no number"),
        (pack(None, text=b'{"\xff": 1}'), "no valid JSON"),
        (pack(None, text=b'{"a":' + b"[" * 200_000 + b"}"), "no valid JSON"),
        (pack(None, text=b'{"\\ud800": 1}'), "no valid Unicode"),
        (pack(None, text=b'{"a": {}, "a": {}}'), "names 'a' twice"),
        (pack({"__metadata__": {"a": 1}}), "__metadata__"),
        (pack({"a": 3}), "'a' by something that is no object"),
        (pack({"a": one(dtype="F33")}), "unknown type 'F33'"),
        (pack({"a": one(shape=[-1])}), "whole numbers as its shape"),
        (pack({"a": one(shape=[True])}), "whole numbers as its shape"),
        (pack({"a": one(shape=[1.0])}), "whole numbers as its shape"),
        (pack({"a": one(offsets=[4, 0])}), "no pair 'begin, end'"),
        (pack({"a": one(offsets=[0, 4, 8])}), "no pair 'begin, end'"),
        (pack({"a": one(shape=[2])}, data=b"1234"), "needs 8 bytes, but its data_offsets span 4"),
        (pack({"a": one("F4", [3], [0, 1])}, data=b"1"), "needs 1.5 bytes"),
        (pack({"a": one(shape=[2**62, 2**62])}, data=b"1234"), "larger than any file"),
        (pack({"a": one(), "b": one(offsets=[2, 6])}, data=b"123456"), "overlaps tensor 'a'"),
        (pack({"a": one(), "b": one(offsets=[8, 12])}, data=b"1" * 12), "gap after tensor 'a'"),
        (pack({"a": one(offsets=[4, 8])}, data=b"1" * 8), "gap after the header"),
        (pack({"a": one()}, data=b"123"), "it is truncated"),
        (pack({"a": one()}, data=b"12345"), "something was appended"),
        (pack({"\x1b[2J": one()}, data=b"123"), "accounts for"),
    ],
)
def test_a_lying_header_is_refused_in_words_and_by_the_reference_reader(content, words):
    with pytest.raises(CorruptFileError, match=words.replace("[", r"\[")) as caught:
        safetensors_header.decode(content, len(content))
    assert str(caught.value).isprintable()
    if "twice" not in words:
        with pytest.raises(safetensors.SafetensorError):
            safetensors.deserialize(content)


@given(
    st.lists(st.tuples(st.integers(0, len(FILE) - 1), st.integers(0, 255)), max_size=4),
    st.integers(0, len(FILE)),
    st.booleans(),
)
def test_damage_gives_an_error_or_what_the_reference_reader_gives(flips, length, cut):
    content = bytearray(FILE)
    for position, value in flips:
        content[position] = value
    content = bytes(content[:length] if cut else content)
    try:
        tensors = safetensors_header.decode(content, len(content))
    except CorruptFileError:
        return
    reference = {
        name: (field["dtype"], field["shape"], bytes(field["data"])) for name, field in safetensors.deserialize(content)
    }
    assert {t.name: (t.dtype, list(t.shape), content[t.begin : t.end]) for t in tensors} == reference
