"""Checkpoints and SavedModels that TensorFlow writes: embedding layers are found, what belongs to optimizers is not."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError
from projector_export.sources import keras as source

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow")


def trained(library):
    """Return a model with two embedding layers after a step of Adam, and their values."""
    import tensorflow as tf

    layers = library.layers
    words, places = layers.Embedding(9, 4, name="words"), layers.Embedding(5, 4, name="places")
    left, right = library.Input((3,), dtype="int32"), library.Input((3,), dtype="int32")
    answer = layers.Dense(1)(layers.Flatten()(layers.Concatenate()([words(left), places(right)])))
    model = library.Model([left, right], answer)
    model.compile("adam", "mse")
    model.fit([tf.ones((2, 3), tf.int32)] * 2, tf.ones((2, 1)), verbose=0)
    return model, {"words": words.get_weights()[0], "places": places.get_weights()[0]}


def assert_two_layers(path, found):
    for name, expected in found.items():
        (table,) = source.read(path, layer=name)
        np.testing.assert_array_equal(table.vectors.read(0, table.n_rows), expected)
    with pytest.raises(
        AmbiguousChoiceError, match=r"has 2 embedding layers: '\w+' \(\d x 4\), '\w+' \(\d x 4\); choose"
    ):
        source.read(path)


@pytest.mark.parametrize("name", ["keras", "tf_keras"])
def test_tensorflow_2(tf, name, tmp_path):
    library = pytest.importorskip(name)
    model, found = trained(library)
    tf.train.Checkpoint(net=model, optimizer=model.optimizer).save(str(tmp_path / "checkpoints" / "state"))
    assert_two_layers(tmp_path / "checkpoints", found)
    tf.saved_model.save(model, str(tmp_path / "saved"))
    assert_two_layers(tmp_path / "saved", found)
    assert_two_layers(tmp_path / "saved" / "saved_model.pb", found)
    model.export(str(tmp_path / "exported"))
    assert_two_layers(tmp_path / "exported", found)


def test_a_moving_average_and_slots_of_tensorflow_1(tf, tmp_path):
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        table = v1.get_variable("bert/embeddings/word_embeddings", (9, 4))
        places = v1.get_variable("bert/embeddings/position_embeddings", (30, 4))
        kernel = v1.get_variable("bert/encoder/kernel", (4, 4))
        loss = sum(tf.reduce_sum(each**2) for each in (table, places, kernel))
        step = v1.train.AdamOptimizer().minimize(loss)
        average = tf.train.ExponentialMovingAverage(0.9)
        keep = average.apply([table])
        session.run(v1.global_variables_initializer())
        session.run([step, keep])
        expected = session.run(table)
        v1.train.Saver().save(session, str(tmp_path / "bert.ckpt"))
    (found,) = source.read(tmp_path / "bert.ckpt")
    np.testing.assert_array_equal(found.vectors.read(0, 9), expected)
    assert found.provenance.steps[0].parameters["tensor"] == "bert/embeddings/word_embeddings"
    assert "'bert/embeddings/position_embeddings' (30 x 4)" in found.provenance.notes[0]
    with pytest.raises(NotFoundError, match="no layer 'Adam'"):
        source.read(tmp_path / "bert.ckpt", layer="Adam")


def test_a_table_of_texts_names_the_rows(tf, tmp_path):
    words = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
    words.insert(["c", "a", "b"], tf.constant([3, 1, 2], tf.int64))
    table = tf.Variable(np.eye(4, dtype="f4"))
    tf.train.Checkpoint(words=words, embeddings=table).write(str(tmp_path / "state"))
    (found,) = source.read(tmp_path / "state")
    assert list(found.column("token").values) == ["[UNK]", "a", "b", "c"]


def test_a_text_file_among_the_assets_names_the_rows(tf, tmp_path):
    vocabulary = tmp_path / "tokens.txt"
    vocabulary.write_text("the\ncat\nsat\n")
    module = tf.Module()
    module.vocabulary = tf.saved_model.Asset(str(vocabulary))
    module.embeddings = tf.Variable(np.eye(3, dtype="f4"), name="embeddings")
    tf.saved_model.save(module, str(tmp_path / "saved"))
    (found,) = source.read(tmp_path / "saved")
    assert list(found.column("token").values) == ["the", "cat", "sat"]


def test_a_quantised_layer_in_a_checkpoint_is_refused(tf, tmp_path):
    keras = pytest.importorskip("keras")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("TensorFlow's checkpoints need Keras on TensorFlow")
    model = keras.Sequential([keras.layers.Input((3,), dtype="int32"), keras.layers.Embedding(9, 4, name="table")])
    model.layers[0].quantize("int8")
    tf.train.Checkpoint(model=model).write(str(tmp_path / "state"))
    with pytest.raises(InvalidInputError, match=r"'table'.* is quantised.*save the whole model as \.keras"):
        source.read(tmp_path / "state")
