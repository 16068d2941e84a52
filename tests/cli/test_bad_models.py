"""What bad models get from the command line: one sentence that says what, where and what to type; nothing half-written."""

import json
import os
import shutil
import struct
import subprocess
import sys

import numpy as np
import pytest
import safetensors.numpy
from hub_server import Fault, running_hub

TENSOR = "embeddings.word_embeddings.weight"


def run(*arguments, cwd, environment=None):
    variables = {**os.environ, "HF_HUB_OFFLINE": "1", **(environment or {})}
    command = [sys.executable, "-m", "projector_export", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=variables, check=False, timeout=120)


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", *(f"w{i}" for i in range(30))]) + "\n")
    (folder / "config.json").write_text("{}")
    safetensors.numpy.save_file({TENSOR: np.ones((32, 4), np.float32)}, folder / "model.safetensors")
    return folder


def rewrite_header(folder, change):
    path = folder / "model.safetensors"
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + size :])


def truncated(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def lying_offsets(folder):
    rewrite_header(folder, lambda header: header[TENSOR].update(data_offsets=[0, 10**9]))


def lying_shape(folder):
    rewrite_header(folder, lambda header: header[TENSOR].update(shape=[32, 5]))


def lying_length(folder):
    path = folder / "model.safetensors"
    path.write_bytes(struct.pack("<Q", 2**60) + path.read_bytes()[8:])


def no_json(folder):
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", 10) + b"not json!!" + bytes(512))


def empty(folder):
    (folder / "model.safetensors").write_bytes(b"")


def missing_shard(folder):
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {TENSOR: "model-00001-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def path_trick(folder):
    shutil.move(folder / "model.safetensors", folder.parent / "secret.safetensors")
    index = {"weight_map": {TENSOR: "../secret.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def other_tokenizer(folder):
    (folder / "vocab.txt").write_text("\n".join(f"w{i}" for i in range(5000)) + "\n")


def broken_tokenizer(folder):
    (folder / "tokenizer.json").write_text('{"model": ')


def broken_config(folder):
    (folder / "config.json").write_text("[1, 2")


def no_weights(folder):
    (folder / "model.safetensors").unlink()


def no_table(folder):
    safetensors.numpy.save_file({"layer.weight": np.ones((3, 3), np.float32)}, folder / "model.safetensors")


def two_tables(folder):
    tensors = {
        f"{part}.embed_tokens.weight": np.full((32, 4), number, np.float32)
        for number, part in enumerate(("encoder", "decoder"))
    }
    safetensors.numpy.save_file(tensors, folder / "model.safetensors")


def nan_rows(folder):
    values = np.ones((32, 4), np.float32)
    values[7, 1] = np.nan
    safetensors.numpy.save_file({TENSOR: values}, folder / "model.safetensors")


FAULTS = {
    truncated: "model.safetensors",
    lying_offsets: "model.safetensors",
    lying_shape: "model.safetensors",
    lying_length: "model.safetensors",
    no_json: "model.safetensors",
    empty: "model.safetensors",
    missing_shard: "model-00001-of-00002.safetensors",
    path_trick: "secret.safetensors",
    other_tokenizer: "5,000",
    broken_tokenizer: "tokenizer.json",
    broken_config: "config.json",
    no_weights: "model",
    no_table: "--tensor",
    two_tables: "encoder.embed_tokens.weight",
    nan_rows: "row 7",
}


def assert_one_sentence(result, words, cwd):
    assert result.returncode == 2, result.stdout + result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    lines = result.stderr.strip().splitlines()
    assert lines[-1].startswith("Error: ")
    assert words in lines[-1]
    assert not (cwd / "out").exists(), "nothing half-written"


@pytest.mark.parametrize("break_it", FAULTS, ids=lambda fault: fault.__name__)
def test_a_damaged_model(break_it, model, tmp_path):
    break_it(model)
    assert_one_sentence(run("vocab", model, "--logdir", "out", cwd=tmp_path), FAULTS[break_it], tmp_path)


def test_a_pickle_is_not_unpickled(model, tmp_path):
    (model / "model.safetensors").unlink()
    payload = b"cos\nsystem\n(S'touch " + os.fsencode(tmp_path / "executed") + b"'\ntR."
    (model / "pytorch_model.bin").write_bytes(payload)
    assert_one_sentence(run("vocab", model, "--logdir", "out", cwd=tmp_path), "pytorch_model.bin", tmp_path)
    assert not (tmp_path / "executed").exists()


@pytest.mark.skipif(os.name == "nt", reason="a file system's permissions")
def test_a_folder_that_cannot_be_written(model, tmp_path):
    (tmp_path / "file").write_text("")
    result = run("vocab", model, "--logdir", "file/out", cwd=tmp_path)
    assert_one_sentence(result, "cannot write to", tmp_path)


@pytest.fixture
def hub(model):
    with running_hub() as hub:
        hub.add("owner/good", {path.name: path for path in model.iterdir()})
        hub.add("owner/gated", {path.name: path for path in model.iterdir()}, gated=True)
        yield hub


def environment(hub, tmp_path):
    return {**hub.environment(tmp_path / "home"), "HF_HUB_OFFLINE": "0"}


def test_a_model_of_the_hub(hub, tmp_path):
    result = run("vocab", "owner/good", "--logdir", "out", cwd=tmp_path, environment=environment(hub, tmp_path))
    assert result.returncode == 0, result.stderr
    assert "owner/good: 32 rows of 4 dimensions" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["owner/none"], "owner/none"), (["owner/gated"], "HF_TOKEN"), (["owner/good", "--revision", "nope"], "nope")],
    ids=["no such model", "gated", "no such revision"],
)
def test_what_the_hub_refuses(arguments, words, hub, tmp_path):
    result = run("vocab", *arguments, "--logdir", "out", cwd=tmp_path, environment=environment(hub, tmp_path))
    assert_one_sentence(result, words, tmp_path)


def test_no_hub_at_all(hub, tmp_path):
    variables = {**environment(hub, tmp_path), "HF_ENDPOINT": "http://127.0.0.1:9"}
    result = run("vocab", "owner/good", "--logdir", "out", cwd=tmp_path, environment=variables)
    assert_one_sentence(result, "127.0.0.1:9", tmp_path)


def test_a_connection_that_is_cut_is_taken_up_again(hub, tmp_path):
    hub.fail("model.safetensors", Fault(cut_after=20), Fault(cut_after=20))
    result = run("vocab", "owner/good", "--logdir", "out", cwd=tmp_path, environment=environment(hub, tmp_path))
    assert result.returncode == 0, result.stderr
    assert len(hub.requests("GET .*model.safetensors")) > 2
