"""What rows of a Keras layer are called: by the model's own lookup layers, or by a file."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from made_keras import N_ROWS, VOCABULARY, archive, functional, layer, members, numbers, sentiment, weights

from projector_export.errors import AmbiguousChoiceError, InvalidInputError
from projector_export.sources import keras


def read(folder, configuration=None, **options):
    labels = options.pop("labels", None)
    layer_name = options.pop("layer", None)
    path = archive(folder / "model.keras", members(configuration, **options))
    (table,) = keras.read(path, labels=labels, layer=layer_name)
    return table


def column(table, name):
    return list(table.column(name).values)


def test_a_table_is_called_by_file_and_layer_and_by_no_name_twice(tmp_path):
    layers = (layer("Embedding", name, ["ids"], input_dim=N_ROWS, output_dim=4) for name in ("words", "tags"))
    variables = weights({"layers/embedding": [numbers()], "layers/embedding_1": [numbers(seed=1)]})
    configuration = json.dumps(functional(layer("InputLayer", "ids", []), *layers))
    path = archive(
        tmp_path / "words.keras",
        {"config.json": configuration, "metadata.json": "{}", "model.weights.h5": variables},
    )
    assert [keras.read(path, layer=name)[0].name for name in ("words", "tags")] == ["words", "words tags"]


def test_mask_and_unknown_rows_are_named(tmp_path):
    table = read(tmp_path)
    assert [each.name for each in table.columns] == ["token", "id", "kind", "norm"]
    assert column(table, "token")[:3] == ["[PAD]", "[UNK]", "the"]
    assert column(table, "kind") == ["padding", "out of vocabulary", *["word"] * 5]
    np.testing.assert_allclose(table.column("norm").values, np.linalg.norm(numbers(), axis=1), rtol=1e-6)


def test_hostile_entries_are_spelled(tmp_path):
    table = read(tmp_path, vocabulary=["", "[UNK]", "\x1b[31mred", "a\tb", "＜", "x\u202e", "(no token 3)"])
    assert column(table, "token") == ["[PAD]", "[UNK]", "\\x1b[31mred", "a\\tb", "＜", "x\\u202e", "(no␣token␣3)"]
    assert table.columns[0].spelled


def lookup(name, inputs, vocabulary, **settings):
    usual = {"mask_token": None, "num_oov_indices": 1, "oov_token": "[UNK]", "output_mode": "int"}
    return layer("StringLookup", name, inputs, vocabulary=vocabulary, **{**usual, **settings})


def with_lookup(vocabulary, **settings):
    return functional(
        layer("InputLayer", "text", []),
        lookup("words", ["text"], vocabulary, **settings),
        layer("Embedding", "table", ["words"], input_dim=N_ROWS, output_dim=4),
    )


@pytest.mark.parametrize(
    ("vocabulary", "settings", "expected", "kinds"),
    [
        ("abcdef", {}, ["[UNK]", *"abcdef"], ["out of vocabulary", *["word"] * 6]),
        (
            "abcde",
            {"mask_token": "[MASK]"},
            ["[MASK]", "[UNK]", *"abcde"],
            ["padding", "out of vocabulary", *["word"] * 5],
        ),
        ("abcd", {"mask_token": "", "num_oov_indices": 2}, ["[PAD]", "[UNK]", "[UNK] (id 2)", *"abcd"], None),
        ("abcdefg", {"num_oov_indices": 0}, [*"abcdefg"], ["word"] * 7),
        (["[UNK]", *"abcdef"], {}, ["[UNK]", *"abcdef"], None),
        (["<oov>", *"abcdef"], {"oov_token": "<oov>"}, ["<oov>", *"abcdef"], None),
        ([5, 6, 7, 8, 9, 10], {"oov_token": -1}, ["-1", "5", "6", "7", "8", "9", "10"], None),
    ],
)
def test_vocabularies_in_the_configuration(vocabulary, settings, expected, kinds, tmp_path):
    table = read(tmp_path, with_lookup(list(vocabulary), **settings), vocabulary=None)
    assert column(table, "token") == expected
    assert kinds is None or column(table, "kind") == kinds


def test_rows_beyond_the_vocabulary_are_told(tmp_path):
    table = read(tmp_path, with_lookup(list("abc")), vocabulary=None)
    assert column(table, "token")[3:] == ["c", "(no token 4)", "(no token 5)", "(no token 6)"]
    assert column(table, "kind")[4:] == ["beyond the vocabulary"] * 3
    assert table.provenance.notes == ("3 of 7 rows lie beyond the 4 entries of 'words': kind 'beyond the vocabulary'",)


def test_a_vocabulary_longer_than_the_table_is_told_and_not_used(tmp_path):
    table = read(tmp_path, with_lookup(list("abcdefghij")), vocabulary=None)
    assert column(table, "token")[0] == "row 0"
    (note,) = table.provenance.notes
    assert "'words' has 11 entries and the table 7 rows" in note


def test_the_layer_in_front_names_the_rows_even_if_another_fits_better(tmp_path):
    made = functional(
        layer("InputLayer", "text", []),
        layer("InputLayer", "place", []),
        lookup("words", ["text"], list("abc")),
        lookup("places", ["place"], list("uvwxyz")),
        layer("Embedding", "table", ["words"], input_dim=N_ROWS, output_dim=4),
        layer("Dense", "out", ["places"], units=1),
    )
    assert column(read(tmp_path, made, vocabulary=None), "token")[:4] == ["[UNK]", "a", "b", "c"]


def test_the_layer_in_front_of_an_inner_model_counts(tmp_path):
    inner = functional(
        layer("InputLayer", "ids", []), layer("Embedding", "table", ["ids"], input_dim=N_ROWS, output_dim=4)
    )
    inner["name"] = inner["config"]["name"] = "inner"
    inner["inbound_nodes"] = [[["words", 0, 0, {}]]]  # as Keras 2 writes it
    made = functional(layer("InputLayer", "text", []), lookup("words", ["text"], list("abcdef")), inner)
    path = tmp_path / "model.keras"
    files = members(made, vocabulary=None)
    files["model.weights.h5"] = weights({"layers/functional/layers/embedding": [numbers()]})
    (table,) = keras.read(archive(path, files))
    assert column(table, "token") == ["[UNK]", *"abcdef"]


def test_a_model_of_the_users_own_class_takes_the_vocabulary_whose_size_fits(tmp_path):
    own = {"class_name": "Own", "config": {}}
    files = members(own, vocabulary=None)
    files["assets/split/vocabulary.txt"] = "\n".join(VOCABULARY)
    files["assets/split/_lookup_layer/vocabulary.txt"] = "\n".join(VOCABULARY)
    files["assets/other/vocabulary.txt"] = "\n".join(["", "[UNK]", "x"])
    (table,) = keras.read(archive(tmp_path / "model.keras", files))
    assert column(table, "token")[:3] == ["[PAD]", "[UNK]", "the"]


def test_two_vocabularies_that_fit_are_told(tmp_path):
    files = members({"class_name": "Own", "config": {}}, vocabulary=None)
    for name in ("left", "right"):
        files[f"assets/{name}/vocabulary.txt"] = "\n".join(["", "[UNK]", *(f"{name}{number}" for number in range(5))])
    (table,) = keras.read(archive(tmp_path / "model.keras", files))
    assert column(table, "token")[0] == "row 0"
    assert table.provenance.notes[0].startswith(
        "the table has 7 rows and the model's vocabularies are 'left' (7 entries)"
    )


def test_labels_from_a_file(tmp_path):
    labels = tmp_path / "labels.tsv"
    labels.write_text("word\tcount\tid\n" + "".join(f"w{row}\t{10 * row}\tx{row}\n" for row in range(7)))
    table = read(tmp_path, vocabulary=None, labels=labels)
    assert [each.name for each in table.columns] == ["token", "id", "kind", "norm", "count", "id (given)"]
    assert column(table, "token")[:2] == ["w0", "w1"]
    assert column(table, "kind")[:2] == ["padding", "word"]  # mask_zero
    assert column(table, "count")[:2] == [0, 10]


def test_labels_without_the_padding(tmp_path):
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join("abcdef"))
    table = read(tmp_path, vocabulary=None, labels=labels)
    assert column(table, "token") == ["[PAD]", *"abcdef"]
    assert column(table, "kind")[0] == "padding"


def test_labels_that_do_not_fit(tmp_path):
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps(["a", "b", "c"]))
    with pytest.raises(InvalidInputError, match=r"labels\.json' has 3 labels and layer 'table' 7 rows"):
        read(tmp_path, labels=labels)
    labels.write_text(json.dumps([*"abcdef"]))
    made = sentiment()
    made["config"]["layers"][2]["config"]["mask_zero"] = False
    with pytest.raises(InvalidInputError, match=r"6 labels and layer 'table' 7 rows: if row 0 .* \[PAD\]"):
        read(tmp_path, made, labels=labels)


def test_without_any_vocabulary_rows_have_numbers(tmp_path):
    table = read(tmp_path, vocabulary=None)
    assert column(table, "token") == ["[PAD]", *(f"row {row}" for row in range(1, 7))]
    assert "--labels FILE" in table.provenance.notes[0]


def test_a_dense_layer_of_an_embeddings_name_is_none(tmp_path):
    files = members()
    made = sentiment()
    made["config"]["layers"][3]["config"]["name"] = made["config"]["layers"][3]["name"] = "embedding_2"
    files["config.json"] = json.dumps(made)
    (table,) = keras.read(archive(tmp_path / "model.keras", files))
    assert table.shape == (7, 4)
    (kernel,) = keras.read(tmp_path / "model.keras", layer="embedding_2")
    assert kernel.shape == (4, 4)


def test_the_layout_of_keras_2_12(tmp_path):
    files = members(vocabulary=None)
    early = "_layer_checkpoint_dependencies"
    files["model.weights.h5"] = weights({f"{early}/embedding": [numbers()], f"{early}/dense": [numbers(4)]})
    files[f"assets/{early}/text_vectorization/vocabulary.txt"] = "\n".join(VOCABULARY)
    (table,) = keras.read(archive(tmp_path / "model.keras", files), layer="table")
    assert column(table, "token")[:3] == ["[PAD]", "[UNK]", "the"]
    np.testing.assert_array_equal(table.vectors.read(0, 7), numbers())


def test_tables_of_positions_are_left_out_and_told(tmp_path):
    made = {"class_name": "Own", "config": {}}
    files = members(made, vocabulary=None)
    files["model.weights.h5"] = weights({"parts/token_emb": [numbers()], "parts/pos_emb": [numbers(20)]})
    (table,) = keras.read(archive(tmp_path / "model.keras", files))
    assert table.n_rows == 7
    assert "'pos_emb' (20 x 4)" in table.provenance.notes[0]


def own_layer(folder, variables, *, has_embedding=False):
    """Write a model with a layer of the user's own, whose inner layers the configuration does not describe."""
    inner = [layer("Embedding", "table", ["ids"], input_dim=N_ROWS, output_dim=4)] if has_embedding else []
    made = functional(layer("InputLayer", "ids", []), *inner, layer("Own", "own", ["ids"]))
    files = members(made, vocabulary=None)
    outer = {"layers/embedding": [numbers()]} if has_embedding else {}
    files["model.weights.h5"] = weights(outer | {f"layers/own/{name}": each for name, each in variables.items()})
    return archive(folder / "model.keras", files)


def test_a_table_that_may_be_an_embedding_is_listed(tmp_path):
    path = own_layer(tmp_path, {"inner": [numbers(9)], "blocks/embedding": [numbers()]})
    with pytest.raises(
        AmbiguousChoiceError,
        match=r"1 embedding layer: 'embedding' \(7 x 4\), and 1 other table that may be: 'inner' \(9 x 4\); choose one by its "
        r"name \(--layer NAME, or reading=Reading\(layer=NAME\)\)",
    ):
        keras.read(path)
    assert keras.read(path, layer="inner")[0].shape == (9, 4)
    (table,) = keras.read(own_layer(tmp_path, {"inner": [numbers(9)]}, has_embedding=True))
    assert table.shape == (7, 4)
    assert "nothing tells that they are embeddings: 'inner' (9 x 4)" in table.provenance.notes[0]


def test_kernels_are_no_tables(tmp_path):
    variables = {
        "blocks/embedding": [numbers()], "inner": [numbers(9), np.zeros(4)], "blocks/dense_1": [numbers(4)],
        "gate_proj": [numbers(4)], "query": [numbers(4)],
    }  # fmt: skip
    (table,) = keras.read(own_layer(tmp_path, variables))
    assert table.shape == (7, 4)
    assert not any("left out" in note for note in table.provenance.notes)
