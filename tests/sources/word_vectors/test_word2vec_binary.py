"""word2vec's binary files: rows stay in the file, words of any length between them."""

import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projector_export import ProjectorExportError
from projector_export.sources import word_vectors
from projector_export.tensor_files.scattered_vectors import ScatteredVectors


def content(words, numbers, end=b"\n"):
    head = f"{len(words)} {numbers.shape[1]}\n".encode()
    return head + b"".join(
        word + b" " + row.astype("<f4").tobytes() + end for word, row in zip(words, numbers, strict=True)
    )


def any_numbers(n_rows, n_dims=5):
    """Bytes that hold spaces and line ends too."""
    raw = np.random.default_rng(n_rows).integers(0, 256, 4 * n_rows * n_dims, dtype=np.uint8)
    return np.nan_to_num(raw.view("<f4")).reshape(n_rows, n_dims)


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=30), st.sampled_from([b"", b"\n"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_rows_between_any_words(tmp_path, words, end):
    words = [word.replace(b" ", b"_").lstrip(b"\n") for word in words]
    path = tmp_path / "vectors.bin"
    numbers = any_numbers(len(words))
    path.write_bytes(content(words, numbers, end))
    table = word_vectors.read(path, format="word2vec-binary")
    assert isinstance(table.vectors, ScatteredVectors)
    np.testing.assert_array_equal(table.vectors.read(0, len(words)), numbers)
    np.testing.assert_array_equal(
        table.vectors.read(len(words) // 3, len(words) // 2), numbers[len(words) // 3 : len(words) // 2]
    )
    packed = tmp_path / "vectors.bin.gz"
    packed.write_bytes(gzip.compress(path.read_bytes(), 1))
    np.testing.assert_array_equal(
        word_vectors.read(packed, format="word2vec-binary").vectors.read(0, len(words)), numbers
    )


def test_rows_over_the_borders_of_blocks(tmp_path, monkeypatch):
    from projector_export.sources.word_vectors import word2vec_binary

    monkeypatch.setattr(word2vec_binary, "_BLOCK_BYTES", 501)
    words = [b"w" * (1 + row % 90) for row in range(300)]
    numbers = any_numbers(300, 30)
    path = tmp_path / "vectors.bin"
    path.write_bytes(content(words, numbers))
    table = word_vectors.read(path)
    np.testing.assert_array_equal(table.vectors.read(0, 300), numbers)
    assert list(table.column("word").values) == [word.decode() for word in words]
    assert word_vectors.read(path, limit=11).n_rows == 11


def test_a_file_without_words_is_told_before_it_is_read_whole(tmp_path):
    path = tmp_path / "vectors.bin"
    path.write_bytes(b"1000 5\n" + b"\1" * 300_000)
    with pytest.raises(ProjectorExportError, match="has no word at byte 7"):
        word_vectors.read(path, format="word2vec-binary")


def test_a_file_that_becomes_shorter_is_told(tmp_path):
    path = tmp_path / "vectors.bin"
    path.write_bytes(content([b"a", b"b"], any_numbers(2)))
    table = word_vectors.read(path)
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ProjectorExportError, match="became shorter"):
        table.vectors.read(0, 2)
