"""Exports that are killed at every step, that find the disk full, and that run at once."""

import errno
import json
import multiprocessing
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from projector_export import write
from projector_export.errors import CorruptFileError, WriteError
from projector_export.formats import bookmarks, projector_config, standalone_config
from projector_export.options import Destination
from projector_export.table import Column, EmbeddingTable, Layout
from projector_export.targets import standalone, tensorboard
from projector_export.targets.folders import PARTIAL_NAME
from projector_export.targets.publication import LOCK_NAME

TARGETS = {"tensorboard": tensorboard, "standalone": standalone}
posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a forked process")


def table_of(number, name="words"):
    values = np.full((50, 6), number + 0.1, np.float32)
    table = EmbeddingTable.from_array(
        values, name=name, columns=[Column("label", [f"{number} {i}" for i in range(50)])]
    )
    place = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32) + np.float32(number)
    layouts = tuple(Layout(f"umap {n}d", "umap", place[:, :n]) for n in (2, 3))
    return replace(table, layouts=layouts, components=values)


def export(target, folder, number, name="words", **options):
    table = table_of(number, name)
    TARGETS[target].write([(table, table)], folder, **options)


def shown(target, folder):
    """Return what the viewer would show: every tensor's first value and label, after checking all digests."""
    document = folder / (projector_config.FILE_NAME if target == "tensorboard" else standalone_config.FILE_NAME)
    if not document.exists():
        return {}
    text = document.read_text()
    entries = projector_config.decode(text).embeddings if target == "tensorboard" else standalone_config.decode(text)
    result = {}
    for entry in entries:
        values = np.fromfile(folder / entry.tensor_path, "<f4").reshape(entry.tensor_shape)
        labels = (folder / entry.metadata_path).read_text().splitlines()
        manifest = json.loads((folder / entry.tensor_path).parent.joinpath("manifest.json").read_text())
        for name, record in manifest["files"].items():
            assert (folder / entry.tensor_path).parent.joinpath(name).stat().st_size == record["bytes"]
        assert len(labels) == 50
        number = int(labels[0].split()[0])
        assert len(bookmarks.decode((folder / entry.bookmarks_path).read_bytes())) == 2
        for layout in manifest["layouts"]:
            place = np.load((folder / entry.tensor_path).parent / layout["file"])
            assert abs(place.mean() - number) < 1, "layouts and vectors belong together"
        assert np.allclose(values, number + 0.1, rtol=1e-4), "labels and vectors belong together"
        result[entry.tensor_name] = number
    return result


def killed_at(step, target, folder, number):
    """Export in a child that kills itself before its step-th change of the file system; tell whether it got that far."""
    child = os.fork()
    if child == 0:
        count = 0

        def watch(event, arguments):
            nonlocal count
            changes = event in {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"}
            opens = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wxa")
            locks = (
                event == "open"
                and isinstance(arguments[2], int)
                and arguments[2] & os.O_CREAT
                and str(folder) in str(arguments[0])
            )
            if changes or opens or locks:
                count += 1
                if count == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        try:
            export(target, folder, number, **({"run": "r"} if target == "tensorboard" else {}))
            os._exit(0)
        except BaseException:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


@posix
@pytest.mark.parametrize("target", sorted(TARGETS))
@pytest.mark.parametrize("fresh", [True, False])
def test_an_export_killed_at_any_step_is_complete_or_as_if_it_had_not_been(target, fresh, tmp_path):
    folder = tmp_path / "out"
    place = folder / "r" if target == "tensorboard" else folder
    options = {"run": "r"} if target == "tensorboard" else {}
    step = 0
    number = 1
    if not fresh:
        export(target, folder, 0, **options)
    while True:
        step += 1
        assert step < 300, "what is left grows with every killed export"
        before = shown(target, place)
        if not killed_at(step, target, folder, number):
            break
        after = shown(target, place)
        assert after in (before, {"words": number})
        number += not fresh or after != {}
    assert step > 8, "the steps were counted"
    assert shown(target, place) == {"words": number}
    export(target, folder, 99, **options)
    left = [path for path in place.iterdir() if path.is_dir()]
    assert len(left) == 1, "what killed exports left is swept away"
    assert not list(place.rglob(PARTIAL_NAME))


def _export_many(target, folder, worker):
    for number in range(5):
        export(target, folder, number, name=f"tensor {worker}")


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_exports_at_once_lose_nothing(target, tmp_path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_export_many, args=(target, tmp_path / "out", worker)) for worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
        assert worker.exitcode == 0
    assert shown(target, tmp_path / "out") == {f"tensor {worker}": 4 for worker in range(4)}
    assert len([path for path in (tmp_path / "out").iterdir() if path.is_dir()]) == 4


@pytest.mark.parametrize("target", sorted(TARGETS))
@pytest.mark.parametrize("after_bytes", [0, 100, 1200, 1250, 1900, 14_000, 15_000, 15_800, 18_000])
def test_a_disk_that_fills_up_leaves_the_folder_as_it_was(target, after_bytes, tmp_path, monkeypatch):
    export(target, tmp_path, 1)
    before = sorted((path.relative_to(tmp_path), path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file())
    _fill_after(after_bytes, monkeypatch)
    with pytest.raises(WriteError, match="is full: make room"):
        export(target, tmp_path, 2)
    monkeypatch.undo()
    after = sorted((path.relative_to(tmp_path), path.read_bytes()) for path in tmp_path.rglob("*") if path.is_file())
    assert after == before


def _fill_after(n_bytes, monkeypatch):
    """Let the file system take so many bytes more."""
    import builtins

    left = n_bytes
    original = builtins.open

    def limited(path, mode="r", *arguments, **options):
        file = original(path, mode, *arguments, **options)
        if not set(mode) & set("wx"):
            return file
        return _Limited(file)

    class _Limited:
        def __init__(self, file):
            self._file = file

        def __getattr__(self, name):
            return getattr(self._file, name)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self._file.close()

        def write(self, data):
            nonlocal left
            size = len(data)
            if size > left:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            left -= size
            return self._file.write(data)

    monkeypatch.setattr(builtins, "open", limited)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a small file system")
@pytest.mark.parametrize("target", sorted(TARGETS))
def test_a_really_full_disk(target, tmp_path):
    import subprocess

    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("may not mount a file system here")
    try:
        export(target, disk, 1)
        Path(disk / "filler").write_bytes(bytes(os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize - 8192))
        before = sorted(path.relative_to(disk) for path in disk.rglob("*"))
        with pytest.raises(WriteError, match="full|free"):
            for number in range(20):
                export(target, disk, number, name=f"n{number}")
        assert shown(target, disk)["words"] == 1
        assert not list(disk.rglob(PARTIAL_NAME))
        assert len(before) >= 1
    finally:
        subprocess.run(["umount", disk], check=True)


WATCH = [None]
CHANGES = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.scandir", "shutil.rmtree"}


@pytest.fixture(scope="module")
def audit():
    """Call WATCH[0] before every change of the file system; hooks cannot be taken away again."""
    sys.addaudithook(lambda event, arguments: WATCH[0] is not None and event in CHANGES and WATCH[0]())
    yield
    WATCH[0] = None


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_an_interrupt_at_any_step_leaves_the_old_or_the_new(target, tmp_path, audit):
    for last_step in range(1, 200):
        folder = tmp_path / str(last_step)
        export(target, folder, 1)
        left = last_step

        def interrupt():
            nonlocal left
            left -= 1
            if left == 0:
                WATCH[0] = None
                raise KeyboardInterrupt

        WATCH[0] = interrupt
        try:
            export(target, folder, 2)
        except KeyboardInterrupt:
            assert shown(target, folder) in ({"words": 1}, {"words": 2})
            export(target, folder, 3)
            assert shown(target, folder) == {"words": 3}
            assert len([path for path in folder.iterdir() if path.is_dir()]) == 1
        else:
            break
        finally:
            WATCH[0] = None
    assert last_step > 20, "the steps were counted"


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_other_peoples_folders_are_never_swept(target, tmp_path):
    for name in ("thesis", "run"):
        (tmp_path / name).mkdir()
        (tmp_path / name / PARTIAL_NAME).touch()
        (tmp_path / name / "notes.txt").write_text("mine")
    export(target, tmp_path, 1)
    assert (tmp_path / "thesis" / "notes.txt").read_text() == "mine"
    assert (tmp_path / "run" / "notes.txt").read_text() == "mine"


def test_two_targets_are_written_together_or_not_at_all(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(CorruptFileError, match="choose another folder"):
        write(table_of(1), Destination(tmp_path / "logs", tmp_path / "model"))
    assert not (tmp_path / "logs").exists()
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["config.json"]


def test_both_targets_may_share_a_folder(tmp_path):
    write(table_of(1), Destination(tmp_path, tmp_path))
    assert shown("tensorboard", tmp_path) == shown("standalone", tmp_path) == {"words": 1}


def test_an_interrupt_leaves_nothing(tmp_path):
    table = table_of(1)

    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tensorboard.write([(table, table)], tmp_path / "a" / "b", progress=interrupt)
    assert not (tmp_path / "a").exists()


def test_a_folder_without_permission_is_told(tmp_path, monkeypatch):
    def refuse(self, *arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(WriteError, match=r"cannot write to .*Permission denied.*choose a folder you may write to"):
        export("tensorboard", tmp_path / "x", 1)
    assert not (tmp_path / "x").exists()


def test_only_the_lock_is_hidden_behind(tmp_path):
    export("tensorboard", tmp_path, 1)
    hidden = [path.name for path in tmp_path.rglob(".*")]
    assert hidden in ([], [LOCK_NAME])
