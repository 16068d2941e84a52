"""Text files of word vectors: exact numbers, odd words, first lines that lie, compression."""

import bz2
import gzip
import lzma
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projector_export import ProjectorExportError
from projector_export.sources import word_vectors


def written(path, rows, *, header=True, end="\n"):
    lines = [f"{word} {' '.join(numbers)}" for word, numbers in rows]
    if header:
        lines.insert(0, f"{len(rows)} {len(rows[0][1])}")
    path.write_bytes((end.join(lines) + end).encode("utf-8", "surrogateescape"))
    return path


def values(table):
    return table.vectors.read(0, table.n_rows)


spellings = st.one_of(
    st.floats(allow_nan=False, width=32).map(repr),
    st.floats(allow_nan=False).map(repr),
    st.decimals(allow_nan=False, allow_infinity=False, places=6).map("{:f}".format),
    st.integers(-(10**25), 10**25).map(str),
    st.sampled_from(
        ["-0.0", "+1.5", ".5", "5.", "-.25", "1E5", "1e+05", "007", "inf", "-Infinity", "1e999", "4.9e-324"]
    ),
    st.integers(0, 2**32 - 1).map(
        lambda bits: repr(float(np.uint32(bits).view(np.float32))) if bits & 0x7F800000 != 0x7F800000 else "1"
    ),
)


@given(st.lists(st.lists(spellings, min_size=3, max_size=3), min_size=1, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
def test_every_number_is_the_float32_next_to_its_float64(tmp_path, rows):
    path = written(tmp_path / "vectors.txt", [(f"w{row}", numbers) for row, numbers in enumerate(rows)])
    found = values(word_vectors.read(path, format="word2vec"))
    with np.errstate(over="ignore"):
        expected = np.array([[np.float32(float(text)) for text in numbers] for numbers in rows])
    np.testing.assert_array_equal(found.view(np.uint32), expected.view(np.uint32))


def reads_as_more_numbers(word):
    """Whether a word of several fields would be taken for a row that has too many numbers."""
    from projector_export.sources.word_vectors.text_lines import is_number

    fields = word.replace("\t", " ").encode("utf-8", "surrogateescape").split(b" ")[1:]
    return bool(fields) and all(map(is_number, fields))


@given(st.lists(st.text(st.characters(exclude_characters="\n"), max_size=12), min_size=1, max_size=6))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
def test_any_word_is_kept_or_refused(tmp_path, words):
    words = [word.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape") for word in words]
    path = written(tmp_path / "vectors.txt", [(word, ["0.5", "-1.5"]) for word in words])
    longer = [word for word in words if reads_as_more_numbers(word)]
    if longer and all("\t" in word for word in longer):
        return  # a tab is a part of the word where spaces suffice, and a border where they do not
    if longer:
        with pytest.raises(ProjectorExportError, match=r"numbers instead of 2"):
            word_vectors.read(path, format="word2vec")
        return
    table = word_vectors.read(path, format="word2vec")
    for word, label in zip(words, table.columns[0].values, strict=True):
        if "\t" not in word and word.isprintable():
            assert label == word


def test_a_block_of_many_lines_is_read_like_one(tmp_path):
    numbers = np.random.default_rng(0).normal(size=(9_000, 40))
    rows = [(f"w{row}", [f"{number:.6f}" for number in line]) for row, line in enumerate(numbers.tolist())]
    table = word_vectors.read(written(tmp_path / "vectors.txt", rows))
    np.testing.assert_array_equal(values(table), np.round(numbers, 6).astype(np.float32))
    assert table.column("word").values[8_999] == "w8999"
    assert table.column("rank").values.tolist() == list(range(1, 9_001))


def test_progress_is_told_in_bytes(tmp_path):
    path = written(tmp_path / "vectors.txt", [("a", ["1", "2"])])
    told = []
    word_vectors.read(path, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (path.stat().st_size, path.stat().st_size)


@pytest.mark.parametrize("end", ["\r\n", " \n", "\n\n\n"])
def test_ends_of_lines(tmp_path, end):
    path = tmp_path / "vectors.txt"
    body = "the 1.5 2" + (" " if end == " \n" else "") + ("\r\n" if end == "\r\n" else "\n") + "of 3 4" + end
    path.write_text("2 2" + ("\r\n" if end == "\r\n" else "\n") + body, newline="")
    table = word_vectors.read(path)
    assert values(table).tolist() == [[1.5, 2], [3, 4]]
    assert list(table.column("word").values) == ["the", "of"]


NO_LINE_END = "the last line of '{}' has no line end: the file may be cut off, and its last number with it"


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("packs", [bytes, gzip.compress])
def test_a_last_number_that_may_be_cut_is_read_and_told(tmp_path, header, packs):
    path = written(tmp_path / "vectors.txt", [(f"w{row}", ["1.25", "2.75"]) for row in range(3)], header=header)
    path.write_bytes(packs(path.read_bytes()[:-2]))
    table = word_vectors.read(path)
    assert values(table)[2].tolist() == [1.25, np.float32(2.7)]
    assert table.provenance.notes == (NO_LINE_END.format(path),)
    assert word_vectors.read(path, limit=3).provenance.notes == (NO_LINE_END.format(path),)
    assert word_vectors.read(path, limit=2).provenance.notes == ()


@pytest.mark.parametrize("end", ["\n", "\r\n", " ", "\n\n  "])
def test_a_last_number_that_is_whole_is_not_told(tmp_path, end):
    path = tmp_path / "vectors.txt"
    path.write_text("2 2\nthe 1.5 2\nof 3 4" + end, newline="")
    assert word_vectors.read(path).provenance.notes == ()


def test_bytes_that_are_no_text_stay_visible_and_are_told(tmp_path):
    path = written(tmp_path / "vectors.txt", [("gr\udcfc\udcdfe", ["1", "2"]), ("ok", ["3", "4"])])
    table = word_vectors.read(path)
    assert list(table.column("word").values) == ["gr<0xFC><0xDF>e", "ok"]
    assert "1 of 2 words is no valid UTF-8" in table.provenance.notes[0]


def test_words_that_stand_twice_are_kept_and_told(tmp_path):
    path = written(tmp_path / "vectors.txt", [("a", ["1", "2"]), ("b", ["1", "2"]), ("a", ["3", "4"])])
    table = word_vectors.read(path)
    assert table.n_rows == 3
    assert table.provenance.notes == ("1 row repeats a word that stood before ('a'): all rows are kept",)


def test_the_first_rows_alone(tmp_path):
    rows = [(f"w{row}", [str(row), "0.5"]) for row in range(50)]
    table = word_vectors.read(written(tmp_path / "a.txt", rows), limit=7)
    assert values(table)[:, 0].tolist() == list(range(7))
    assert word_vectors.read(written(tmp_path / "b.txt", rows, header=False), limit=7).n_rows == 7
    assert word_vectors.read(written(tmp_path / "c.txt", rows), limit=500).n_rows == 50


@pytest.mark.parametrize("suffix", ["gz", "bz2", "xz", "zip"])
def test_compressed_files(tmp_path, suffix):
    rows = [("the", ["1.5", "2"]), ("of", ["3", "4"])]
    plain = written(tmp_path / "vectors.txt", rows)
    packed = tmp_path / f"vectors.txt.{suffix}"
    if suffix == "zip":
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(plain, "vectors.txt")
    else:
        packed.write_bytes({"gz": gzip, "bz2": bz2, "xz": lzma}[suffix].compress(plain.read_bytes()))
    assert word_vectors.recognises(packed) == "word2vec"
    table = word_vectors.read(packed)
    assert values(table).tolist() == [[1.5, 2], [3, 4]]
    assert table.name == "vectors"


def test_a_zip_of_several_files_names_them(tmp_path):
    with zipfile.ZipFile(tmp_path / "glove.zip", "w") as archive:
        archive.writestr("glove.50d.txt", "a 1 2\n")
        archive.writestr("glove.100d.txt", "a 1 2 3\n")
    with pytest.raises(ProjectorExportError, match=r"holds 2 files \('glove.50d.txt', 'glove.100d.txt'\)"):
        word_vectors.read(tmp_path / "glove.zip")


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    from projector_export.sources.word_vectors import opening

    monkeypatch.setattr(opening, "_FREE_BYTES", 2**20)
    path = tmp_path / "vectors.txt.gz"
    path.write_bytes(gzip.compress(b"100000000 2\n" + b"a 0 0\n" * 10**7))
    with pytest.raises(ProjectorExportError, match="unpacks to more than 100 times its"):
        word_vectors.read(path)


def test_a_first_line_cannot_make_memory_be_taken(tmp_path):
    path = tmp_path / "vectors.txt.gz"
    path.write_bytes(gzip.compress(b"999999999999 999999\na 1 2\n"))
    with pytest.raises(ProjectorExportError, match="promises 999,999 dimensions, and its words have 2"):
        word_vectors.read(path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"2 3\na 1 2 3\nb 4 5 6\n", "word2vec"),
        (b"2 3 \r\na 1 2 3 \r\nb 4 5 6 \r\n", "word2vec"),
        (b"the 0.1 0.2 0.3\n, 0.4 0.5 0.6\n", "glove"),
        (b". . . 0.1 0.2 0.3\nof 0.4 0.5 0.6\nto 0.4 0.5 0.6\n", "glove"),
        (b"1.0 2.0 3.0\n4.0 5.0 6.0\n", None),
        (b"word\tcount\nthe\t5\n", None),
        (b"a,b,c\n1,2,3\n", None),
        (b"just some text\nwith words\n", None),
        (b"the 5\nof 4\n", None),
        (b"", None),
        (b"\x93NUMPY\x01\x00v\x00{'descr': '<f4'}", None),
        (b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}\x94.", None),
        (b"3 2\nab \x00\x00\x80\x3f\x00\x00\x00\x40" * 3, "word2vec-binary"),
    ],
)
def test_what_a_file_is_shows_in_its_content(tmp_path, content, expected):
    path = tmp_path / "file"
    path.write_bytes(content)
    assert word_vectors.recognises(path) == expected


def test_what_is_no_file_or_no_format(tmp_path):
    assert word_vectors.recognises(tmp_path) is None
    assert word_vectors.recognises(tmp_path / "absent") is None
    (tmp_path / "text").write_text("some words\n")
    for path, words in (
        (tmp_path, "a folder"),
        (tmp_path / "absent", "no file"),
        (tmp_path / "text", "name its format"),
    ):
        with pytest.raises(ProjectorExportError, match=words):
            word_vectors.read(path)
    with pytest.raises(
        ProjectorExportError, match="is one of word2vec, word2vec-binary, glove, fasttext, gensim, not 'csv'"
    ):
        word_vectors.read(tmp_path / "text", format="csv")
    with pytest.raises(ProjectorExportError, match="limit is a number of rows, 1 or more, not 0"):
        word_vectors.read(tmp_path / "text", limit=0)
    with pytest.raises(ProjectorExportError, match="'some words', not the number of words and of dimensions"):
        word_vectors.read(tmp_path / "text", format="word2vec")
