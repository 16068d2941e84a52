"""What the check calls a fault of the server is one in TensorBoard's own code, and what it lets pass is served."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import cases_assets
import cases_tensorboard
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from judge import complaints, served_metadata
from planted import CLEAN, Case, Planted

from projector_export.checks import check
from projector_export.checks.finding import Readers
from projector_export.checks.metadata_file import read_metadata
from projector_export.checks.scene import TensorScene
from projector_export.checks.tensor_file import read_tensor_file

CASES = [*cases_tensorboard.CASES, *cases_assets.CASES]
JUDGED = [case for case in CASES if case.server is not None]


@pytest.fixture
def folder(tmp_path: Path) -> Planted:
    return Planted(tmp_path / "log").build()


@pytest.fixture
def stub() -> ModuleType:
    from tensorboard.compat import tensorflow_stub

    return tensorflow_stub


@pytest.fixture
def real() -> ModuleType:
    import tensorflow as tf

    return tf


def test_the_clean_logdir_is_served_without_tensorflow(
    folder: Planted, stub: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert complaints(folder.root, stub, monkeypatch) == []


@pytest.mark.parametrize("case", JUDGED, ids=lambda case: case.name)
def test_the_server_without_tensorflow_agrees(
    folder: Planted, case: Case, stub: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.plant(folder)
    assert bool(complaints(folder.root, stub, monkeypatch)) == case.server


@pytest.mark.heavy
@pytest.mark.parametrize("case", JUDGED, ids=lambda case: case.name)
def test_the_server_with_tensorflow_agrees(
    folder: Planted, case: Case, real: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.plant(folder)
    assert bool(complaints(folder.root, real, monkeypatch)) == case.server


@pytest.mark.heavy
def test_without_faults_the_server_with_tensorflow_serves_the_checkpoint(
    folder: Planted, real: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant = {case.name: case.plant for case in CASES}["checkpoint_only"]
    plant(folder)
    assert check(folder.root, tensorflow=True).n_faults == 0
    assert complaints(folder.root, real, monkeypatch) == []


PIECES = st.sampled_from(
    [b"1", b"-2.5", b"nan", b"1_0", b"x", b" ", b"\t", b"\n", b"\r", b"\r\n", b"\xff", "é".encode(), b"\xef\xbb\xbf"]
)
TEXTS = st.lists(PIECES, max_size=24).map(b"".join)
SHAPES = st.sampled_from([(), (2,), (1, 2), (2, 2), (0, 0)])
ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
CHEAP = settings(ONE_FOLDER, max_examples=400)


def agree_on_tensor(path: Path, data: bytes, shape: tuple[int, ...], *, tensorflow: bool) -> None:
    from tensorboard.plugins.projector import projector_plugin

    path.write_bytes(data)
    scene = TensorScene(
        replace(CLEAN, tensor_path=path.name, tensor_shape=shape),
        path.parent,
        "",
        "config",
        ".",
        Readers(with_tensorflow=tensorflow, without_tensorflow=not tensorflow),
    )
    reading = read_tensor_file(scene, path)
    failed = reading.kind == "failed" or "tensor-taken-for-text" in [finding.code for finding in reading.findings]
    try:
        tensor = plugin_reading(projector_plugin, str(path), shape)
        expected = tuple(tensor.shape)
    except (ValueError, IndexError):
        expected = None
    assert failed == (expected is None), (reading, expected)
    if expected is not None:
        assert reading.shape == expected


def plugin_reading(plugin: ModuleType, path: str, shape: tuple[int, ...]):
    try:
        tensor = plugin._read_tensor_tsv_file(path)
    except UnicodeDecodeError:
        return plugin._read_tensor_binary_file(path, shape)
    len(tensor[0])
    return tensor


@pytest.fixture
def patched(stub: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    from tensorboard.plugins.projector import projector_plugin

    monkeypatch.setattr(projector_plugin, "tf", stub)
    return stub


@CHEAP
@given(data=TEXTS | st.binary(max_size=24), shape=SHAPES)
@example(data=b"1\t2\n3\t4", shape=(2, 2))
def test_tensor_files_are_read_as_tensorboard_reads_them(
    tmp_path: Path, patched: ModuleType, data: bytes, shape: tuple[int, ...]
) -> None:
    agree_on_tensor(tmp_path / "tensor", data, shape, tensorflow=False)


@pytest.mark.heavy
@CHEAP
@given(data=TEXTS | st.binary(max_size=24), shape=SHAPES)
@example(data=b"AA\n\xff\xff\xff\xff\xff", shape=(1, 2))
def test_tensor_files_are_read_as_tensorflow_reads_them(
    tmp_path: Path, real: ModuleType, data: bytes, shape: tuple[int, ...]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        from tensorboard.plugins.projector import projector_plugin

        patch.setattr(projector_plugin, "tf", real)
        agree_on_tensor(tmp_path / "tensor", data, shape, tensorflow=True)


def agree_on_metadata(folder: Planted, data: bytes, tf: ModuleType, *, tensorflow: bool) -> None:
    folder.file("words/metadata.tsv").write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        served = served_metadata(folder.root, tf, patch)
    metadata = read_metadata(folder.file("words/metadata.tsv"), max_rows=100_000, splits_at_return=not tensorflow)
    codes = [finding.code for finding in check(folder.root, tensorflow=tensorflow).findings]
    assert ("metadata-not-utf8" in codes) == (served is None)
    if served is not None:
        assert metadata.served == served


@ONE_FOLDER
@given(data=TEXTS)
def test_metadata_is_served_as_the_check_thinks(tmp_path: Path, stub: ModuleType, data: bytes) -> None:
    folder = Planted(tmp_path / "log")
    agree_on_metadata(folder if folder.root.exists() else folder.build(), data, stub, tensorflow=False)


@pytest.mark.heavy
@ONE_FOLDER
@given(data=TEXTS)
def test_metadata_is_served_by_tensorflow_as_the_check_thinks(tmp_path: Path, real: ModuleType, data: bytes) -> None:
    folder = Planted(tmp_path / "log")
    agree_on_metadata(folder if folder.root.exists() else folder.build(), data, real, tensorflow=True)
