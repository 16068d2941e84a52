import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from projector_export.formats import metadata_cell
from projector_export.formats.javascript import PROTOTYPE_NAMES, WHITESPACE, is_blank, number

ANY_TEXT = st.text(st.characters(codec=None)) | st.text('0x"1eInfinity\\n\tu28()empty msng.+- ', max_size=12)
NUMBERS = [
    "007",
    "1e5",
    "0x10",
    "Infinity",
    "-Infinity",
    "1.",
    ".5",
    "0b11",
    "0o17",
    "+1",
    " 7 ",
    "\u30007",
    "1E-3",
    "00",
]


@pytest.mark.parametrize("text", NUMBERS)
def test_what_the_viewer_would_turn_into_a_number_is_quoted(text):
    assert number(text) is not None
    cell = metadata_cell.encode(text)
    assert number(cell) is None
    assert metadata_cell.decode(cell) == text


@pytest.mark.parametrize("text", ["1_000", "١٢", "1e", "0x", "+0x1", "infinity", "NaN", "1,5", "²", "--1", "0b2"])
def test_what_javascript_takes_for_no_number_stays(text):
    assert number(text) is None
    assert metadata_cell.encode(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("0x1F", 31), ("0b101", 5), ("0o17", 15), ("", 0), (" \n", 0), ("1e400", float("inf")), ("-.5e1", -5)],
)
def test_number_has_the_value_that_javascript_gives(text, value):
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("a\tb", "a\\tb"),
        ("a\nb\r", "a\\nb\\r"),
        ("\\n", "\\\\n"),
        ("C:\\dir", "C:\\dir"),
        ("", "(empty)"),
        (None, "(missing)"),
        ("(empty)", "\\x28empty)"),
        ("   ", "\\x20\\x20\\x20"),
        ("\xa0", "\\xa0"),
        ("\u3000\u2003", "\\u3000\\u2003"),
        ("\ufeffx", "\\ufeffx"),
        ("\ud800", "\\ud800"),
        ("\x00", "\\x00"),
        ('"7"', '""7""'),
        ("été 日本", "été 日本"),
    ],
)
def test_cells_are_visible_and_on_one_line(text, cell):
    assert metadata_cell.encode(text) == cell


@given(ANY_TEXT, st.booleans())
@example("constructor", True)
@example('"constructor"', True)
@example("\\ud800", False)
@example("\\x28empty)", False)
def test_every_text_comes_back_and_none_can_shift_or_change_a_row(text, counted):
    cell = metadata_cell.encode(text, counted=counted)
    assert metadata_cell.decode(cell, counted=counted) == text
    assert number(cell) is None
    assert not is_blank(cell)
    assert not set(cell) & set("\t\n\r\ufeff\u2028\u2029")
    assert cell.encode().decode() == cell
    assert not (counted and cell in PROTOTYPE_NAMES)


def test_spelled_texts_keep_their_single_backslashes():
    assert metadata_cell.encode("\\n", spelled=True) == "\\n"
    assert metadata_cell.encode("a\tb", spelled=True) == "a\\tb"


def test_whitespace_is_exactly_what_trim_takes_away():
    assert all(is_blank(char) for char in WHITESPACE)
    assert not any(is_blank(char) for char in "\u200b\u2060\u180e\x85\x1c")
