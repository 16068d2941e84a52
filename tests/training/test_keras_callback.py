"""Keras trainings, on each backend and in Keras 2: every epoch's export is the layer as it was."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from recorded_runs import assert_is, assert_no_fault, columns_of, runs_of, values_of

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError

pytestmark = pytest.mark.heavy

SCRIPT = Path(__file__).with_name("keras_training.py")
RUNS = [*(f"epoch-{number:03}" for number in range(5)), "trajectory"]


@pytest.mark.parametrize("backend", ["tensorflow", "torch", "jax", "tf_keras"])
def test_every_epoch_is_the_layer_as_it_was(tmp_path, backend):
    if backend == "jax":
        pytest.importorskip("jax")
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, SCRIPT, backend, str(tmp_path / "runs")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert runs_of(tmp_path / "runs") == RUNS
    expected = np.load(tmp_path / "runs.npz")
    for run in RUNS[:-1]:
        assert_is(values_of(tmp_path / "runs", run), expected[run])
    assert not np.array_equal(expected["epoch-000"], expected["epoch-004"])
    tokens = columns_of(tmp_path / "runs", "epoch-004")["token"]
    assert tokens == ["", "[UNK]", "good", "bad", "film", "plot", "actor", "x", "y"]
    assert columns_of(tmp_path / "runs", "trajectory")["token"] == ["good"] * 5 + ["bad"] * 5
    assert_no_fault(tmp_path / "runs")


@pytest.fixture(scope="module")
def keras():
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    import keras

    return keras


@pytest.fixture
def projector(keras):
    from projector_export.keras import ProjectorCallback

    return ProjectorCallback


def fitted(keras, model, *callbacks, n_epochs=1, **options):
    model.compile("adam", "mse")
    rows = np.random.default_rng(0).integers(0, 6, (32, 4))
    model.fit(rows, rows.mean(1), epochs=n_epochs, verbose=0, callbacks=list(callbacks), **options)


def model_of(keras, *embeddings):
    rows = keras.Input((4,))
    found = [keras.layers.GlobalAveragePooling1D()(layer(rows)) for layer in embeddings]
    return keras.Model(rows, keras.layers.Dense(1)(found[0] if len(found) == 1 else keras.layers.Concatenate()(found)))


def test_several_layers_have_to_be_told_apart(keras, projector, tmp_path):
    layers = keras.layers.Embedding(6, 3, name="words"), keras.layers.Embedding(7, 2, name="places")
    model = model_of(keras, *layers)
    with pytest.raises(AmbiguousChoiceError, match=r"2 embedding layers \('words', 'places'\).* as in layer='words'"):
        fitted(keras, model, projector(tmp_path / "no"))
    with pytest.raises(NotFoundError, match="no embedding layer 'word'"):
        fitted(keras, model, projector(tmp_path / "no", "word"))
    labels = {"places": [f"place {row}" for row in range(7)]}
    fitted(keras, model, projector(tmp_path / "yes", ["places", "words"], labels))
    assert columns_of(tmp_path / "yes", "epoch-001", "places")["token"][6] == "place 6"
    assert columns_of(tmp_path / "yes", "epoch-001", "words")["token"][5] == "row 5"
    assert values_of(tmp_path / "yes", "trajectory", "words trajectory").shape == (12, 3)
    assert not (tmp_path / "no").exists()


def test_a_model_without_embeddings_is_refused(keras, projector, tmp_path):
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    with pytest.raises(NotFoundError, match="has no embedding layer"):
        fitted(keras, model, projector(tmp_path))


def test_labels_of_another_number_are_refused_before_the_first_epoch(keras, projector, tmp_path):
    with pytest.raises(InvalidInputError, match="there are 5 labels for the 6 rows of 'embedding"):
        fitted(keras, model_of(keras, keras.layers.Embedding(6, 3)), projector(tmp_path, labels=list("abcde")))


def test_the_vocabulary_of_the_model_names_the_rows(keras, projector, tmp_path):
    import tensorflow as tf

    lookup = keras.layers.TextVectorization(output_sequence_length=4)
    lookup.adapt(["good film", "bad film"])
    embedding = keras.layers.Embedding(6, 3, name="words")
    texts = keras.Input((1,), dtype="string")
    pooled = keras.layers.GlobalAveragePooling1D()(embedding(lookup(texts)))
    model = keras.Model(texts, keras.layers.Dense(1)(pooled))
    model.compile("adam", "mse")
    callback = projector(tmp_path)
    model.fit(tf.constant([["good film"], ["bad"]]), np.array([1.0, 0.0]), verbose=0, callbacks=[callback])
    found = columns_of(tmp_path, "epoch-001", "words")
    assert found["token"][:3] == ["[PAD]", "[UNK]", "film"]
    assert set(found["token"][3:5]) == {"good", "bad"}
    assert found["kind"] == ["padding", "out of vocabulary", "word", "word", "word", "beyond the vocabulary"]


def test_narrow_numbers_are_written_as_they_are(keras, projector, tmp_path):
    layer = keras.layers.Embedding(6, 3, dtype="bfloat16")
    fitted(keras, model_of(keras, layer), projector(tmp_path))
    assert_is(values_of(tmp_path, "epoch-001"), np.asarray(keras.ops.cast(layer.embeddings, "float32")))


def test_only_every_so_many_epochs_and_the_last_one(keras, projector, tmp_path):
    fitted(keras, model_of(keras, keras.layers.Embedding(6, 3)), projector(tmp_path, every=3), n_epochs=5)
    assert runs_of(tmp_path) == ["epoch-000", "epoch-003", "epoch-005", "trajectory"]


def test_a_training_that_goes_on_uses_the_same_logdir(keras, projector, tmp_path):
    model = model_of(keras, keras.layers.Embedding(6, 3))
    fitted(keras, model, projector(tmp_path), n_epochs=2)
    fitted(keras, model, projector(tmp_path), n_epochs=4, initial_epoch=2)
    assert runs_of(tmp_path) == RUNS
    with pytest.raises(InvalidInputError, match="holds epoch-004 of an earlier training"):
        fitted(keras, model, projector(tmp_path))


def test_a_model_that_its_first_batch_builds_has_no_state_before(keras, projector, tmp_path):
    model = keras.Sequential(
        [keras.layers.Embedding(6, 3), keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(1)]
    )
    fitted(keras, model, projector(tmp_path), n_epochs=2)
    assert [run for run in runs_of(tmp_path) if run != "epoch-000"] == ["epoch-001", "epoch-002", "trajectory"]


def test_an_interrupted_training_can_be_finished(keras, projector, tmp_path):
    def interrupt(epoch, _):
        if epoch == 2:
            raise KeyboardInterrupt

    callback = projector(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        stop = keras.callbacks.LambdaCallback(on_epoch_end=interrupt)
        fitted(keras, model_of(keras, keras.layers.Embedding(6, 3)), callback, stop, n_epochs=9)
    assert [written.folder.parent.name for written in callback.finish()] == [*RUNS[:4], "trajectory"]
    assert runs_of(tmp_path) == [*RUNS[:4], "trajectory"]


def test_what_cannot_be_written_ends_the_training(keras, projector, tmp_path, monkeypatch):
    from projector_export.errors import WriteError
    from projector_export.training import recorder

    def full(*_arguments, **_options):
        raise WriteError("the disk is full")

    monkeypatch.setattr(recorder, "write", full)
    with pytest.raises(WriteError, match="the disk is full"):
        fitted(keras, model_of(keras, keras.layers.Embedding(6, 3)), projector(tmp_path), n_epochs=2)
    assert runs_of(tmp_path) == []
