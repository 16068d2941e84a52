"""First rows of CSV and TSV that may or may not name the columns."""

import pytest

from projector_export.errors import InvalidInputError, NotFoundError
from projector_export.tabular import open_records
from projector_export.tabular.labels import read_labels


def file(tmp_path, text, name="d.csv"):
    (tmp_path / name).write_text(text)
    return tmp_path / name


@pytest.mark.parametrize("text", ["title,title\na,b\nc,d\n", ",title,title\n0,a,b\n1,c,d\n", "a,b,a\nx,y,z\n"])
def test_a_head_with_a_doubled_name_is_told(tmp_path, text):
    with pytest.raises(InvalidInputError, match=r"two columns named '(title|a)': rename one, or say --no-header"):
        open_records(file(tmp_path, text))


def test_a_row_of_equal_cells_can_be_a_record(tmp_path):
    path = file(tmp_path, "yes,yes\na,b\n")
    assert next(open_records(path, header=False).batches()) == {"column_1": ["yes", "a"], "column_2": ["yes", "b"]}
    with pytest.raises(InvalidInputError, match="two columns named 'yes'"):
        open_records(path, header=True)


@pytest.mark.parametrize("text", ["yes,yes\na,b\nyes,no\n", "a,a\n", "1,1\nx,y\n", f"{'w' * 65},{'w' * 65}\na,b\n"])
def test_what_reads_as_a_record_stays_one(tmp_path, text):
    assert open_records(file(tmp_path, text)).columns == ("column_1", "column_2")


def test_labels_of_equal_cells_need_no_head(tmp_path):
    first, second = read_labels(file(tmp_path, "the\tthe\nCats\tcat\n", "labels.tsv"))
    assert list(first.values) == ["the", "Cats"]
    assert list(second.values) == ["the", "cat"]


def test_a_wanted_column_that_stands_in_the_first_row_is_told(tmp_path):
    records = open_records(file(tmp_path, "review,stars\nfine,many\nreview,few\n"))
    assert records.columns == ("column_1", "column_2")
    with pytest.raises(NotFoundError, match=r"no column 'review'; .*first row, which holds 'review', .* add --header "):
        records.require("review")
    with pytest.raises(NotFoundError, match=r"it has 'column_1', 'column_2'$"):
        records.require("fine")
    doubled = open_records(file(tmp_path, "title,title\ntitle,b\n"))
    with pytest.raises(NotFoundError, match=r"which holds 'title' 2 times, .*and rename all but one of them"):
        doubled.require("title")


def test_shards_and_first_rows_tell_it_too(tmp_path):
    from projector_export.sources.encoders import TextColumns
    from projector_export.sources.encoders.corpus import open_corpus

    (tmp_path / "f").mkdir()
    file(tmp_path / "f", "review,stars\nfine,many\nreview,few\n")
    with pytest.raises(NotFoundError, match="add --header"):
        open_corpus(tmp_path / "f", TextColumns(text=("review",), limit=2))
