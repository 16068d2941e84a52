"""The columns of a vocabulary's table, and what is told about rows and tokens without a counterpart."""

import numpy as np
import pytest

from projector_export.errors import InvalidInputError
from projector_export.sources.vocabulary_columns import (
    BEYOND,
    refuse_other_model,
    unlabelled_columns,
    vocabulary_columns,
)
from projector_export.tokens import KINDS, Vocabulary

VOCABULARY = Vocabulary("byte_level", ("a", "Ġthe", "ä½", "\n", None, "ä½ł", ""), special=frozenset({3}))


def values(columns):
    return {column.name: list(column.values) for column in columns}


def test_columns_stand_in_the_order_that_the_viewer_shows():
    columns, notes = vocabulary_columns(VOCABULARY, 7, np.arange(7.0))
    assert [column.name for column in columns] == ["token", "id", "kind", "text", "bytes", "length", "norm"]
    found = values(columns)
    assert found["token"] == ["a", "␣the", "<0xE4><0xBD>", "\\n", "(no token 4)", "你", "(empty token)"]
    assert found["id"] == list(range(7))
    assert found["kind"] == ["byte", "word", "partial UTF-8", "special", "no token", "subword", "control"]
    assert found["text"] == ["a", " the", "\ufffd", "\n", None, "你", ""]
    assert found["bytes"] == ["<61>", "<20 74 68 65>", "<e4 bd>", "<0a>", None, "<e4 bd a0>", "<>"]
    np.testing.assert_array_equal(found["length"], [1, 4, 2, 1, np.nan, 3, 0])
    assert found["norm"] == list(range(7))
    assert notes == ("1 row lies among the tokenizer's ids without a token: kind 'no token'",)
    assert BEYOND in KINDS


def test_rows_beyond_the_tokenizer_are_kept_and_told():
    columns, notes = vocabulary_columns(VOCABULARY, 9, np.ones(9))
    found = values(columns)
    assert found["token"][7:] == ["(no token 7)", "(no token 8)"]
    assert found["kind"][7:] == [BEYOND, BEYOND]
    assert found["text"][7:] == found["bytes"][7:] == [None, None]
    assert np.isnan(found["length"][7:]).all()
    assert notes[0] == "2 rows lie beyond the tokenizer's 7 tokens: kind 'beyond the tokenizer'"
    assert len(set(found["token"])) == 9


@pytest.mark.parametrize(
    ("n_rows", "note"),
    [(3, "4 tokens have no row in the table: ids 3-6"), (6, "1 token has no row in the table: id 6")],
)
def test_tokens_beyond_the_table_are_told(n_rows, note):
    columns, notes = vocabulary_columns(VOCABULARY, n_rows, np.ones(n_rows))
    assert {len(column.values) for column in columns} == {n_rows}
    assert notes[-1] == note


def test_a_whole_vocabulary_counts_bytes_in_whole_numbers_and_has_no_notes():
    columns, notes = vocabulary_columns(Vocabulary("plain", ("a", "é")), 2, np.ones(2))
    assert columns[5].values.tolist() == [1, 2]
    assert columns[5].values.dtype == np.int64
    assert notes == ()


@pytest.mark.parametrize(("n_tokens", "n_rows"), [(50257, 30522), (30522, 50257), (2001, 1000)])
def test_the_tokenizer_of_another_model_is_refused(n_tokens, n_rows):
    vocabulary = Vocabulary("plain", tuple(map(str, range(n_tokens))))
    with pytest.raises(InvalidInputError, match=rf"{n_tokens:,} tokens and the table {n_rows:,} rows: .* --tokenizer"):
        refuse_other_model(vocabulary, n_rows)


@pytest.mark.parametrize(
    ("n_tokens", "n_rows"), [(151643, 152064), (50257, 51865), (100015, 102400), (32011, 32000), (90, 1000)]
)
def test_padding_as_published_models_have_it_is_taken(n_tokens, n_rows):
    vocabulary = Vocabulary("plain", tuple(map(str, range(n_tokens))))
    refuse_other_model(vocabulary, n_rows)
    assert len(vocabulary_columns(vocabulary, n_rows, np.ones(n_rows))[1]) == 1


def test_of_a_table_that_was_read_in_part_there_are_as_many_values():
    columns, notes = vocabulary_columns(VOCABULARY, 9, np.ones(3))
    assert {len(column.values) for column in columns} == {3}
    assert notes[0] == "2 rows lie beyond the tokenizer's 7 tokens: kind 'beyond the tokenizer'"


def test_rows_without_a_tokenizer_show_their_number():
    columns = unlabelled_columns(np.array([0.5, 1.5]))
    assert values(columns) == {"token": ["row 0", "row 1"], "id": [0, 1], "norm": [0.5, 1.5]}
