"""Labels and columns, in every form in which people have them."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projector_export import Column, EmbeddingTable
from projector_export.errors import InvalidInputError, NotFoundError
from projector_export.sources.objects import with_columns

WORDS = ["a", "b", "c", "d"]


def table():
    return EmbeddingTable.from_array(np.eye(4), columns=[Column("own", ["w", "x", "y", "z"])])


def told(labels=None, columns=None):
    """Names and values of a table's columns, its own left out."""
    found = with_columns(table(), labels, columns).columns
    return [(column.name, column.values.tolist() if column.is_numeric else list(column.values)) for column in found]


OWN = ("own", ["w", "x", "y", "z"])


def series(library):
    module = pytest.importorskip(library)
    return (
        module.array(WORDS)
        if library == "pyarrow"
        else module.Series(name="label", data=WORDS)
        if (library == "pandas")
        else module.Series("label", WORDS)
    )


class Tokenizer:
    """As those of transformers and tokenizers."""

    def get_vocab(self):
        return {"c": 2, "a": 0, "d": 3, "b": 1}


@pytest.mark.parametrize(
    "labels",
    [
        WORDS,
        tuple(WORDS),
        (word for word in WORDS),
        np.array(WORDS),
        np.array(WORDS, dtype=object),
        [word.encode() for word in WORDS],
        {"d": 3, "a": 0, "b": 1, "c": 2},
        {0: "a", 3: "d", 2: "c", 1: "b"},
        Tokenizer(),
        Column("label", WORDS),
        *(pytest.param(library, id=library, marks=pytest.mark.heavy) for library in ("pandas", "polars", "pyarrow")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_labels_of_any_form(labels):
    labels = series(labels) if isinstance(labels, str) else labels
    assert told(labels) == [("label", WORDS), OWN]


@pytest.mark.parametrize(
    ("content", "ending"),
    [("a\nb\nc\nd\n", "txt"), (json.dumps(WORDS), "json"), ("label\tn\na\t1\nb\t2\nc\t3\nd\t4\n", "tsv")],
)
def test_labels_of_a_file(content, ending, tmp_path):
    path = tmp_path / f"labels.{ending}"
    path.write_text(content)
    for given_path in (path, str(path)):
        assert told(given_path)[0] == ("label", WORDS)


def test_a_column_of_the_table_as_label(tmp_path, monkeypatch):
    found = with_columns(table(), columns={"more": WORDS, "n": range(4)})
    labelled = with_columns(found, "more", {"last": WORDS})
    assert [column.name for column in labelled.columns] == ["more", "own", "n", "last"]
    (tmp_path / "more").write_text("a\nb\nc\nd\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInputError, match=r"'more' is a column of table 'embeddings' and a file: type './more'"):
        with_columns(found, "more")


@pytest.mark.heavy
def test_numbers_of_tensors_are_numbers():
    import torch

    assert told(torch.arange(4)) == [("label", [0, 1, 2, 3]), OWN]
    assert told(list(torch.arange(4))) == [("label", [0, 1, 2, 3]), OWN]
    assert told(list(np.arange(4))) == [("label", [0, 1, 2, 3]), OWN]


def test_missing_and_mixed_values():
    assert told(["a", None, 2, True])[0] == ("label", ["a", None, "2", "true"])
    assert told({"a": 1})[0] == ("label", [None, "a", None, None])
    assert told(np.array(["2020-01-01", "NaT", "2020-01-03", "2020-01-04"], dtype="datetime64[ns]"))[0][1][1] is None


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["a"], "'label' has 1 value, and the vectors have 4 rows"),
        ({"a": 9}, "row 9, and the vectors have 4 rows"),
        ({"a": 0, "b": 0}, "'a' and 'b' share the row 0"),
        ({"a": "b"}, "texts with the number of their row"),
        ({"a", "b", "c", "d"}, "no order"),
        (5, "single value 5"),
        (np.zeros((4, 2)), "(4, 2)"),
    ],
)
def test_labels_that_are_none(labels, words):
    with pytest.raises(InvalidInputError) as refused:
        told(labels)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_label_file_that_is_not_there():
    with pytest.raises(NotFoundError, match=r"no file 'nothing\.txt'"):
        told("nothing.txt")


def frame(library):
    module = pytest.importorskip(library)
    values = {"own": [1, 2, 3, 4], "more": WORDS}
    return module.table(values) if library == "pyarrow" else module.DataFrame(values)


@pytest.mark.parametrize(
    "columns",
    [
        {"own": [1, 2, 3, 4], "more": WORDS},
        [Column("own", np.array([1, 2, 3, 4])), Column("more", WORDS)],
        *(pytest.param(library, id=library, marks=pytest.mark.heavy) for library in ("pandas", "polars", "pyarrow")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_columns_replace_those_of_the_same_name(columns):
    columns = frame(columns) if isinstance(columns, str) else columns
    assert told(columns=columns) == [("own", [1, 2, 3, 4]), ("more", WORDS)]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"n": [1]}, "'n' has 1 value, and the vectors have 4 rows"),
        ({"n": "abcd"}, "single value 'abcd'"),
        ([Column("n", WORDS), Column("n", WORDS)], "two columns are named 'n'"),
        ([1, 2], "not list"),
        ({"n": np.zeros((4, 2))}, "(4, 2)"),
    ],
)
def test_columns_that_are_none(columns, words):
    with pytest.raises(InvalidInputError) as refused:
        told(columns=columns)
    assert words in str(refused.value)


@given(st.lists(st.one_of(st.text(), st.none()), min_size=1, max_size=20))
def test_any_texts_arrive_as_they_are(texts):
    rows = EmbeddingTable.from_array(np.ones((len(texts), 2)))
    assert with_columns(rows, texts).columns[0].values == tuple(texts)
    assert with_columns(rows, np.array(texts, dtype=object)).columns[0].values == tuple(texts)


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20))
def test_any_whole_numbers_arrive_as_they_are(numbers):
    rows = EmbeddingTable.from_array(np.ones((len(numbers), 2)))
    assert with_columns(rows, numbers).columns[0].values.tolist() == numbers
