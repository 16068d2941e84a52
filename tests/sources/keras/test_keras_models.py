"""Models that Keras 3 and Keras 2 save: each embedding layer is found by its name, and its values are those of the model."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from trained_models import BAD, GOOD, sentiment_classifier, shapes

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError
from projector_export.pipeline import Treatment, export_vocabulary, read_vocabulary, transform
from projector_export.sources import keras as source
from projector_export.sources.keras import live

pytestmark = pytest.mark.heavy

KINDS = ["sequential", "nested and shared", "two of one class", "subclassed", "wrapped"]


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


@pytest.fixture(scope="module")
def old_keras():
    return pytest.importorskip("tf_keras")


@pytest.fixture(scope="module")
def models(keras):
    return shapes(keras)


def values(table):
    return table.vectors.read(0, table.n_rows)


def assert_all_found(path, found):
    """Every embedding layer is there under its name, no other table is taken for one, and its values are bit for bit its own."""
    for name, expected in found.items():
        (table,) = source.read(path, layer=name)
        np.testing.assert_array_equal(values(table), expected)
    if len(found) == 1:
        (table,) = source.read(path)
        np.testing.assert_array_equal(values(table), next(iter(found.values())))
        return
    with pytest.raises(AmbiguousChoiceError) as refused:
        source.read(path)
    assert f"has {len(found)} embedding layers" in str(refused.value)
    for name, expected in found.items():
        assert f"'{name}' ({expected.shape[0]} x {expected.shape[1]})" in str(refused.value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ending", [".keras", ".weights.h5", ".h5"])
def test_keras_3(models, kind, ending, tmp_path):
    model, found = models[kind]
    if kind == "subclassed" and ending == ".h5":
        pytest.skip("Keras 3 does not save such a model as HDF5")
    path = tmp_path / f"model{ending}"
    (model.save_weights if ending == ".weights.h5" else model.save)(path)
    if kind == "wrapped" and ending == ".weights.h5":  # nothing in the file tells that it is an embedding
        with pytest.raises(NotFoundError, match=r"no embedding layer; its tables are 'wrapped' \(10 x 3\): name one"):
            source.read(path)
        (table,) = source.read(path, layer="wrapped")
        np.testing.assert_array_equal(values(table), found["wrapped"])
        return
    assert_all_found(path, found)


@pytest.mark.parametrize("kind", KINDS)
def test_live_models(models, kind):
    model, found = models[kind]
    before = [np.array(weight) for weight in model.get_weights()]
    for name, expected in found.items():
        np.testing.assert_array_equal(values(live.read(model, layer=name)), expected)
    for weight, kept in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, kept)


@pytest.mark.parametrize("ending", [".keras", ".h5", "-weights.h5", "-folder", "-checkpoint"])
@pytest.mark.parametrize("kind", ["sequential", "nested and shared", "two of one class"])
def test_keras_2(old_keras, kind, ending, tmp_path):
    model, found = shapes_of_keras_2(old_keras)[kind]
    path = tmp_path / f"model{ending}"
    (model.save_weights if "weights" in ending or ending == "-checkpoint" else model.save)(path)
    assert_all_found(path, found)


def test_weights_of_keras_2_know_no_names(old_keras, tmp_path):
    model, found = shapes_of_keras_2(old_keras)["nested and shared"]
    path = tmp_path / "model.weights.h5"
    model.save_weights(path)
    with pytest.raises(AmbiguousChoiceError, match=r"'layers/embedding' \(11 x 3\), 'layers/.*/embedding' \(5 x 3\)"):
        source.read(path)
    (table,) = source.read(path, layer="layers/embedding")
    np.testing.assert_array_equal(values(table), found["shared"])


def shapes_of_keras_2(keras):
    import trained_models

    return {
        "sequential": trained_models._sequential(keras, keras.layers),
        "nested and shared": trained_models._nested(keras, keras.layers),
        "two of one class": trained_models._two(keras, keras.layers),
    }


def test_a_wrong_layer_is_told_with_those_that_there_are(models, tmp_path):
    path = tmp_path / "model.keras"
    models["two of one class"][0].save(path)
    with pytest.raises(NotFoundError, match=r"no layer 'users' .* 'user' \(6 x 3\), 'item' \(8 x 3\)"):
        source.read(path, layer="users")


def test_a_layer_is_found_by_its_place_too(models, tmp_path):
    path = tmp_path / "model.keras"
    model, found = models["subclassed"]
    model.save(path)
    (table,) = source.read(path, layer="parts/token_emb")
    np.testing.assert_array_equal(values(table), found["tokens"])


def test_a_trained_state_leaves_the_optimizer_out(keras, tmp_path):
    model = sentiment_classifier(keras, n_epochs=1)
    expected = model.get_layer("words").get_weights()[0]
    for ending in (".keras", ".h5", ".weights.h5"):
        path = tmp_path / f"model{ending}"
        (model.save_weights if ending == ".weights.h5" else model.save)(path)
        (table,) = source.read(path)
        np.testing.assert_array_equal(values(table), expected)


def test_the_two_poles_of_a_sentiment_classifier(keras, tmp_path):
    path = tmp_path / "sentiment.keras"
    sentiment_classifier(keras).save(path)
    table = read_vocabulary(path)
    assert table.shape == (2 + len(GOOD) + len(BAD) + 10, 16)
    labels = list(table.column("token").values)
    assert labels[:2] == ["[PAD]", "[UNK]"]
    assert list(table.column("kind").values[:3]) == ["padding", "out of vocabulary", "word"]
    reduced = transform(table, Treatment(dims=3))
    axis = reduced.vectors.read(0, table.n_rows)[:, 0]
    good, bad = ([axis[labels.index(word)] for word in words] for words in (GOOD, BAD))
    assert max(good) < min(bad) or max(bad) < min(good)


@pytest.mark.parametrize("mode", [None, "int8", "int4"])
@pytest.mark.parametrize("is_adapted", [False, True])
def test_quantised_and_adapted_layers(keras, mode, is_adapted, tmp_path):
    """What is exported is what the layer looks up; of a saved model, what the layer looks up after it is loaded again."""
    model = keras.Sequential([keras.layers.Input((3,), dtype="int32"), keras.layers.Embedding(9, 7, name="table")])
    layer = model.layers[0]
    if mode:
        layer.quantize(mode)
    if is_adapted:
        layer.enable_lora(2, lora_alpha=5)
        layer.lora_embeddings_b.assign(np.random.default_rng(0).normal(size=(2, 7)))
    looked_up = keras.ops.convert_to_numpy(layer(np.arange(9)))
    np.testing.assert_array_equal(values(live.read(model)), looked_up)
    model.save(tmp_path / "model.h5")
    np.testing.assert_allclose(values(*source.read(tmp_path / "model.h5")), looked_up, atol=1e-6, rtol=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras").layers[0]
    looked_up = keras.ops.convert_to_numpy(again(np.arange(9)))
    np.testing.assert_allclose(values(*source.read(tmp_path / "model.keras")), looked_up, atol=1e-6, rtol=0)


def test_groups_of_four_bits(keras, tmp_path):
    model = keras.Sequential([keras.layers.Input((3,), dtype="int32"), keras.layers.Embedding(9, 7, name="table")])
    model.layers[0].quantize("int4", config=keras.quantizers.Int4QuantizationConfig(block_size=2))
    looked_up = keras.ops.convert_to_numpy(model.layers[0](np.arange(9)))
    for ending in (".keras", ".weights.h5"):
        path = tmp_path / f"model{ending}"
        (model.save_weights if "weights" in ending else model.save)(path)
        np.testing.assert_allclose(values(*source.read(path)), looked_up, atol=1e-6, rtol=0)


def test_half_precision(keras, tmp_path):
    for dtype in ("float16", "bfloat16", "float64"):
        table = keras.layers.Embedding(9, 4, dtype=dtype)
        model = keras.Sequential([keras.layers.Input((3,), dtype="int32"), table])
        expected = keras.ops.convert_to_numpy(keras.ops.cast(table.embeddings, "float32"))
        for ending in (".keras", ".weights.h5", ".h5"):
            path = tmp_path / f"{dtype}{ending}"
            (model.save_weights if "weights" in ending else model.save)(path)
            (found,) = source.read(path)
            assert found.vectors.dtype == dtype
            np.testing.assert_array_equal(values(found), expected)


def test_a_layer_that_was_never_called_has_no_rows_yet(keras):

    with pytest.raises(InvalidInputError, match="'later'.*no weights yet"):
        live.read(keras.layers.Embedding(4, 2, name="later"))


def test_neither_keras_nor_tensorflow_is_imported(models, tmp_path):
    path = tmp_path / "model.keras"
    models["sequential"][0].save(path)
    code = (
        "import sys; from projector_export.cli import projector_export as program; "
        f"program(['vocab', {str(path)!r}, '--logdir', {str(tmp_path / 'runs')!r}], standalone_mode=False); "
        "loaded = {name.partition('.')[0] for name in sys.modules}; "
        "sys.exit(' '.join(loaded & {'keras', 'tf_keras', 'tensorflow', 'torch', 'jax', 'ml_dtypes'}) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "runs" / "projector_config.pbtxt").exists()


def test_export_is_of_the_right_rows(models, tmp_path):
    path = tmp_path / "model.keras"
    model, found = models["sequential"]
    model.save(path)
    (written,) = export_vocabulary(path, tmp_path / "runs", name="first")
    assert written.shape == found["first"].shape
