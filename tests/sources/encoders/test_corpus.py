import json
from types import SimpleNamespace

import numpy as np
import pytest

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError
from projector_export.sources.encoders.chunk_store import ChunkStore
from projector_export.sources.encoders.corpus import Survey, open_corpus
from projector_export.sources.encoders.encode_chunks import Assignment
from projector_export.sources.encoders.options import Encoding, Running, TextColumns
from projector_export.tabular import Records


def records(path, rows):
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


@pytest.fixture
def news(tmp_path):
    rows = [
        {"title": "One", "body": "first", "year": 1999, "tags": ["a"]},
        {"title": "Two", "body": None, "year": 2000, "tags": []},
        {"title": " ", "body": "third \ud800", "year": 2001, "tags": ["b", "c"]},
    ]
    return records(tmp_path / "news.jsonl", rows)


def texts_of(corpus, n_texts=2):
    return [text for chunk in corpus.chunks(n_texts) for text in chunk.texts]


def test_several_columns_join_without_their_empty_parts(news):
    corpus = open_corpus(news, TextColumns(text=["title", "body"], separator=" | "))
    assert texts_of(corpus) == ["One | first", "Two", "third \ufffd"]
    assert corpus.label == "title + body"
    assert corpus.metadata_columns == ("year", "tags")


def test_named_metadata_only(news):
    corpus = open_corpus(news, TextColumns(text="title", metadata=["year", "title"]))
    assert corpus.metadata_columns == ("year",)


def test_the_column_called_text_or_the_only_one(tmp_path):
    assert open_corpus(records(tmp_path / "a.jsonl", [{"x": "1", "text": "t"}]), TextColumns()).label == "text"
    assert open_corpus(records(tmp_path / "b.jsonl", [{"x": "1"}]), TextColumns()).label == "x"


def test_not_clear_which_column(news):
    with pytest.raises(AmbiguousChoiceError, match="--text COLUMN, out of 'title', 'body', 'year', 'tags'"):
        open_corpus(news, TextColumns())


@pytest.mark.parametrize("options", [{"text": "nope"}, {"text": "title", "metadata": ["nope"]}])
def test_a_column_that_is_not_there(news, options):
    with pytest.raises(NotFoundError, match="no column 'nope'"):
        open_corpus(news, TextColumns(**options))


def test_numbers_are_texts_and_lists_are_not(news):
    assert texts_of(open_corpus(news, TextColumns(text="year"))) == ["1999", "2000", "2001"]
    with pytest.raises(InvalidInputError, match=r"'tags', row 0: a list is no text"):
        open_corpus(news, TextColumns(text="tags")).survey(2)


@pytest.mark.parametrize("size", [1, 2, 3, 10])
def test_a_survey_counts_and_chunks_begin_anywhere(news, size):
    corpus = open_corpus(news, TextColumns(text="title"))
    survey = corpus.survey(size)
    assert survey.n_texts == 3
    assert len(survey.digests) == -(-3 // size)
    for number, digest in enumerate(survey.digests):
        (chunk, *_) = corpus.chunks(size, start=number * size)
        assert chunk.digest == digest


def test_many_columns_are_told(tmp_path):
    path = records(tmp_path / "wide.jsonl", [{"text": "t", **{f"c{number}": number for number in range(60)}}])
    corpus = open_corpus(path, TextColumns())
    assert len(corpus.metadata_columns) == 50
    assert "first 50 of 60" in corpus.notes[0]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "no rows"),
        (["a", 7], "text 1 of the list is '7'"),
        ({"a": 1}, "not a dict"),
        (np.array([["a"]]), "not a ndarray"),
        (iter(["a"]), "not a list_iterator"),
        (b"abc", "not a bytes"),
    ],
)
def test_what_is_no_list_of_texts(data, words):
    with pytest.raises(InvalidInputError, match=words):
        open_corpus(data, TextColumns()).survey(4)


def test_a_missing_text_of_a_list_is_empty():
    given = ["a", None]
    assert texts_of(open_corpus(given, TextColumns())) == ["a", ""]
    assert given == ["a", None]


@pytest.mark.parametrize("package", ["numpy", "pandas", "polars"])
def test_a_column_of_texts(package):
    module = pytest.importorskip(package)
    make = module.array if package == "numpy" else module.Series
    assert texts_of(open_corpus(make(["a", "b"]), TextColumns())) == ["a", "b"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Encoding(pooling="sum"), "pooling is one of cls, mean, max, last, not 'sum'"),
        (lambda: Encoding(granularity="letter"), "granularity is one of"),
        (lambda: Encoding(layer="last"), "layer is a whole number or 'all'"),
        (lambda: Encoding(truncate_dim=0), "truncate_dim is a whole number from 1 on"),
        (lambda: Encoding(prompt="a", prompt_name="b"), "give one of them"),
        (lambda: Encoding(granularity="word", pooling="mean"), "instead of words"),
        (lambda: Encoding(special_tokens=True), "granularity 'token'"),
        (lambda: Running(backend="tpu"), "backend is one of"),
        (lambda: Running(dtype="int8"), "dtype is one of"),
        (lambda: Running(workers=0), "workers is a whole number"),
        (lambda: Running(batch_tokens=True), "batch_tokens is a whole number"),
        (lambda: TextColumns(text=["a", "a"]), "named twice"),
        (lambda: TextColumns(max_characters=2), "max_characters"),
    ],
)
def test_options_that_say_nothing_sensible(make, words):
    with pytest.raises(InvalidInputError, match=words):
        make()


def test_chunks_that_are_not_what_was_counted(news, tmp_path):
    corpus = open_corpus(news, TextColumns(text="title"))
    survey = corpus.survey(2)
    store = ChunkStore(tmp_path / "store")
    assert [number for number, _ in Assignment(corpus, survey, 2, store).chunks()] == [0, 1]
    for digests in (("another", survey.digests[1]), survey.digests[:1]):
        with pytest.raises(InvalidInputError, match="changed while it was read"):
            list(Assignment(corpus, Survey(3, digests), 2, store).chunks())


@pytest.mark.parametrize("option", [{"header": True}, {"format": "csv"}, {"split": "train"}])
def test_how_a_file_is_read_is_not_asked_of_texts_in_memory(option):
    with pytest.raises(InvalidInputError, match=rf"{next(iter(option))} says how a file is read"):
        open_corpus(["a", "b"], TextColumns(**option))


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
@pytest.mark.parametrize("n_texts", [1, 2, 7])
def test_the_first_texts_only(news, limit, n_texts):
    corpus = open_corpus(news, TextColumns(text="title", limit=limit))
    assert texts_of(corpus, n_texts) == ["One", "Two", " "][:limit]
    assert corpus.survey(n_texts).n_texts == min(limit, 3)
    assert [chunk.texts for chunk in corpus.chunks(2, start=1)][:1] == [["Two", " "][: limit - 1]][: limit - 1]
    assert corpus.records.describe["limit"] == limit
    listed = open_corpus(["a", "b", "c"], TextColumns(limit=limit))
    assert (texts_of(listed), listed.records.n_rows) == (["a", "b", "c"][:limit], min(limit, 3))


@pytest.mark.parametrize("limit", [0, -1, 2.0, True])
def test_a_limit_is_a_whole_number(limit):
    with pytest.raises(InvalidInputError, match="limit is a whole number from 1 on"):
        TextColumns(limit=limit)


def test_what_stands_behind_the_first_texts_is_not_asked_for():
    def chunks(wanted):
        yield {"text": ["a", "b"][wanted.start :]}
        yield {"text": ["c", "d"]}
        raise AssertionError

    file = SimpleNamespace(columns=("text",), n_rows=None, is_typed=True, describe={"source": "x"}, chunks=chunks)
    corpus = open_corpus(Records("x", file), TextColumns(limit=3))
    assert texts_of(corpus, 5) == ["a", "b", "c"]
    assert corpus.records.n_rows is None
