"""Models by their ids: what is fetched, what is refused, what serves when there is no network."""

import json
import shutil

import pytest
import text_models
from hub_server import running_hub, use_hub

from projector_export import ProjectorExportError
from projector_export.sources.encoders.model_folder import open_model_folder

ID = "owner/tiny"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    with running_hub() as running:
        use_hub(running, tmp_path / "home", monkeypatch)
        yield running


FILES = {
    "modules.json": json.dumps([{"type": "sentence_transformers.models.Transformer", "path": ""}]).encode(),
    "config.json": b'{"model_type": "bert"}',
    "model.safetensors": b"weights",
    "pytorch_model.bin": b"pickled weights",
    "2_Dense/config.json": b"{}",
    "2_Dense/pytorch_model.bin": b"pickled weights of a model that has no others",
    "onnx/model.onnx": b"onnx",
    "openvino/openvino_model.bin": b"openvino",
    "flax_model.msgpack": b"flax",
    "tf_model.h5": b"keras",
    "README.md": b"words",
    "modeling.py": b"raise SystemExit",
    "training_args.bin": b"pickled",
}
USUAL = {"modules.json", "config.json", "model.safetensors", "2_Dense/config.json", "2_Dense/pytorch_model.bin"}


@pytest.mark.parametrize(("backend", "more"), [("torch", set()), ("onnx", {"onnx/model.onnx"})])
def test_only_what_is_needed_is_fetched(hub, backend, more):
    commit = hub.add(ID, FILES)
    folder = open_model_folder(ID, backend=backend)
    assert folder.name == ID
    assert folder.library == "sentence_transformers"
    assert folder.path.name == commit
    assert {
        path.relative_to(folder.path).as_posix() for path in folder.path.rglob("*") if path.is_file()
    } == USUAL | more


@pytest.mark.parametrize(
    ("name", "revision", "words"),
    [("owner/nothing", None, "no folder and no model 'owner/nothing'"), (ID, "v9", "no revision 'v9'")],
)
def test_what_the_hub_does_not_have(hub, name, revision, words):
    hub.add(ID, FILES)
    with pytest.raises(ProjectorExportError, match=words):
        open_model_folder(name, revision=revision)


def test_what_was_fetched_serves_offline(hub, monkeypatch):
    from huggingface_hub import constants

    hub.add(ID, FILES)
    online = open_model_folder(ID)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    n_before = len(hub.seen)
    assert open_model_folder(ID) == online
    assert len(hub.seen) == n_before


@pytest.mark.heavy
def test_a_name_of_what_is_in_a_folder(tmp_path):
    folder = text_models.tiny_bert(tmp_path / "a")
    digest = open_model_folder(folder).digest
    shutil.copytree(folder, tmp_path / "b")
    assert open_model_folder(tmp_path / "b").digest == digest
    path = tmp_path / "b" / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert open_model_folder(tmp_path / "b").digest != digest
