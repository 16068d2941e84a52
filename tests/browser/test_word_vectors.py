"""gensim's word vectors in TensorBoard's Projector, in Chromium."""

import numpy as np
import pytest
from projector_page import digest_of, n_colored
from tensorboard_server import running_tensorboard

import projector_export
from projector_export.formats import metadata_cell
from projector_export.sources import word_vectors

pytestmark = [pytest.mark.browser, pytest.mark.heavy]

THEMES = {
    "animals": "cat dog horse mouse wolf bear fox deer goat sheep",
    "colours": "red green blue white black yellow purple orange pink brown",
    "numbers": "007 12 1e5 3.14 100 42 99 1984 -1 0",
    "odd": "naïve 日本語 a\\b <b> ½ “quoted” # NaN null C++",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    from gensim.models import Word2Vec

    generator = np.random.default_rng(0)
    themes = [words.split() for words in THEMES.values()]
    sentences = [generator.choice(themes[number % len(themes)], 8).tolist() for number in range(4_000)]
    model = Word2Vec(sentences, vector_size=16, window=4, min_count=1, epochs=3, workers=1, seed=1)
    path = tmp_path_factory.mktemp("gensim") / "themes.kv"
    model.wv.save(str(path))
    return model.wv, path


def test_words_on_screen(trained, projector, tmp_path):
    vectors, path = trained
    projector_export.write(word_vectors.read(path), tmp_path / "logdir")
    with running_tensorboard(tmp_path / "logdir", tmp_path / "tensorboard.txt") as server:
        projector.open_tensorboard(server, (40, 16))
        assert projector.tensor_name() == "themes"
        assert projector.vector_digest() == digest_of(vectors.vectors)
        names, rows = projector.metadata()
        assert names == ["word", "rank", "count", "norm"]
        assert [row[0] for row in rows] == [metadata_cell.encode(word, counted=True) for word in vectors.index_to_key]
        assert [row[2] for row in rows] == [vectors.get_vecattr(word, "count") for word in vectors.index_to_key]
        assert {"rank", "count", "norm"} <= set(projector.color_options())
        projector.search("horse")
        card, neighbours = projector.pick("horse")
        assert card["word"] == "horse"
        assert set(neighbours[:9]) == set(THEMES["animals"].split()) - {"horse"}
        projector.color_by("count")
        projector.page.screenshot(path=tmp_path / "words.png")
        assert n_colored(projector.pixels()) > 500
        projector.assert_quiet()
