"""What rows are called, in every form in which users have it; and which layer is meant."""

import numpy as np
import pytest

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError
from projector_export.table import Column
from projector_export.training.choice import choose
from projector_export.training.labels import given_labels, label_columns


def shown(labels, n_rows=3):
    return {column.name: list(column.values) for column in label_columns(labels, n_rows, "words")}


@pytest.mark.parametrize(
    "labels",
    [
        ["the", "of", None],
        np.array(["the", "of", None], dtype=object),
        [Column("token", ["the", "of", None])],
        {"of": 1, "the": 0},
    ],
    ids=["list", "array", "column", "row numbers"],
)
def test_labels_of_any_form(labels):
    assert shown(labels) == {"token": ["the", "of", "row 2"], "id": [0, 1, 2]}


def test_a_file_of_labels(tmp_path):
    (tmp_path / "labels.txt").write_text("the\nof\nand\n")
    (tmp_path / "labels.tsv").write_text("count\tword\n9\tthe\n7\tof\n5\tand\n")
    assert next(iter(shown(tmp_path / "labels.txt").values())) == ["the", "of", "and"]
    assert shown(str(tmp_path / "labels.tsv")) == {"word": ["the", "of", "and"], "id": [0, 1, 2], "count": [9, 7, 5]}


def test_numbers_alone_are_no_labels():
    assert shown([Column("count", np.array([3, 2, 1]))])["token"] == ["row 0", "row 1", "row 2"]


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["the", "of"], "there are 2 labels for the 3 rows of 'words'"),
        ([], "there are 0 labels for the 3 rows"),
        ([Column("a", ["x"] * 3), Column("b", ["x"] * 4)], "there are 3 or 4 labels for the 3 rows"),
        ({"the": 3}, "token 'the' has the row number 3, and 'words' has 3 rows"),
        ({"the": 1, "of": 1}, "tokens 'the' and 'of' share row 1"),
        (7, "not int"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, words):
    with pytest.raises(InvalidInputError, match=words):
        label_columns(labels, 3, "words")


def test_labels_by_layer():
    labels = {"words": ["a"], "places": ["b"]}
    assert given_labels(labels, "words", ["words", "places"]) == ["a"]
    assert given_labels({"places": ["b"]}, "words", ["words", "places"]) is None
    assert given_labels({"a": 0, "b": np.int64(1)}, "words", ["words"]) == {"a": 0, "b": 1}
    with pytest.raises(InvalidInputError, match="labels for 'word', which is not recorded; what is: 'words'"):
        given_labels({"word": ["a"]}, "words", ["words"])


def test_the_only_layer_needs_no_name():
    assert choose({"a.words": 1}, None, option="layer", owner="the model") == {"a.words": 1}
    assert choose({"a.words": 1, "b.places": 2}, ["b.places", "words"], option="layer", owner="the model") == {
        "b.places": 2,
        "a.words": 1,
    }


@pytest.mark.parametrize(
    ("found", "choice", "error", "words"),
    [
        ({}, None, NotFoundError, "the model has no embedding layer"),
        ({"a": 1, "b": 2}, None, AmbiguousChoiceError, r"2 embedding layers \('a', 'b'\): .* as in layer='a'"),
        ({"a": 1}, "b", NotFoundError, "no embedding layer 'b'; it has 'a'"),
        ({"x.a": 1, "y.a": 2}, "a", AmbiguousChoiceError, "'x.a' or 'y.a'"),
        ({"a": 1}, [], InvalidInputError, "layer is the name"),
        ({"a": 1}, [1], InvalidInputError, "layer is the name"),
    ],
)
def test_layers_that_cannot_be_told_are_refused(found, choice, error, words):
    with pytest.raises(error, match=words):
        choose(found, choice, option="layer", owner="the model")
