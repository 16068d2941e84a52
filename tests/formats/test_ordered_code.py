"""Keys of the parts of a partitioned tensor, against bytes that TensorFlow wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projector_export.formats.ordered_code import encode_slice_key

int64 = st.integers(-(2**63), 2**63 - 1)


@pytest.mark.parametrize(
    ("extents", "key"),
    [
        ([(0, 63), (0, -1)], "00700001010280bf807f"),
        ([(63, 1), (0, 2)], "007000010102bf818082"),
        ([(64, 136), (0, 2)], "007000010102c040c0888082"),
    ],
)
def test_golden_keys(extents, key):
    assert encode_slice_key(b"p", extents) == bytes.fromhex(key)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (-1, "7f"),
        (-64, "40"),
        (-65, "3fbf"),
        (8_191, "dfff"),
        (8_192, "e02000"),
        (2**62 - 1, "ffbfffffffffffffff"),
        (2**62, "ffc04000000000000000"),
        (-(2**63), "003f8000000000000000"),
    ],
)
def test_numbers_take_as_few_bytes_as_they_can(number, code):
    assert encode_slice_key(b"", [(number, 0)])[5:-1] == bytes.fromhex(code)


def test_a_name_cannot_run_into_what_follows():
    assert encode_slice_key(b"a\0b\xff", []) == b"\0a\0\xffb\xff\0\0\1\0"


@given(st.tuples(int64, int64), st.tuples(int64, int64))
def test_keys_sort_as_the_numbers_do(first, second):
    assert (encode_slice_key(b"p", [first]) < encode_slice_key(b"p", [second])) == (first < second)


@given(st.binary(), st.binary())
def test_keys_sort_as_the_names_do(first, second):
    assert (encode_slice_key(first, [(0, 1)]) < encode_slice_key(second, [(0, 1)])) == (first < second)
