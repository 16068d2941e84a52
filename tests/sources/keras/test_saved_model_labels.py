"""What rows of a SavedModel are called: as in the .keras file of the same model, where its graph tells; otherwise by number."""

import numpy as np
import pytest

from projector_export.errors import CorruptFileError
from projector_export.sources import keras as source

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module", params=["keras", "tf_keras"])
def library(request):
    pytest.importorskip("tensorflow")
    found = pytest.importorskip(request.param)
    if request.param == "keras" and found.backend.backend() != "tensorflow":
        pytest.skip("SavedModels need Keras on TensorFlow")
    return found


def saved(library, fed, folder):
    """Save a model with one embedding layer for each ``name: (lookup, rows[, between])``, as a SavedModel and as .keras."""
    import tensorflow as tf

    layers = library.layers
    inputs, outputs = [], []
    for name, (lookup, n_rows, *between) in fed.items():
        is_text = not isinstance(lookup, (layers.IntegerLookup, type(None)))
        inputs.append(library.Input((1,), dtype="string" if is_text else "int64"))
        rows = inputs[-1] if lookup is None else lookup(inputs[-1])
        rows = between[0](rows) if between else rows
        outputs.append(layers.GlobalAveragePooling1D()(layers.Embedding(n_rows, 4, name=name)(rows)))
    model = library.Model(inputs, layers.Dense(1)(sum(outputs[1:], outputs[0])))
    if library.__name__ == "tf_keras":
        tf.saved_model.save(model, str(folder / "saved"))
    else:
        model.export(folder / "saved", verbose=False)
    model.save(folder / "model.keras")
    return folder / "saved", folder / "model.keras"


def labels(path, layer=None):
    (table,) = source.read(path, layer=layer)
    names = {column.name for column in table.columns}
    return list(table.column("token").values), list(table.column("kind").values) if "kind" in names else None


def assert_as_keras(paths, layer=None):
    found, expected = (labels(path, layer) for path in paths)
    assert found == expected
    assert found[1] is not None
    return found


def test_each_layer_has_the_names_of_its_own_lookup(library, tmp_path):
    layers = library.layers
    fed = {
        "user": (layers.IntegerLookup(vocabulary=[7, 8, 9]), 4),
        "item": (layers.StringLookup(vocabulary=["x", "y", "z"]), 4),
        "place": (layers.StringLookup(vocabulary=["p", "q", "r"]), 4),
        "age": (None, 4),
    }
    paths = saved(library, fed, tmp_path)
    assert assert_as_keras(paths, "user")[0] == ["-1", "7", "8", "9"]
    assert assert_as_keras(paths, "item")[0] == ["[UNK]", "x", "y", "z"]
    assert assert_as_keras(paths, "place")[0] == ["[UNK]", "p", "q", "r"]
    assert labels(paths[0], "age") == ([f"row {row}" for row in range(4)], None)


def made(library):
    """Return lookups of all layouts, each with the rows of its table."""
    layers = library.layers
    words = ["a", "b", "c"]
    adapted = layers.StringLookup(mask_token="[M]")
    adapted.adapt(np.array(["x", "x", "y"]))
    return {
        "several unknown": (layers.StringLookup(vocabulary=words, num_oov_indices=2), 5),
        "mask and several unknown": (layers.StringLookup(vocabulary=words, num_oov_indices=3, mask_token="[M]"), 7),
        "mask and none unknown": (layers.StringLookup(vocabulary=words, num_oov_indices=0, mask_token=""), 4),
        "none unknown": (layers.StringLookup(vocabulary=words, num_oov_indices=0), 3),
        "fewer words than rows": (layers.TextVectorization(vocabulary=words, max_tokens=100), 100),
        "of fixed length": (layers.TextVectorization(vocabulary=words, output_sequence_length=4, ngrams=2), 8),
        "numbers": (layers.IntegerLookup(vocabulary=[10, 20, -5]), 4),
        "numbers, masked": (layers.IntegerLookup(vocabulary=[10, 20, -5], mask_token=0, num_oov_indices=2), 6),
        "adapted": (adapted, 4),
    }


@pytest.mark.parametrize(
    "layout",
    [
        "several unknown", "mask and several unknown", "mask and none unknown", "none unknown", "fewer words than rows",
        "of fixed length", "numbers", "numbers, masked", "adapted",
    ],
)  # fmt: skip
def test_mask_and_unknown_rows_are_those_of_the_model(library, layout, tmp_path):
    assert_as_keras(saved(library, {"table": made(library)[layout]}, tmp_path))


@pytest.mark.parametrize("kind", ["StringLookup", "IntegerLookup"])
def test_a_vocabulary_in_a_file(library, kind, tmp_path):
    vocabulary = tmp_path / "words.txt"
    vocabulary.write_text("7\n8\n9\n")
    lookup = getattr(library.layers, kind)(vocabulary=str(vocabulary))
    path, _ = saved(library, {"table": (lookup, 4)}, tmp_path)
    assert labels(path)[0] == ["[UNK]" if kind == "StringLookup" else "-1", "7", "8", "9"]


def test_rows_that_something_else_is_done_to_have_numbers(library, tmp_path):
    lookup = library.layers.StringLookup(vocabulary=["a", "b", "c"])
    path, whole = saved(library, {"table": (lookup, 4, lambda rows: 3 - rows)}, tmp_path)
    (table,) = source.read(whole)
    assert table.column("token").values[0] == "row 0"
    assert "may change the row numbers" in table.provenance.notes[0]
    (table,) = source.read(path)
    assert table.column("token").values[0] == "row 0"
    (note,) = table.provenance.notes
    assert "between the vocabulary and this layer is not known here" in note
    assert "--labels FILE" in note
    assert ".keras" in note


def test_a_layer_of_two_vocabularies_has_numbers(library, tmp_path):
    layers = library.layers
    shared = layers.Embedding(4, 4, name="shared")
    inputs = [library.Input((1,), dtype="string") for _ in range(2)]
    words = [layers.StringLookup(vocabulary=list(each)) for each in ("abc", "xyz")]
    rows = [shared(lookup(text)) for lookup, text in zip(words, inputs, strict=True)]
    model = library.Model(inputs, layers.Add()(rows))
    if library.__name__ == "tf_keras":
        model.save(tmp_path / "saved")
    else:
        model.export(tmp_path / "saved", verbose=False)
    (table,) = source.read(tmp_path / "saved")
    assert table.column("token").values[0] == "row 0"
    assert "several vocabularies feed this layer" in table.provenance.notes[0]


def test_a_damaged_graph_is_told(library, tmp_path):
    path, _ = saved(library, {"table": (library.layers.StringLookup(vocabulary=["a"]), 2)}, tmp_path)
    graph = path / "saved_model.pb"
    graph.write_bytes(graph.read_bytes()[:-1000])
    with pytest.raises(CorruptFileError, match=r"saved_model\.pb' is damaged"):
        source.read(path)


def test_a_checkpoint_of_several_tables_supposes_nothing(tmp_path):
    tf = pytest.importorskip("tensorflow")

    def table_of(keys, kind):
        made = tf.lookup.experimental.MutableHashTable(kind, tf.int64, -1)
        made.insert(tf.constant(keys, kind), tf.constant([1, 2, 3], tf.int64))
        return made

    embeddings = tf.Variable(np.eye(4, dtype="f4"))
    state = tf.train.Checkpoint(
        texts=table_of(["a", "b", "c"], tf.string), numbers=table_of([7, 8, 9], tf.int64), embeddings=embeddings
    )
    state.write(str(tmp_path / "both"))
    (table,) = source.read(tmp_path / "both")
    assert table.column("token").values[0] == "row 0"
    assert "1 embedding layers and 2 vocabularies" in table.provenance.notes[0]
    tf.train.Checkpoint(numbers=state.numbers, embeddings=embeddings).write(str(tmp_path / "one"))
    (table,) = source.read(tmp_path / "one")
    assert list(table.column("token").values) == ["[UNK]", "7", "8", "9"]
