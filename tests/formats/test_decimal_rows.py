"""Decimal numbers, as exact as Python's own, or none."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projector_export.formats import decimal_rows

SPELLINGS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(width=32, allow_nan=False, allow_infinity=False).map(lambda value: f"{value:.9g}"),
    st.integers(-(2**70), 2**70).map(str),
    st.from_regex(r"-?(0|[1-9][0-9]{0,40})(\.[0-9]{1,800})?([eE][+-]?[0-9]{1,3})?", fullmatch=True),
)


@given(st.integers(1, 4), st.lists(SPELLINGS, min_size=4, max_size=12), st.sampled_from([b",", b" ", b";", b"\t"]))
def test_every_bit_is_that_of_float(width, cells, separator):
    rows = [cells[start : start + width] for start in range(0, len(cells) - width + 1, width)]
    found = decimal_rows.decode([separator.join(map(str.encode, row)) for row in rows], width, separator=separator)
    expected = [[float(cell) for cell in row] for row in rows]
    if found is None:  # left to the caller, with reason: beyond the largest float, or a zero that has a sign
        assert any(np.isinf(value) or (value == 0 and str(value) == "-0.0") for row in expected for value in row)
    else:
        assert found.tobytes() == b"".join(struct.pack(f"{width}d", *row) for row in expected)


@given(
    st.lists(st.text(st.sampled_from('01,.-e "[]{}:truefalsn \t\n\\'), max_size=12), min_size=1, max_size=4),
    st.integers(1, 3),
    st.sampled_from([",", " "]),
)
def test_any_text_gives_what_float_gives_or_nothing(rows, width, separator):
    found = decimal_rows.decode([row.encode() for row in rows], width, separator=separator.encode())
    if found is not None:
        expected = [[float(cell) for cell in row.split(separator)] for row in rows]
        assert found.tobytes() == np.array(expected).tobytes()


@pytest.mark.parametrize(
    ("rows", "width"),
    [
        (["1,2", "3"], 2), (["1,2,3", "4"], 2), (["1],[2"], 2), (["1],[2", "3"], 1), (["1,[2", "3],4"], 2),
        (["true,false"], 2), (["null,1"], 2), (['"1",2'], 2), (["[1],2"], 2), ([",1"], 2), ([""], 1), (["-0"], 1),
        (["0.5,-0 ", "1,2"], 2), ([".5"], 1), (["1e999"], 1), (["{}"], 1), (["1_0"], 1), (["nan"], 1),
    ],
)  # fmt: skip
def test_what_is_spelled_otherwise_is_left_to_the_caller(rows, width):
    assert decimal_rows.decode([row.encode() for row in rows], width) is None


def test_commas_are_no_separators_beside_another_one():
    assert decimal_rows.decode([b"1,5;2"], 3, separator=b";") is None
    assert decimal_rows.decode([b"1.5;2"], 2, separator=b";").tolist() == [[1.5, 2.0]]


def test_many_rows_are_decoded_in_blocks(monkeypatch):
    monkeypatch.setattr(decimal_rows, "BLOCK_NUMBERS", 7)
    values = np.random.default_rng(0).normal(size=(10, 3))
    found = decimal_rows.decode([",".join(map(repr, row)).encode() for row in values.tolist()], 3)
    np.testing.assert_array_equal(found, values)
    assert decimal_rows.decode([], 3).shape == (0, 3)
