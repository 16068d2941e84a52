"""One way to every kind of model: the content decides which, and what is no matter of its kind is refused."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from click.testing import CliRunner

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sources" / "keras"))

from made_keras import archive, members, numbers

from projector_export.cli import projector_export
from projector_export.errors import InvalidInputError, NotFoundError
from projector_export.pipeline import Reading, read_tables, read_vocabulary
from projector_export.pipeline.inspection import inspect_source
from projector_export.pipeline.vocabulary import kind_of


def keras_file(folder, name="model.keras"):
    return archive(folder / name, members())


def hugging_face_folder(folder):
    folder = folder / "hf"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"class_name": "Functional"}))
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\nthe\n")
    safetensors.numpy.save_file({"embeddings.word_embeddings.weight": numbers(3)}, folder / "model.safetensors")
    return folder


def gguf_file(folder, name="model.gguf", *, has_head=True):
    import gguf

    path = folder / name
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list([f"t{number}" for number in range(40)])
    writer.add_token_types([1] * 40)
    writer.add_token_merges(["t 1"])
    writer.add_tensor("token_embd.weight", numbers(40, 32))
    if has_head:
        writer.add_tensor("output.weight", numbers(40, 32, seed=1))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def run(*arguments):
    return CliRunner().invoke(projector_export, [str(argument) for argument in arguments])


@pytest.mark.parametrize("name", ["model.keras", "model.zip", "model.safetensors", "model"])
def test_the_content_of_a_file_counts_and_not_its_name(tmp_path, name):
    path = keras_file(tmp_path, name)
    assert kind_of(path) == "keras"
    assert read_vocabulary(path).shape == (7, 4)
    assert kind_of(gguf_file(tmp_path, f"g-{name}")) == "gguf"


def test_folders(tmp_path):
    assert kind_of(hugging_face_folder(tmp_path)) == "huggingface"
    assert read_vocabulary(tmp_path / "hf").shape == (3, 4)
    saved = tmp_path / "saved"
    saved.mkdir()
    for name, data in members().items():
        (saved / name).parent.mkdir(parents=True, exist_ok=True)
        (saved / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    assert kind_of(saved) == "keras"
    assert list(read_vocabulary(saved).column("token").values)[:3] == ["[PAD]", "[UNK]", "the"]
    assert kind_of("owner/model") == kind_of(tmp_path / "none") == "huggingface"


@pytest.mark.parametrize(
    ("make", "reading", "words"),
    [
        (keras_file, Reading(tensor="x"), "--layer, not by --tensor"),
        (keras_file, Reading(revision="x"), "--revision is for Hugging Face models"),
        (keras_file, Reading(tokenizer="x"), "--tokenizer is for Hugging Face models"),
        (keras_file, Reading(table="both"), "without an output table"),
        (hugging_face_folder, Reading(layer="x"), "--layer is for Keras and TensorFlow files"),
        (hugging_face_folder, Reading(labels="x"), "--labels is for Keras and TensorFlow files"),
        (gguf_file, Reading(layer="x"), "--layer is for Keras and TensorFlow files"),
        (gguf_file, Reading(revision="x"), "--revision is for Hugging Face models"),
    ],
)
def test_wishes_of_another_kind_are_refused(tmp_path, make, reading, words):
    with pytest.raises(InvalidInputError, match=words):
        read_tables(make(tmp_path), reading)


def test_both_tables_of_a_gguf_file(tmp_path):
    path = gguf_file(tmp_path)
    tables = read_tables(path, Reading(table="both"))
    assert [table.name for table in tables] == ["model input", "model output"]
    np.testing.assert_array_equal(tables[1].vectors.read(0, 40), numbers(40, 32, seed=1))
    (head,) = read_tables(path, Reading(table="output"))
    np.testing.assert_array_equal(head.vectors.read(0, 40), numbers(40, 32, seed=1))
    with pytest.raises(NotFoundError, match="output"):
        read_tables(gguf_file(tmp_path, "tied.gguf", has_head=False), Reading(table="both"))


def test_inspection_of_layers_and_gguf_files(tmp_path):
    table, found = inspect_source(keras_file(tmp_path))
    assert (found.n_rows, found.is_tied) == (7, None)
    assert found.kinds == {"word": 5, "padding": 1, "out of vocabulary": 1}
    assert table.column("suspicion").is_numeric
    assert inspect_source(gguf_file(tmp_path))[1].is_tied is False
    assert inspect_source(gguf_file(tmp_path, "tied.gguf", has_head=False))[1].is_tied is None


def test_the_command_reads_layers_with_labels(tmp_path):
    path = keras_file(tmp_path)
    (tmp_path / "labels.txt").write_text("\n".join("abcdefg"))
    done = run(
        "vocab", path, "--layer", "table", "--labels", tmp_path / "labels.txt", "--logdir", tmp_path / "runs", "--json"
    )
    assert done.exit_code == 0, done.output
    (export,) = json.loads(done.stdout)["exports"]
    metadata = (Path(export["folder"]) / "metadata.tsv").read_text().splitlines()
    assert metadata[:2] == ["token\tid\tkind\tnorm", metadata[1]]
    assert metadata[1].startswith("a\t0\tpadding\t")


def test_the_command_says_which_layers_there_are(tmp_path):
    done = run("vocab", keras_file(tmp_path), "--layer", "nope", "--logdir", tmp_path / "runs")
    assert done.exit_code != 0
    assert isinstance(done.exception, NotFoundError)
    assert "'table' (7 x 4)" in str(done.exception)
    assert not (tmp_path / "runs").exists()


def test_inspect_takes_a_layer_and_cannot_ask_it(tmp_path):
    path = keras_file(tmp_path)
    assert run("inspect", path, "--layer", "table").exit_code == 0
    done = run("inspect", path, "--verify")
    assert done.exit_code == 2
    assert "--verify asks a Hugging Face model" in done.output


def test_a_missing_file_is_told_before_options_are_judged():
    with pytest.raises(NotFoundError, match=r"there is no file 'missing\.keras': give .* \.keras or \.h5 file"):
        read_tables("missing.keras", Reading(layer="embedding"))
