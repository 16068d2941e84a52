"""``read`` and ``export``: one function for whatever holds embeddings."""

import numpy as np
import pytest
import tokenizers

import projector_export
from projector_export import Column, EmbeddingTable, options
from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError, ProjectorExportError
from projector_export.options import Destination, Reading, Treatment, VectorReading, ViewerLimits, Wishes

VALUES = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
WORDS = [f"word {number}" for number in range(60)]


def stored(folder, name=None):
    """The rows of an export, as its checkpoint keeps them."""
    from projector_export.sources import own_export

    table = own_export.read(folder, name)
    return table.vectors.read(0, table.n_rows)


def test_one_line_writes_an_array_with_labels_and_columns(tmp_path):
    (written,) = projector_export.export(VALUES, tmp_path, labels=WORDS, columns={"number": range(60)}, name="mine")
    assert (written.name, written.shape) == ("mine", (60, 5))
    assert stored(tmp_path).tobytes() == VALUES.tobytes()
    assert (tmp_path / "mine" / "metadata.tsv").read_text().splitlines()[:2] == ["label\tnumber", "word 0\t0"]
    assert not projector_export.check(tmp_path).n_faults


def test_an_export_takes_a_destination_a_treatment_and_limits(tmp_path):
    told = []
    written = projector_export.export(
        VALUES,
        Destination(logdir=tmp_path / "logs", standalone=tmp_path / "site", run="epoch-3"),
        treatment=Treatment(center=True),
        limits=ViewerLimits(max_rows=50),
        progress=lambda name, done, total: told.append(name),
    )
    assert [each.target for each in written] == ["tensorboard", "standalone"]
    assert {each.viewer_shape for each in written} == {(50, 5)}
    np.testing.assert_allclose(stored(tmp_path / "logs" / "epoch-3").mean(axis=0), 0, atol=1e-6)
    assert told


def test_the_object_is_not_changed_and_may_change_afterwards(tmp_path):
    array = VALUES.copy()
    projector_export.export(array, tmp_path)
    np.testing.assert_array_equal(array, VALUES)
    array[:] = 0
    np.testing.assert_array_equal(stored(tmp_path), VALUES)


def test_a_name_that_the_viewer_cannot_ask_for_is_replaced_only_where_nobody_gave_it(tmp_path):
    given = {"a&b": VALUES, "c": VALUES[0]}
    (written,) = projector_export.export(given, tmp_path, vectors="a&b")
    assert written.name == "a-b"
    with pytest.raises(InvalidInputError, match="cannot ask for a tensor named 'x&y'"):
        projector_export.export(VALUES, tmp_path, name="x&y")


@pytest.mark.parametrize("number_of_labels", [59, 61])
def test_labels_that_are_too_few_or_too_many_write_nothing(number_of_labels, tmp_path):
    with pytest.raises(InvalidInputError, match=f"has {number_of_labels} values, and the vectors have 60 rows"):
        projector_export.export(VALUES, tmp_path / "runs", labels=["x"] * number_of_labels)
    assert not (tmp_path / "runs").exists()


def test_nothing_is_read_where_nothing_can_be_written(tmp_path):
    (tmp_path / "file").write_text("")

    class Unread:
        def __array__(self, dtype=None, copy=None):
            raise AssertionError("it was read")

    with pytest.raises(ProjectorExportError):
        projector_export.export(Unread(), tmp_path / "file" / "runs")


def test_an_unknown_option_is_refused(tmp_path):
    with pytest.raises(TypeError, match=r"export\(\) got an unexpected keyword argument 'lables'"):
        projector_export.export(VALUES, tmp_path, lables=WORDS)
    with pytest.raises(TypeError, match=r"read\(\) got an unexpected keyword argument 'treatment'"):
        projector_export.read(VALUES, treatment=Treatment())


def test_a_table_is_taken_as_it_is_and_told_more():
    table = EmbeddingTable.from_array(VALUES, name="first", columns=[Column("n", np.arange(60))])
    assert projector_export.read(table) is table
    more = projector_export.read(table, name="second", labels=WORDS)
    assert (more.name, [column.name for column in more.columns]) == ("second", ["label", "n"])
    assert (table.name, len(table.columns)) == ("first", 1)


def test_pictures_become_thumbnails(tmp_path):
    pictures = np.zeros((60, 4, 4), np.uint8)
    (written,) = projector_export.export(VALUES, tmp_path, labels=WORDS, images=pictures)
    assert (written.folder / "sprite.png").read_bytes().startswith(b"\x89PNG")
    assert len(projector_export.read(VALUES, images=pictures).thumbnails) == 60
    assert projector_export.read(VALUES, images=pictures, thumbnail_size=(24, 16)).thumbnails.size == (24, 16)
    with pytest.raises(InvalidInputError, match="1024 is the largest"):
        projector_export.export(VALUES, tmp_path, images=pictures, thumbnail_size=1025)
    with pytest.raises(InvalidInputError, match=r"thumbnail_size=\.\.\. is for pictures"):
        projector_export.read(VALUES, thumbnail_size=20)
    with pytest.raises(InvalidInputError, match="59"):
        projector_export.export(VALUES, tmp_path, images=pictures[1:])


@pytest.mark.heavy
def test_layers_and_models_of_keras(tmp_path):
    import keras

    model = keras.Sequential([keras.layers.Embedding(60, 5, name="first"), keras.layers.Dense(1)])
    model.build((None, 4))
    model.layers[0].set_weights([VALUES])
    for given, chosen in ((model, {}), (model, {"vectors": "first"}), (model.layers[0], {})):
        table = projector_export.read(given, labels=WORDS, **chosen)
        np.testing.assert_array_equal(table.vectors.read(0, 60), VALUES)
        assert table.columns[0].values == tuple(WORDS)
    with pytest.raises(InvalidInputError, match="name one, not"):
        projector_export.export(model, tmp_path, vectors=["first", "second"])


@pytest.mark.heavy
def test_a_layer_of_several_is_chosen_as_the_error_says(tmp_path):
    keras = pytest.importorskip("keras")

    ids = [keras.Input((1,), dtype="int32") for _ in range(2)]
    layers = [keras.layers.Embedding(60, 5, name=name) for name in ("user", "item")]
    model = keras.Model(ids, keras.layers.Add()([layer(each) for layer, each in zip(layers, ids, strict=True)]))
    with pytest.raises(AmbiguousChoiceError, match=r"'user' \(60 x 5\), 'item' \(60 x 5\); .* \(vectors=NAME\)"):
        projector_export.read(model)
    assert projector_export.read(model, vectors="item").shape == (60, 5)
    model.save(tmp_path / "model.keras")
    with pytest.raises(AmbiguousChoiceError, match=r"--layer NAME, or reading=Reading\(layer=NAME\)"):
        projector_export.read(tmp_path / "model.keras")
    with pytest.raises(InvalidInputError, match=r"model\.keras', reading=Reading\(layer=NAME\) does"):
        projector_export.read(tmp_path / "model.keras", vectors="item")
    assert projector_export.read(tmp_path / "model.keras", Reading(layer="item")).shape == (60, 5)


def test_what_chooses_a_part_of_a_file_is_told(tmp_path):
    with pytest.raises(InvalidInputError, match=r"vectors\.npy', reading=VectorReading\(column=NAME\) does"):
        projector_export.read(vectors_file(tmp_path), vectors="x")
    with pytest.raises(InvalidInputError, match=r"'owner/model', reading=Reading\(tensor=NAME\) does"):
        projector_export.export("owner/model", tmp_path, vectors="x")


def vectors_file(folder):
    np.save(folder / "vectors.npy", VALUES)
    return folder / "vectors.npy"


def word_vectors_file(folder):
    lines = [f"w{row} {' '.join(map(repr, values))}" for row, values in enumerate(VALUES.tolist())]
    (folder / "vectors.txt").write_text("\n".join([f"{len(VALUES)} {VALUES.shape[1]}", *lines, ""]))
    return folder / "vectors.txt"


def export_folder(folder):
    projector_export.export(VALUES, folder / "runs", name="earlier")
    return folder / "runs"


def model_folder(folder):
    from safetensors.numpy import save_file

    (folder / "model").mkdir()
    save_file({"embeddings.word_embeddings.weight": VALUES}, folder / "model" / "model.safetensors")
    (folder / "model" / "config.json").write_text("{}")
    (folder / "model" / "vocab.txt").write_text("".join(f"w{row}\n" for row in range(60)))
    return folder / "model"


def weights_beside_a_tokenizer(folder):
    return model_folder(folder) / "model.safetensors"


def lone_tensor(folder):
    from safetensors.numpy import save_file

    save_file({"anything": VALUES}, folder / "vectors.safetensors")
    return folder / "vectors.safetensors"


@pytest.mark.parametrize(
    ("make", "step"),
    [
        (vectors_file, "read_vectors"),
        (word_vectors_file, "read_word_vectors"),
        (export_folder, "read own_export"),
        (model_folder, "read_vocabulary"),
        (weights_beside_a_tokenizer, "read_vocabulary"),
        (lone_tensor, "read_vectors"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_path_is_told_apart_by_its_content(make, step, tmp_path):
    path = make(tmp_path)
    for given in (path, str(path)):
        table = projector_export.read(given)
        np.testing.assert_array_equal(table.vectors.read(0, 60), VALUES)
        assert table.provenance.steps[0].name == step
    labelled = projector_export.read(path, labels=WORDS)
    assert labelled.columns[0].values == tuple(WORDS)


def test_the_kind_of_reading_decides_what_a_file_is(tmp_path):
    path = lone_tensor(tmp_path)
    assert projector_export.read(path, Reading(tensor="anything")).provenance.steps[0].name == "read_vocabulary"
    assert projector_export.read(path, VectorReading(column="anything")).provenance.steps[0].name == "read_vectors"


def test_a_path_that_leads_nowhere(tmp_path):
    with pytest.raises(NotFoundError, match=r"no\.npy"):
        projector_export.read(tmp_path / "no.npy")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"vectors": "x"}, "chooses a part of a live object"),
        ({"reading": Reading()}, "for files and models on the Hub"),
    ],
)
def test_what_is_asked_of_the_wrong_kind_of_source(arguments, words, tmp_path):
    source = VALUES if "reading" in arguments else vectors_file(tmp_path)
    with pytest.raises(InvalidInputError, match=words):
        projector_export.export(source, tmp_path / "runs", **arguments)


def test_the_door_inspects_a_vocabulary(tmp_path):
    for source in (model_folder(tmp_path), VALUES):
        table, findings = projector_export.inspect_vocabulary(source, Wishes(n_neighbors=1))
        assert (table.n_rows, findings.n_rows) == (60, 60)
    with pytest.raises(InvalidInputError, match="leave them away"):
        projector_export.inspect_vocabulary(VALUES, name="x")


def test_the_options_are_where_they_belong():
    assert projector_export.options is options
    assert options.__all__ == sorted(options.__all__)
    for name in options.__all__:
        assert getattr(options, name).__doc__
    assert not hasattr(projector_export, "Destination")


def test_a_live_tokenizer_labels_rows_as_vocab_does(minilm):
    tokenizer = tokenizers.Tokenizer.from_file(str(minilm / "tokenizer.json"))
    expected = projector_export.read(minilm)
    found = projector_export.read(np.zeros((expected.n_rows, 2)), labels=tokenizer)
    for column in expected.columns:
        if column.name not in {"norm", "kind"}:
            assert list(found.column(column.name).values) == list(column.values), column.name
    assert found.column("token").spelled
