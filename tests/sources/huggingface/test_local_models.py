import json
import tracemalloc
from contextlib import suppress

import ml_dtypes
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_makers import save_bfloat16, write_model

from projector_export.errors import CorruptFileError, InvalidInputError, NotFoundError, ProjectorExportError
from projector_export.sources.huggingface.choosing import choose_tables
from projector_export.sources.huggingface.model_files import open_model

TABLE = np.random.default_rng(2).normal(size=(30, 4)).astype(np.float32)
SHARDS = {"model-1.safetensors": ["model.embed_tokens.weight"], "model-2.safetensors": ["lm_head.weight", "norm"]}
TENSORS = {"model.embed_tokens.weight": TABLE, "lm_head.weight": TABLE + 1, "norm": np.ones(4, np.float32)}


def first(source, **options):
    return choose_tables(open_model(source), **options)[0]


def test_a_folder_and_a_single_file_are_read(tmp_path):
    folder = write_model(tmp_path / "m", TENSORS)
    for source in (folder, str(folder), folder / "model.safetensors"):
        np.testing.assert_array_equal(first(source).vectors.read(3, 9), TABLE[3:9])
    assert open_model(folder).describe == {"kind": "folder", "path": str(folder)}
    assert open_model(folder / "model.safetensors").describe["kind"] == "file"


def test_shards_are_read_and_only_the_header_of_the_one_that_is_needed(tmp_path):
    folder = write_model(tmp_path / "m", TENSORS, shards=SHARDS)
    np.testing.assert_array_equal(first(folder, table="output").vectors.read(0, 30), TABLE + 1)
    (folder / "model-2.safetensors").write_bytes(b"nonsense")
    model = open_model(folder)
    np.testing.assert_array_equal(model.vectors("model.embed_tokens.weight").read(0, 30), TABLE)


def test_bfloat16_is_read_exactly(tmp_path):
    folder = write_model(tmp_path / "m", {"wte.weight": TABLE}, save=save_bfloat16)
    vectors = first(folder).vectors
    assert vectors.dtype == "bfloat16"
    np.testing.assert_array_equal(vectors.read(0, 30), TABLE.astype(ml_dtypes.bfloat16).astype(np.float32))


def test_a_large_table_is_never_whole_in_memory(tmp_path):
    folder = write_model(tmp_path / "m", {"wte.weight": np.zeros((200_000, 64), np.float16)})
    tracemalloc.start()
    try:
        vectors = first(folder).vectors
        for row in range(0, 200_000, 20_000):
            vectors.read(row, row + 2_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * 2**20 < 200_000 * 64 * 2


def test_a_missing_shard_and_a_missing_tensor_are_told(tmp_path):
    folder = write_model(tmp_path / "m", TENSORS, shards=SHARDS)
    (folder / "model-2.safetensors").unlink()
    with pytest.raises(NotFoundError, match=r"'model-2.safetensors' is missing from .*fetch the model again"):
        first(folder)
    (folder / "model-2.safetensors").write_bytes((folder / "model-1.safetensors").read_bytes())
    with pytest.raises(CorruptFileError, match=r"'model-2.safetensors' holds tensor 'lm_head.weight', but it does not"):
        first(folder)


@pytest.mark.parametrize(
    "name",
    [
        "../x.safetensors",
        "/etc/passwd",
        "a/b.safetensors",
        "C:x.safetensors",
        "a\\b",
        "..",
        ".",
        "",
        "a\0b",
        "x..y",
        "~",
    ],
)
@pytest.mark.parametrize("index", ["model.safetensors.index.json", "pytorch_model.bin.index.json"])
def test_an_index_cannot_leave_the_folder(tmp_path, name, index):
    (tmp_path / index).write_text(json.dumps({"weight_map": {"wte.weight": name}}))
    with pytest.raises(InvalidInputError, match=r"no plain name in the model's own folder: this is refused"):
        first(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "no valid JSON"),
        (b"[]", "no JSON object"),
        (b"{}", "no 'weight_map'"),
        (b'{"weight_map": {}}', "no 'weight_map'"),
        (b'{"weight_map": {"a": 3}}', "names no file for tensor 'a'"),
        (b"\xff", "no valid JSON"),
    ],
)
def test_a_damaged_index_is_told(tmp_path, content, words):
    (tmp_path / "model.safetensors.index.json").write_bytes(content)
    with pytest.raises(CorruptFileError, match=words):
        first(tmp_path)


def test_a_damaged_configuration_is_told(tmp_path):
    folder = write_model(tmp_path / "m", {"wte.weight": TABLE})
    (folder / "config.json").write_text("{'a'}")
    with pytest.raises(CorruptFileError, match=r"config.json' is no valid JSON"):
        first(folder)


def test_a_truncated_file_is_told_with_its_name(tmp_path):
    file = write_model(tmp_path / "m", {"wte.weight": TABLE}) / "model.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    with pytest.raises(CorruptFileError, match=r"'model.safetensors' of '.*': .*it is truncated"):
        first(file.parent)
    file.write_bytes(whole[:40])
    with pytest.raises(CorruptFileError, match=r"should end at byte"):
        first(file.parent)
    file.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    with pytest.raises(CorruptFileError, match=r"git lfs pull"):
        first(file.parent)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "is no model that can be read, but an empty folder: give .* a SavedModel"),
        (["notes.md"], "is no model that can be read"),
        (["tf_model.h5", "flax_model.msgpack"], "weights of Flax, TensorFlow or Keras only"),
        (["model.gguf"], "weights of GGUF only"),
        (["adapter_model.safetensors", "adapter_config.json"], "is an adapter.*give the base model"),
    ],
)
def test_a_folder_that_holds_no_weights_is_told(tmp_path, files, words):
    for name in files:
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(ProjectorExportError, match=words):
        first(tmp_path)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            "./nowhere",
            "there is no file './nowhere': give a model's folder, .* a SavedModel, a TensorFlow checkpoint, or a Hub",
        ),
        ("/nowhere/at/all", "there is no file"),
        ("model.safetensors", "there is no file"),
        ("owner/model.KERAS", "there is no file"),
        ("model.weights.h5", "there is no file"),
        ("model.index", "there is no file"),
        ("a/b/c", "there is no file"),
        ("", "neither a path nor a Hub id"),
        ("a\0b", "neither a path nor a Hub id"),
    ],
)
def test_a_path_that_does_not_exist_is_told(tmp_path, monkeypatch, source, words):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProjectorExportError, match=words):
        open_model(source)


def test_files_of_other_formats_and_revisions_of_paths_are_refused(tmp_path):
    for name, words in [("m.gguf", "is a GGUF file"), ("m.txt", "is no file of weights")]:
        (tmp_path / name).write_bytes(b"")
        with pytest.raises(InvalidInputError, match=words):
            open_model(tmp_path / name)
    with pytest.raises(InvalidInputError, match=r"has no revision 'main'"):
        open_model(tmp_path, revision="main")


def test_two_files_with_one_tensor_have_to_be_told_apart(tmp_path):
    folder = write_model(tmp_path / "m", {"wte.weight": TABLE})
    (folder / "model.safetensors").rename(folder / "a.safetensors")
    np.testing.assert_array_equal(first(folder).vectors.read(0, 30), TABLE)
    (folder / "b.safetensors").write_bytes((folder / "a.safetensors").read_bytes())
    with pytest.raises(
        InvalidInputError, match=r"is in 'a.safetensors' and in 'b.safetensors'.*give the path of the one"
    ):
        first(folder)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6), st.integers(0, 1200), st.booleans())
def test_any_damage_gives_one_of_our_errors_or_a_readable_table(tmp_path, flips, length, cut):
    folder = write_model(tmp_path / "m", TENSORS, config={"tie_word_embeddings": True})
    content = bytearray((folder / "model.safetensors").read_bytes())
    for position, value in flips:
        content[position % len(content)] = value
    (folder / "model.safetensors").write_bytes(content[:length] if cut else content)
    # Anything else that is raised fails the test.
    with suppress(ProjectorExportError):
        for table in choose_tables(open_model(folder), table="both"):
            table.vectors.read(0, table.vectors.shape[0])
