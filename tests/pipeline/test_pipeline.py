import json

import numpy as np
import pytest
import safetensors.numpy

import projector_export
from projector_export import EmbeddingTable
from projector_export.errors import InvalidInputError
from projector_export.formats import metadata_tsv, projector_config
from projector_export.options import Destination, Reading, Treatment, ViewerLimits
from projector_export.pipeline import count_kinds, name_tables, read_tables
from projector_export.pipeline.demonstration import NEVER_SEEN, read_demonstration
from projector_export.sources.standard_library import Recipe

RNG = np.random.default_rng(5)


@pytest.fixture
def model(tmp_path):
    """A small model folder: input and output tables, a WordPiece vocabulary."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused0]", "the", "##ing", "a", "b", "2024", "!"]
    (folder / "vocab.txt").write_text("\n".join(tokens) + "\n")
    (folder / "config.json").write_text(json.dumps({"tie_word_embeddings": False, "vocab_size": 12}))
    tensors = {
        "bert.embeddings.word_embeddings.weight": RNG.normal(size=(12, 6)).astype(np.float32),
        "cls.predictions.decoder.weight": RNG.normal(size=(12, 6)).astype(np.float32),
        "bert.encoder.weight": np.zeros((6, 6), np.float32),
    }
    safetensors.numpy.save_file(tensors, folder / "model.safetensors")
    return folder, tensors


def test_a_vocabulary_in_two_lines(model, tmp_path):
    folder, tensors = model
    (written,) = projector_export.export_vocabulary(folder, tmp_path / "runs")
    assert written.name == "tiny"
    raw = np.fromfile(written.folder / "vectors.ckpt.data-00000-of-00001", "<f4").reshape(12, 6)
    assert np.array_equal(raw, tensors["bert.embeddings.word_embeddings.weight"])
    seen = metadata_tsv.decode((written.folder / "metadata.tsv").read_bytes())
    assert seen.names == ("token", "id", "kind", "text", "bytes", "length", "norm")
    assert [row[0] for row in seen.rows][4:8] == ["[MASK]", "[unused0]", "the", "##ing"]
    assert seen.rows[10][0] == '"2024"', "never a number"


def test_a_step_in_between(model, tmp_path):
    folder, _ = model
    table = projector_export.read(folder)
    assert count_kinds(table)["special"] == 5
    assert table.provenance.steps[0].parameters["tensor"] == "bert.embeddings.word_embeddings.weight"
    centred = projector_export.transform(table, Treatment(center=True))
    projector_export.write(centred, tmp_path / "runs")
    manifest = json.loads((tmp_path / "runs" / "tiny" / "manifest.json").read_text())
    assert [step["name"] for step in manifest["provenance"]["steps"]] == ["read_vocabulary", "center"]


def test_both_tables(model, tmp_path):
    folder, tensors = model
    tables = name_tables(read_tables(folder, Reading(table="both")), "t")
    assert [table.name for table in tables] == ["t input", "t output"]
    projector_export.write(tables, tmp_path / "runs")
    config = projector_config.decode((tmp_path / "runs" / projector_config.FILE_NAME).read_text())
    for entry, tensor in zip(
        config.embeddings, ("bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight"), strict=True
    ):
        assert np.array_equal(np.fromfile(tmp_path / "runs" / entry.tensor_path, "<f4").reshape(12, 6), tensors[tensor])
    with pytest.raises(InvalidInputError, match="one table"):
        projector_export.read(folder, Reading(table="both"))


def test_treatments_come_in_their_documented_order(tmp_path):
    values = RNG.normal(size=(60, 9)) + 3
    values[4, 4] = np.nan
    treatment = Treatment(drop_bad_rows=True, center=True, all_but_the_top="auto", normalize=True, dims=4)
    result = projector_export.transform(EmbeddingTable.from_array(values), treatment)
    names = [step.name for step in result.provenance.steps]
    assert names == ["from_array", "drop_bad_rows", "center", "all_but_the_top", "normalize", "principal_components"]
    assert result.shape == (59, 4)


@pytest.mark.parametrize(
    "treatment",
    [Treatment(center=True), Treatment(normalize=True), Treatment(dims=2), Treatment(all_but_the_top=1), Treatment()],
)
def test_bad_rows_are_named_before_they_spread(treatment, tmp_path):
    values = RNG.normal(size=(60, 9))
    values[4, 4] = np.inf
    with pytest.raises(InvalidInputError, match="1 of 60 rows .*row 4"):
        projector_export.write(EmbeddingTable.from_array(values), tmp_path / "x", treatment=treatment)
    assert not (tmp_path / "x").exists()


def test_bad_rows_are_named_before_the_viewers_reduction(tmp_path):
    values = RNG.normal(size=(60, 9))
    values[4, 4] = np.inf
    with pytest.raises(InvalidInputError, match="row 4"):
        projector_export.write(EmbeddingTable.from_array(values), tmp_path / "x", limits=ViewerLimits(60, 60 * 4 * 5))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "nowhere to write"),
        ({"standalone": "x", "run": "r"}, "below a logdir"),
        ({"logdir": "x", "base_url": "http://a/"}, "for a standalone"),
    ],
)
def test_destinations_that_contradict_themselves(options, words):
    with pytest.raises(InvalidInputError, match=words):
        Destination(**options)


def test_an_unknown_number_of_directions():
    with pytest.raises(InvalidInputError, match="'auto'"):
        Treatment(all_but_the_top="some")


def test_the_demonstration_knows_the_truth(tmp_path):
    (tmp_path / "a.py").write_text('"""Read a list of words."""\nzebra_quagga = zebra_quagga_okapi = 1\n' * 3)
    table, trained = read_demonstration(Recipe(n_tokens=300, n_dims=8, n_epochs=2), folder=tmp_path)
    assert table.n_rows == len(trained.counts)
    truth = table.column("training").values
    assert [value == NEVER_SEEN for value in truth] == (trained.counts == 0).tolist()
    assert NEVER_SEEN in truth
    assert table.provenance.steps[0].parameters["never_seen"] == trained.n_never_seen


@pytest.mark.heavy
def test_minilm_comes_out_whole(minilm, tmp_path):
    (written,) = projector_export.export_vocabulary(minilm, tmp_path, name="MiniLM")
    source = safetensors.numpy.load_file(minilm / "model.safetensors")["embeddings.word_embeddings.weight"]
    assert (written.folder / "vectors.ckpt.data-00000-of-00001").read_bytes() == source.tobytes()
    rows = metadata_tsv.decode((written.folder / "metadata.tsv").read_bytes()).rows
    tokens = (minilm / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
    labels = [row[0] for row in rows]
    assert len(set(labels)) == len(labels) == 30522
    plain = [row for row, token in enumerate(tokens) if token.isascii() and not any(char.isdigit() for char in token)]
    assert len(plain) > 20000
    assert all(labels[row] == tokens[row].replace("\\", "\\\\") for row in plain)
    assert sum(row[2] == "unused" for row in rows) == 994


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Reading(table="inputs"), "one of input, output, both"),
        (lambda: Treatment(dims=2.0), "dims is a whole number"),
        (lambda: Treatment(dims=True), "dims is a whole number"),
        (lambda: Treatment(all_but_the_top=True), "number of directions or 'auto'"),
        (lambda: Destination(5), "logdir is a path"),
        (lambda: Destination("a\0b"), "logdir is a path"),
        (lambda: projector_export.write(np.ones((2, 2)), "x"), "no table"),
    ],
)
def test_misuse_is_told_at_once(make, words):
    with pytest.raises(InvalidInputError, match=words):
        make()


def test_rounding_to_float32_is_told(tmp_path):
    exact = EmbeddingTable.from_array(np.ones((3, 3), np.float16), name="exact")
    wide = EmbeddingTable.from_array(np.full((3, 3), 1 / 3), name="wide")
    exact_written, wide_written = projector_export.write([exact, wide], tmp_path)
    assert exact_written.notes == ()
    assert wide_written.notes == ("the float64 values are written as float32, the viewer's type: seven digits of each",)


def test_equal_tables_are_compared_once(model, monkeypatch):
    from projector_export.sources.huggingface.weights import SafetensorsWeights

    folder, tensors = model
    same = dict.fromkeys(tensors, tensors["bert.embeddings.word_embeddings.weight"])
    safetensors.numpy.save_file(same, folder / "model.safetensors")
    compare, asked = SafetensorsWeights.are_equal, []
    monkeypatch.setattr(SafetensorsWeights, "are_equal", lambda *names: asked.append(names[1:]) or compare(*names))
    (table,) = read_tables(folder)
    assert table.provenance.steps[0].parameters["role"] == "input and output (tied)"
    assert len(asked) == 1
