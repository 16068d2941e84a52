"""Files that a byte or a pipe spoils: one sentence, exit code 2, nothing written."""

import io
import os
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner

from projector_export.cli import projector_export as program
from projector_export.errors import ProjectorExportError


def refused(command, path, folder):
    result = CliRunner().invoke(program, [command, str(path), "--logdir", str(folder / "logs"), "-q"])
    assert isinstance(result.exception, ProjectorExportError), result.exception
    assert not (folder / "logs").exists()
    return str(result.exception)


def arrow_file(path):
    import pyarrow as pa

    with pa.OSFile(str(path), "wb") as sink:
        table = pa.table({"name": [f"row number {row}" for row in range(40)], "v": [[0.5, row] for row in range(40)]})
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)


def test_an_arrow_file_whose_offsets_lead_out_of_it(tmp_path):
    path = tmp_path / "t.arrow"
    arrow_file(path)
    whole = path.read_bytes()
    offsets = np.cumsum([0, *(len(f"row number {row}") for row in range(40))]).astype("<i4")
    place = whole.index(offsets.tobytes())
    path.write_bytes(whole[: place + 80] + np.int32(2**30).tobytes() + whole[place + 84 :])
    assert "is damaged" in refused("vectors", path, tmp_path)


@pytest.mark.parametrize("name", ["words.vec", "words.txt"])
def test_a_decimal_comma_far_below(name, tmp_path):
    lines = [f"w{row} {row}.5 1 2" for row in range(300)]
    lines[250] = "w250 250 2,5 252"
    head = ["300 3"] if name == "words.vec" else []
    (tmp_path / name).write_text("\n".join([*head, *lines]) + "\n")
    assert f"line {251 + len(head)} of" in (told := refused("vectors", tmp_path / name, tmp_path))
    assert "'2,5' is no number" in told


@pytest.mark.heavy
def test_a_bit_flipped_inside_a_keras_layer(tmp_path):
    import h5py

    inside = io.BytesIO()
    values = np.arange(12, dtype="f4").reshape(4, 3)
    with h5py.File(inside, "w") as file:
        file["layers/embedding/vars/0"] = values
    spoilt = bytearray(inside.getvalue())
    place = spoilt.index(values.tobytes()) + 4
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("metadata.json", "{}")
        archive.writestr("model.weights.h5", bytes(spoilt))
    whole = bytearray(path.read_bytes())
    whole[whole.index(values.tobytes()) + 4] ^= 1
    assert spoilt[place : place + 4] == values.tobytes()[4:8]
    path.write_bytes(bytes(whole))
    assert "its check sum is wrong" in refused("vocab", path, tmp_path)


def told_about(path):
    from projector_export.tensor_files import torch_file

    try:
        for tensor in torch_file.read(path):
            tensor.open_rows().read(0, 1)
    except ProjectorExportError as error:
        return str(error)
    return ""


@pytest.mark.heavy
def test_torch_files_with_any_byte_changed_are_read_or_refused(tmp_path):
    import torch

    generator = np.random.default_rng(0)
    for is_new in (True, False):
        path = tmp_path / f"{is_new}.pt"
        torch.save({"a": torch.arange(12.0).reshape(4, 3)}, path, _use_new_zipfile_serialization=is_new)
        whole = path.read_bytes()
        for place in generator.integers(0, len(whole), 150).tolist():
            path.write_bytes(
                whole[:place] + bytes([whole[place] ^ int(generator.integers(1, 256))]) + whole[place + 1 :]
            )
            assert "\n" not in told_about(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("command", ["vectors", "vocab"])
@pytest.mark.parametrize("name", ["pipe.npy", "pipe.csv", "pipe.keras"])
def test_a_pipe_is_not_waited_for(command, name, tmp_path):
    os.mkfifo(tmp_path / name)
    assert refused(command, tmp_path / name, tmp_path)
