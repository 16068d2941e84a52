"""Values of records as columns of a table, and files of labels."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projector_export.errors import ProjectorExportError
from projector_export.tabular import as_columns, cut_notes, read_labels


def only(values, **options):
    (column,) = as_columns({"x": values}, **options)
    return column.values


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([1, 2, 3], np.int64, [1, 2, 3]),
        ([1, 2.5], np.float64, [1, 2.5]),
        ([1, None, 3], np.float64, [1, math.nan, 3]),
        ([None, 0.5], np.float64, [math.nan, 0.5]),
    ],
)
def test_numbers_throughout_become_numbers(values, dtype, expected):
    found = only(values)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a", None, ""], ("a", None, "")),
        ([True, False, None], ("true", "false", None)),
        ([1, "a", True, None, 2.5], ("1", "a", "true", None, "2.5")),
        ([[1, 2], [], None], ("[1,2]", "[]", None)),
        ([{"a": [1, None]}, {"b": float("nan")}], ('{"a":[1,null]}', '{"b":null}')),
        ([b"abc"], ("<3 bytes>",)),
        ([None, None], (None, None)),
        ([2**70, 1], (str(2**70), "1")),
        ([float("inf"), 1.0], ("inf", "1.0")),
        ([[2**70], ["\ud800"]], ('["1180591620717411303424"]', '["\\\\ud800"]')),
    ],
)
def test_everything_else_becomes_texts(values, expected):
    assert only(values) == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "22", "-3"], [1, 22, -3]),
        (["1.5", "", "nan"], [1.5, math.nan, math.nan]),
        (["1e3", ".5", "2."], [1000, 0.5, 2]),
    ],
)
def test_cells_that_spell_numbers_become_numbers_where_the_format_knows_texts_only(cells, expected):
    np.testing.assert_array_equal(only(cells, is_typed=False), expected)
    assert only(cells) == tuple(cells)


@pytest.mark.parametrize(
    "cells", [["007", "8"], ["1", "a"], ["", ""], ["1_000"], ["0x10"], ["inf"], ["12345678901234567890"], [" 1"], ["١"]]
)
def test_cells_that_would_lose_something_stay_texts(cells):
    assert only(cells, is_typed=False) == tuple(cells)


def test_long_texts_are_cut_and_told():
    values = {"body": ["x" * 501, "x" * 500, "y" * 9000], "n": [1, 2, 3]}
    column = as_columns(values)[0]
    assert [len(text) for text in column.values] == [500, 500, 500]
    assert column.values[0].endswith("x…")
    assert cut_notes(values) == ("2 texts of column 'body' are longer than 500 characters and shown cut off",)
    assert cut_notes({"t": ["x" * 501]})[0].startswith("1 text of column 't' is longer than")


@given(st.lists(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()))))
def test_any_values_make_a_column_of_as_many(values):
    for is_typed in (True, False):
        assert len(only(values, is_typed=is_typed)) == len(values)


def write(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("l.txt", "a\n\n 7 \nlast", {"label": ["a", "", " 7 ", "last"]}),
        ("vocab", "a\nb\n", {"label": ["a", "b"]}),
        ("l.tsv", "word\tn\na\t1\nb\t2\n", {"word": ["a", "b"], "n": [1, 2]}),
        ("l.tsv", "word\na\nb\n", {"label": ["word", "a", "b"]}),
        ("l.csv", "name,group\nx,1\ny,2\n", {"name": ["x", "y"], "group": [1, 2]}),
        ("l.json", '["a", 7, null, true]', {"label": ["a", "7", None, "True"]}),
        ("l.json", '{"b": 2, "a": 0}', {"token": ["a", None, "b"]}),
        ("l.json", '[{"w": "a", "n": 1}, {"w": "b"}]', {"w": ["a", "b"], "n": [1.0, math.nan]}),
        ("l.jsonl", '{"w": "a"}\n{"w": "b"}\n', {"w": ["a", "b"]}),
    ],
)
def test_labels_of_each_kind(tmp_path, name, text, expected):
    columns = read_labels(write(tmp_path, name, text))
    found = {column.name: list(column.values) for column in columns}
    assert list(found) == list(expected)
    for column in expected:
        np.testing.assert_array_equal(found[column], expected[column])


def test_the_number_of_rows_tells_whether_one_column_has_a_head(tmp_path):
    path = write(tmp_path, "l.csv", "word\na\nb\n")
    assert [(column.name, column.values) for column in read_labels(path, n_rows=2)] == [("word", ("a", "b"))]
    assert read_labels(path, n_rows=3)[0].values == ("word", "a", "b")


def test_labels_in_parquet(tmp_path):
    pd.DataFrame({"w": ["a", "b"], "n": [1, 2]}).to_parquet(tmp_path / "l.parquet")
    assert [column.name for column in read_labels(tmp_path / "l.parquet")] == ["w", "n"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 0, "b": 0}', "tokens 'a' and 'b' share the row 0"),
        ('{"a": -1}', "token 'a' has -1 in place of a row number"),
        ('{"a": "0"}', "token 'a' has '0'"),
        ('{"a": true}', "token 'a' has True"),
        ('{"a": 9000000000}', "gives row 9,000,000,000 to one of 1 tokens"),
        ("{}", "is empty"),
        ('{"a": 0, "b": 1, "a": 2}', "has token 'a' twice"),
        ("[]", "holds no labels"),
        ("7", "holds no labels"),
        ("[[1], [2]]", "holds no labels"),
        ("[1,", "is no JSON"),
    ],
)
def test_labels_that_are_none_are_told(tmp_path, text, words):
    with pytest.raises(ProjectorExportError) as refused:
        read_labels(write(tmp_path, "l.json", text))
    assert words in str(refused.value)


@given(st.lists(st.text(), min_size=1, unique=True))
def test_a_vocabulary_comes_back_in_its_order(tmp_path_factory, tokens):
    path = tmp_path_factory.mktemp("labels") / "v.json"
    path.write_text(json.dumps({token: row for row, token in reversed(list(enumerate(tokens)))}))
    assert read_labels(path)[0].values == tuple(tokens)
