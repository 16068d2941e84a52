"""gensim's own files: read without unpickling, and nothing in them is ever called."""

import os
import pickle
import shutil

import numpy as np
import pytest

from projector_export import ProjectorExportError
from projector_export.sources import word_vectors

gensim = pytest.importorskip("gensim")

CORPUS = [["the", "quick", "brown", "Übergröße", "日本語", f"word{number % 9}"] for number in range(60)]


@pytest.fixture(scope="module")
def word2vec():
    return gensim.models.Word2Vec(CORPUS, vector_size=12, min_count=1, workers=1, epochs=1, seed=1)


@pytest.fixture(scope="module")
def fasttext():
    return gensim.models.FastText(CORPUS, vector_size=12, min_count=1, workers=1, epochs=1, seed=1, bucket=700)


def check(path, vectors):
    assert word_vectors.recognises(path) == "gensim"
    table = word_vectors.read(path)
    assert list(table.column("word").values) == vectors.index_to_key
    np.testing.assert_array_equal(table.vectors.read(0, table.n_rows), vectors.vectors)
    assert table.column("count").values.tolist() == [
        vectors.get_vecattr(word, "count") for word in vectors.index_to_key
    ]
    first = word_vectors.read(path, limit=3)
    np.testing.assert_array_equal(first.vectors.read(0, 3), vectors.vectors[:3])
    return table


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol_of_pickles(tmp_path, word2vec, protocol):
    word2vec.wv.save(str(tmp_path / "vectors.kv"), pickle_protocol=protocol)
    check(tmp_path / "vectors.kv", word2vec.wv)


def test_arrays_beside_it_stay_there(tmp_path, word2vec):
    word2vec.wv.save(str(tmp_path / "vectors.kv"), separately=["vectors"])
    table = check(tmp_path / "vectors.kv", word2vec.wv)
    assert type(table.vectors).__name__ == "FileVectors"


def test_whole_models(tmp_path, word2vec, fasttext):
    for number, model in enumerate((word2vec, fasttext)):
        model.save(str(tmp_path / f"{number}.model"))
        check(tmp_path / f"{number}.model", model.wv)


def test_arrays_beside_a_whole_model(tmp_path, word2vec, fasttext):
    for number, model in enumerate((word2vec, fasttext)):
        model.save(str(tmp_path / f"{number}.model"), sep_limit=1)
        assert (tmp_path / f"{number}.model.wv.vectors{'_vocab' * number}.npy").is_file()
        check(tmp_path / f"{number}.model", model.wv)


def test_vectors_that_gensim_makes_of_subwords(tmp_path, fasttext):
    fasttext.wv.save(str(tmp_path / "a.kv"))
    check(tmp_path / "a.kv", fasttext.wv)
    fasttext.wv.save(str(tmp_path / "b.kv"), separately=["vectors_vocab", "vectors_ngrams"])
    check(tmp_path / "b.kv", fasttext.wv)


def test_compressed_files(tmp_path, word2vec):
    word2vec.wv.save(str(tmp_path / "vectors.kv.gz"))
    check(tmp_path / "vectors.kv.gz", word2vec.wv)


def test_float16_vectors(tmp_path):
    vectors = gensim.models.KeyedVectors(3, dtype=np.float16)
    vectors.add_vectors(["a", "b"], np.array([[1, 2, 3], [4, 5, 0.1]], dtype=np.float16))
    vectors.save(str(tmp_path / "half.kv"))
    table = word_vectors.read(tmp_path / "half.kv")
    assert table.vectors.dtype == "float16"
    np.testing.assert_array_equal(table.vectors.read(0, 2), vectors.vectors.astype(np.float32))


def test_files_of_gensim_3(tmp_path):
    from gensim.models.keyedvectors import CompatVocab

    old = gensim.models.KeyedVectors(3)
    entries = {word: CompatVocab(count=9 - place, index=place) for place, word in enumerate(("a", "b"))}
    numbers = np.arange(6, dtype=np.float32).reshape(2, 3)
    old.__dict__ = {"vectors": numbers, "vocab": entries, "index2word": ["a", "b"], "vector_size": 3}
    (tmp_path / "old.kv").write_bytes(pickle.dumps(old, 2))
    table = word_vectors.read(tmp_path / "old.kv")
    assert list(table.column("word").values) == ["a", "b"]
    assert table.column("count").values.tolist() == [9, 8]
    np.testing.assert_array_equal(table.vectors.read(0, 2), numbers)


class Attack:
    """Unpickling it would make a file."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_pickle_that_runs_a_command_is_refused_and_does_not_run(tmp_path, word2vec, protocol):
    marker = tmp_path / "marker"
    vectors = gensim.models.KeyedVectors(2)
    vectors.add_vectors(["a"], np.ones((1, 2), np.float32))
    vectors.evil = Attack(marker)
    path = tmp_path / "evil.kv"
    path.write_bytes(pickle.dumps(vectors, protocol))
    assert word_vectors.recognises(path) == "gensim"
    with pytest.raises(ProjectorExportError, match=r"asks for '(posix|nt)\.system'"):
        word_vectors.read(path)
    assert not marker.exists()
    pickle.loads(path.read_bytes())
    assert marker.exists(), "the attack would not have worked anyway"


@pytest.mark.parametrize(("module", "name"), [("gensim", "utils.os.system"), ("gensimx", "run"), ("builtins", "eval")])
def test_names_that_only_look_like_gensims(tmp_path, module, name):
    path = tmp_path / "evil.kv"
    texts = (b"\x8c" + bytes([len(text)]) + text.encode() for text in (module, name))
    path.write_bytes(b"\x80\x04" + b"".join(texts) + b"\x93.")
    with pytest.raises(ProjectorExportError, match=f"asks for '{module}.{name}', which such a file does not need"):
        word_vectors.read(path, format="gensim")


def test_arrays_of_objects_are_refused(tmp_path):
    vectors = gensim.models.KeyedVectors(2)
    vectors.add_vectors(["a"], np.ones((1, 2), np.float32))
    vectors.vectors = np.array([[1, "x"]], dtype=object)
    vectors.save(str(tmp_path / "objects.kv"))
    with pytest.raises(ProjectorExportError, match="'vectors' in .* is no array of plain numbers"):
        word_vectors.read(tmp_path / "objects.kv")


def test_side_files_with_pickles_are_refused(tmp_path, word2vec):
    word2vec.wv.save(str(tmp_path / "vectors.kv"), separately=["vectors"])
    np.save(
        tmp_path / "vectors.kv.vectors.npy", np.array([[Attack(tmp_path / "marker")]], dtype=object), allow_pickle=True
    )
    with pytest.raises(ProjectorExportError, match=r"vectors\.kv\.vectors\.npy' holds no array that can be read"):
        word_vectors.read(tmp_path / "vectors.kv")
    assert not (tmp_path / "marker").exists()


def test_a_renamed_file_names_the_missing_one(tmp_path, word2vec):
    word2vec.wv.save(str(tmp_path / "vectors.kv"), separately=["vectors"])
    shutil.move(tmp_path / "vectors.kv", tmp_path / "renamed.kv")
    with pytest.raises(
        ProjectorExportError, match=r"'renamed\.kv\.vectors\.npy', where the vectors are, has to lie beside"
    ):
        word_vectors.read(tmp_path / "renamed.kv")


def test_other_objects_of_gensim_have_no_word_vectors(tmp_path):
    gensim.corpora.Dictionary([["a", "b"]]).save(str(tmp_path / "dictionary"))
    with pytest.raises(ProjectorExportError, match="holds no word vectors"):
        word_vectors.read(tmp_path / "dictionary")


def test_more_words_than_vectors(tmp_path):
    vectors = gensim.models.KeyedVectors(2)
    vectors.add_vectors(["a", "b"], np.ones((2, 2), np.float32))
    vectors.vectors = vectors.vectors[:1]
    vectors.save(str(tmp_path / "short.kv"))
    with pytest.raises(ProjectorExportError, match="has 2 words and 1 vectors"):
        word_vectors.read(tmp_path / "short.kv")
