"""Damage that the HDF5 library itself breaks down over is met by another process."""

import os
import sys
import time

import h5py
import numpy as np
import pytest

from projector_export.errors import CorruptFileError, ProjectorExportError
from projector_export.tensor_files import hdf5, hdf5_trial, hdf5_walk
from projector_export.tensor_files.file_window import FilePlace


def with_texts(folder, name="named.h5"):
    path = folder / name
    with h5py.File(path, "w") as file:
        file["rows"] = np.zeros((3, 4), "f4")
        file["rows"].attrs["name"] = "words"
        file["texts"] = ["a", "b", "c"]
    return path


def endless(folder):
    """A file whose heap of texts has an object after which come only such without a length."""
    path = with_texts(folder, "endless.h5")
    content = bytearray(path.read_bytes())
    heap = content.index(b"GCOL")
    content[heap + 24 : heap + 32] = (0xA0).to_bytes(8, "little")
    path.write_bytes(content)
    return path


def test_a_file_in_which_the_library_goes_round_for_ever_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5_trial, "LEAST_SECONDS", 2)
    path = endless(tmp_path)
    before = time.monotonic()
    with pytest.raises(CorruptFileError, match="endless.h5' is damaged: the HDF5 library breaks down over it"):
        hdf5.read(path)
    assert time.monotonic() - before < 60


def test_a_process_that_crashes_is_told(tmp_path, monkeypatch):
    path = with_texts(tmp_path)
    monkeypatch.setattr(hdf5_trial, "START", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    with pytest.raises(CorruptFileError, match="breaks down"):
        hdf5.read(path)


def test_a_sound_file_is_looked_at_once_until_it_changes(tmp_path, monkeypatch):
    path = with_texts(tmp_path)
    started = []
    popen = hdf5_trial.subprocess.Popen
    monkeypatch.setattr(
        hdf5_trial.subprocess, "Popen", lambda *given, **named: started.append(given) or popen(*given, **named)
    )
    for _ in range(2):
        (rows,) = (tensor for tensor in hdf5.read(path) if tensor.name == "rows")
        np.testing.assert_array_equal(rows.open_rows().read(0, 3), np.zeros((3, 4)))
    assert len(started) == 1
    os.utime(path, (1, 1))
    hdf5.read(path)
    assert len(started) == 2


def test_an_interrupted_look_leaves_no_process(tmp_path):
    path = with_texts(tmp_path)
    with pytest.raises(KeyboardInterrupt), hdf5_trial._walk(FilePlace(path), path.stat().st_size, 9) as process:
        raise KeyboardInterrupt
    assert process.poll() is not None


def test_errors_that_python_tells_are_left_to_the_reader(tmp_path):
    path = tmp_path / "no.h5"
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(CorruptFileError, match="damaged or no HDF5 file"):
        hdf5.read(path)
    with h5py.File(path, "w") as file:
        file["away"] = h5py.ExternalLink("other.h5", "/x")
    with pytest.raises(ProjectorExportError, match="link to another file"):
        hdf5.read(path)


def test_a_frozen_program_looks_for_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(hdf5_trial.subprocess, "Popen", None)
    assert {tensor.name for tensor in hdf5.read(with_texts(tmp_path))} == {"rows", "texts"}


def test_the_walk_meets_attributes_texts_and_packed_rows(tmp_path, monkeypatch):
    path = with_texts(tmp_path)
    with h5py.File(path, "a") as file:
        file.create_dataset("packed", data=np.ones((9, 2), "f4"), chunks=(2, 2), compression="gzip")
    met = []
    take = h5py.Dataset.__getitem__
    monkeypatch.setattr(h5py.Dataset, "__getitem__", lambda self, key: met.append(self.name) or take(self, key))
    take_attribute = h5py.AttributeManager.__getitem__
    monkeypatch.setattr(
        h5py.AttributeManager, "__getitem__", lambda self, key: met.append(key) or take_attribute(self, key)
    )
    monkeypatch.setattr(hdf5_trial.subprocess, "Popen", None)
    hdf5_walk.walk(FilePlace(path))
    assert set(met) == {"/packed", "/texts", "name"}
