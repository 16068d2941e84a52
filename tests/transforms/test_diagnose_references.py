import numpy as np
import pytest

from projector_export.errors import InvalidInputError
from projector_export.table import Column, EmbeddingTable
from projector_export.transforms.diagnose import references
from projector_export.transforms.diagnose.token_classes import token_classes

NONE = np.empty(0, dtype=np.int64)


def table(kinds=None, spelled=None, n_rows=8):
    vectors = np.random.default_rng(0).normal(size=(n_rows, 3))
    columns = [Column("token", [str(row) for row in range(n_rows)])]
    columns += [Column("kind", kinds)] if kinds else []
    columns += [Column("bytes", spelled)] if spelled else []
    return EmbeddingTable.from_array(vectors, columns=columns)


WORDS = ["word"] * 8
LETTERS = [f"<{0x61 + row:02x}>" for row in range(8)]


def changed(values, **at):
    copy = list(values)
    for place, value in at.items():
        copy[int(place[1:])] = value
    return copy


@pytest.mark.parametrize(
    ("kinds", "spelled", "rows", "evidence"),
    [
        (changed(WORDS, _1="byte", _2="byte"), changed(LETTERS, _1="<c0>", _2="<f5>"), (1, 2), "unused byte values"),
        (changed(WORDS, _1="byte"), changed(LETTERS, _1="<ff>", _5="<f6>"), (1,), "unused byte values"),
        (changed(WORDS, _7="beyond the tokenizer", _2="unused"), LETTERS, (7,), "rows beyond the tokenizer"),
        (changed(WORDS, _2="unused", _3="unreachable"), LETTERS, (2,), "names that say unused"),
        (changed(WORDS, _3="unreachable"), LETTERS, (3,), "unreachable tokens"),
        (changed(WORDS, _4="byte"), changed(LETTERS, _5="<65>"), (4,), "bytes that another token spells too"),
        (WORDS, LETTERS, (), "none found"),
    ],
)
def test_the_first_class_that_has_rows_is_taken(kinds, spelled, rows, evidence):
    found = references.find(table(kinds, spelled), avoid=NONE)
    assert (found.rows, found.evidence) == (rows, evidence)


def test_names_count_only_where_they_are_wanted():
    named = table(changed(WORDS, _2="unused"))
    assert references.find(named, avoid=NONE, uses_names=False).rows == ()


def test_zero_rows_are_never_references():
    spelled = changed(LETTERS, _1="<c0>", _2="<c1>")
    kinds = changed(WORDS, _1="byte", _2="byte", _6="unused")
    assert references.find(table(kinds, spelled), avoid=np.array([1])).rows == (2,)
    assert references.find(table(kinds, spelled), avoid=np.array([1, 2])).evidence == "names that say unused"


def test_a_large_group_of_near_duplicates_is_the_last_resort():
    groups = [tuple(range(10)), (10, 11)]
    assert references.find(table(n_rows=12), avoid=NONE, near_duplicates=groups).rows == tuple(range(10))
    assert references.find(table(n_rows=12), avoid=NONE, near_duplicates=groups[1:]).rows == ()


def test_agreement_is_the_mean_cosine_of_two():
    rows = np.array([[1, 0], [0, 2], [3, 0], [0, 0], [5, 5]], dtype=np.float64)
    found = references.given(EmbeddingTable.from_array(rows), [2, 0, 1, 3])
    assert found.rows == (0, 1, 2, 3)
    assert found.agreement == pytest.approx((0 + 1 + 0) / 3)
    assert references.given(EmbeddingTable.from_array(rows), [4]).agreement == 1


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "no reference row"),
        ([8], "reference row 8 lies outside"),
        ([-2, 1], "reference row -2 lies"),
        ([0], "all .* zero"),
    ],
)
def test_wrong_references_are_refused(rows, words):
    with pytest.raises(InvalidInputError, match=words):
        references.given(EmbeddingTable.from_array(np.zeros((8, 2))), rows)


def test_ranges_are_read():
    assert references.parse("177-179, 5,178") == (5, 177, 178, 179)


@pytest.mark.parametrize("text", ["", "a", "3-", "-3", "5-4", "1,,2", "٣", "1-2-3", "99999999999"])
def test_what_names_no_rows_is_refused(text):
    with pytest.raises(InvalidInputError, match="names no rows"):
        references.parse(text)


def test_ordinary_tokens_are_those_that_come_back():
    kinds = ["word", "byte", "byte", "byte", "unreachable", "special", "beyond the tokenizer", "no token"]
    spelled = ["<61>", "<62>", "<e4>", "<61>", "<64>", None, None, None]
    found = token_classes(table(kinds, spelled))
    assert found.ordinary.tolist() == [True, True, *[False] * 6]
    assert found.special.tolist() == [kind == "special" for kind in kinds]
    assert found.token.tolist() == [True] * 6 + [False] * 2
