import errno
import json

import numpy as np
import pytest

from projector_export import ProjectorExportError
from projector_export.errors import CorruptFileError, InvalidInputError, WriteError
from projector_export.sources.encoders.chunk_store import ChunkStore, told_as_sentences
from projector_export.sources.encoders.encoder import Pieces, TokenizedTexts
from projector_export.sources.encoders.stored_vectors import StoredVectors


def tokenized(n_vectors, pieces=None):
    count = len(n_vectors)
    return TokenizedTexts(
        np.arange(count),
        np.zeros(count, dtype=bool),
        np.array(n_vectors),
        [np.arange(count)],
        lambda rows: (),
        pieces=pieces,
    )


def test_batches_in_any_order_end_in_the_order_of_the_texts(tmp_path):
    counts = [2, 0, 1, 3]
    whole = np.arange(18, dtype=np.float32).reshape(6, 3)
    starts = np.concatenate([[0], np.cumsum(counts)])
    store = ChunkStore(tmp_path)
    with store.writing(0, ("a", "b"), tokenized(counts)) as writer:
        for batch in ([3], [2, 0], [1]):
            rows = np.concatenate([whole[starts[text] : starts[text + 1]] for text in batch])
            writer.put(np.array(batch), (rows, -rows))
    for layer, sign in (("a", 1), ("b", -1)):
        vectors = StoredVectors([store.path(0) / f"vectors-{layer}.f32"], [6], 3)
        np.testing.assert_array_equal(vectors.read(0, 6), sign * whole)
    facts = store.facts(0)
    assert facts.n_vectors.tolist() == counts
    assert facts.n_dims == 3


def test_a_chunk_whose_writing_fails_is_not_there(tmp_path):
    store = ChunkStore(tmp_path)
    with pytest.raises(KeyError), store.writing(0, ("",), tokenized([1])):
        raise KeyError
    assert not store.has(0)
    assert list(tmp_path.iterdir())
    store.sweep()
    assert not list(tmp_path.iterdir())


def test_vectors_of_another_width_are_refused(tmp_path):
    refused = pytest.raises(InvalidInputError, match="2 dimensions after some of 3")
    with refused, ChunkStore(tmp_path).writing(0, ("",), tokenized([1, 1])) as writer:
        writer.put(np.array([0]), (np.zeros((1, 3), dtype=np.float32),))
        writer.put(np.array([1]), (np.zeros((1, 2), dtype=np.float32),))


def test_pieces_come_back(tmp_path):
    pieces = Pieces(["a", "\udce4", "ü"], ["w", "w", "x"], np.array([1, 2, 1]))
    store = ChunkStore(tmp_path)
    with store.writing(7, ("",), tokenized([2, 1], pieces)) as writer:
        writer.put(np.array([0, 1]), (np.zeros((3, 2), dtype=np.float32),))
    found = store.pieces(7)
    assert (found.labels, found.words, found.positions.tolist()) == (pieces.labels, pieces.words, [1, 2, 1])


def test_rows_across_files(tmp_path):
    whole = np.random.default_rng(0).normal(size=(7, 2)).astype("<f4")
    paths = []
    for number, (start, stop) in enumerate([(0, 3), (3, 3), (3, 4), (4, 7)]):
        paths.append(tmp_path / str(number))
        paths[-1].write_bytes(whole[start:stop].tobytes())
    vectors = StoredVectors(paths, [3, 0, 1, 3], 2)
    assert vectors.shape == (7, 2)
    for start in range(8):
        for stop in range(start, 8):
            np.testing.assert_array_equal(vectors.read(start, stop), whole[start:stop])


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b"abc"), lambda path: path.unlink()])
def test_damaged_vectors_are_told(tmp_path, spoil):
    path = tmp_path / "vectors.f32"
    path.write_bytes(b"\0" * 80)
    spoil(path)
    with pytest.raises(CorruptFileError, match=r"vectors\.f32"):
        StoredVectors([path], [10], 2).read(0, 10)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip"])
def test_damaged_facts_are_told(tmp_path, content):
    store = ChunkStore(tmp_path)
    with store.writing(0, ("",), tokenized([1])) as writer:
        writer.put(np.array([0]), (np.zeros((1, 3), dtype=np.float32),))
    (store.path(0) / "facts.npz").write_bytes(content)
    with pytest.raises(CorruptFileError, match="delete it and start again"):
        store.facts(0)


def test_manifest_that_is_no_json_counts_as_none(tmp_path):
    store = ChunkStore(tmp_path / "new")
    assert store.manifest() is None
    store.write_manifest({"a": 1})
    assert store.manifest() == {"a": 1}
    (store.folder / "manifest.json").write_text(json.dumps([1])[:2])
    assert store.manifest() is None


@pytest.mark.parametrize(
    ("number", "words"), [(errno.ENOSPC, "is full: what is done is kept"), (errno.EACCES, "cannot write to")]
)
def test_what_the_disk_refuses_is_a_sentence(tmp_path, number, words):
    with pytest.raises(WriteError, match=words), told_as_sentences(tmp_path):
        raise OSError(number, "reason")
    with pytest.raises(ProjectorExportError, match="other"), told_as_sentences(tmp_path):
        raise WriteError("other")
