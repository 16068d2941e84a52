"""Long texts of damaged files stand in an error by their beginning only."""

import io
import json
import struct
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner

from projector_export.cli import projector_export as program
from projector_export.errors import ProjectorExportError, excerpt

LONG = "x" * 50_000
LONGEST_ERROR = 1_500


def npy_head(text):
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode("latin-1")


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def npz(folder, members):
    with zipfile.ZipFile(folder / "x.npz", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return folder / "x.npz"


def file(folder, name, content):
    (folder / name).write_bytes(content)
    return folder / name


def gguf(folder, *, entries=b"", tensors=b"", n_entries=0, n_tensors=0):
    return file(
        folder, "x.gguf", b"GGUF" + struct.pack("<IQQ", 3, n_tensors, n_entries) + entries + tensors + bytes(64)
    )


def gguf_text(text):
    return struct.pack("<Q", len(text)) + text.encode()


def gguf_tensor(name, kind=0, shape=(4, 3)):
    return gguf_text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, 0)


def safetensors(folder, head):
    head = json.dumps(head).encode()
    return file(folder, "x.safetensors", struct.pack("<Q", len(head)) + head + bytes(48))


def member_of_another_name(folder):
    path = npz(folder, {"a" * 60_000 + ".npy": npy(np.eye(3)), "b.npy": npy(np.eye(3))})
    content = path.read_bytes()
    return file(folder, "x.npz", content.replace(b"a" * 60_000, b"z" * 60_000, 1))


def lines(folder, *records):
    return file(folder, "x.jsonl", "".join(json.dumps(record) + "\n" for record in records).encode())


def keyed_vectors(folder, side):
    from gensim.models import KeyedVectors

    vectors = KeyedVectors(3)
    vectors.add_vectors(["a", "b"], np.eye(2, 3, dtype=np.float32))
    vectors.save(str(folder / "x.kv"), separately=["vectors"])
    file(folder, "x.kv.vectors.npy", side)
    return folder / "x.kv"


TWICE = [gguf_text(LONG) + struct.pack("<II", 4, 7)] * 2

DAMAGED = {
    "npy, no head": lambda folder: file(folder, "x.npy", npy_head("{" + LONG)),
    "npy, many axes": lambda folder: file(
        folder, "x.npy", npy_head(f"{{'descr': '<f4', 'fortran_order': False, 'shape': {(1,) * 15_000}}}") + bytes(4)
    ),
    "npy, no axes": lambda folder: file(
        folder, "x.npy", npy_head(f"{{'descr': '<f4', 'fortran_order': False, 'shape': '{LONG}'}}")
    ),
    "npy, more values than can be spelled": lambda folder: file(
        folder, "x.npy", npy_head(f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({10**4000}, {10**4000})}}")
    ),
    "npy, many fields": lambda folder: file(
        folder,
        "x.npy",
        npy_head(f"{{'descr': {[(f'f{n}', '<f4') for n in range(2000)]}, 'fortran_order': False, 'shape': (1, 1)}}")
        + bytes(8000),
    ),
    "npz, cut off": lambda folder: npz(folder, {f"{LONG}.npy": npy(np.eye(30))[:-9]}),
    "npz, several": lambda folder: npz(folder, {f"{LONG}{n}.npy": npy(np.eye(3)) for n in range(2)}),
    "npz, two names of one member": member_of_another_name,
    "gguf, a key twice": lambda folder: gguf(folder, entries=b"".join(TWICE), n_entries=2),
    "gguf, type of a value": lambda folder: gguf(folder, entries=gguf_text(LONG) + struct.pack("<I", 77), n_entries=1),
    "gguf, too many values": lambda folder: gguf(
        folder, entries=gguf_text(LONG) + struct.pack("<IIQ", 9, 4, 2**50), n_entries=1
    ),
    "gguf, type of a tensor": lambda folder: gguf(folder, tensors=gguf_tensor(LONG, kind=999), n_tensors=1),
    "gguf, a tensor twice": lambda folder: gguf(folder, tensors=gguf_tensor(LONG) * 2, n_tensors=2),
    "gguf, other tensors": lambda folder: gguf(folder, tensors=gguf_tensor(LONG), n_tensors=1),
    "safetensors, no type": lambda folder: safetensors(folder, {LONG: {"dtype": LONG}}),
    "safetensors, many axes": lambda folder: safetensors(
        folder, {LONG: {"dtype": "F32", "shape": [2**62] * 20_000, "data_offsets": [0, 48]}}
    ),
    "safetensors, a gap": lambda folder: safetensors(
        folder, {LONG: {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}
    ),
    "safetensors, several": lambda folder: safetensors(
        folder,
        {f"{LONG}{n}": {"dtype": "F32", "shape": [2, 3], "data_offsets": [24 * n, 24 * n + 24]} for n in range(2)},
    ),
    "gensim, side file": lambda folder: keyed_vectors(folder, npy_head("{" + LONG[:9_000])),
    "jsonl, no vectors": lambda folder: lines(folder, {LONG: "q"}),
    "jsonl, several lists": lambda folder: lines(folder, {f"{LONG}1": [1, 2], f"{LONG}2": [3, 4]}),
    "jsonl, another length": lambda folder: lines(folder, {LONG: [1, 2]}, {LONG: [1, 2, 3]}),
    "jsonl, no number": lambda folder: lines(folder, {LONG: [1, 2]}, {LONG: [1, "r" * 5_000]}),
    "jsonl, a stray text": lambda folder: lines(folder, *[{LONG: 1, "b": 2}] * 5, {LONG: "s" * 5_000, "b": 2}),
    "numbers, no number": lambda folder: file(folder, "x.txt", b"1 2\n" * 30 + LONG.encode() + b" 2\n"),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_long_text_is_quoted_by_its_beginning(damage, tmp_path):
    path = DAMAGED[damage](tmp_path)
    result = CliRunner().invoke(program, ["vectors", str(path), "--logdir", str(tmp_path / "logs"), "-q"])
    assert isinstance(result.exception, ProjectorExportError), result.exception
    assert "\n" not in str(result.exception)
    assert len(str(result.exception).replace(str(tmp_path), "")) < LONGEST_ERROR


def test_excerpts():
    assert excerpt("x" * 100) == "x" * 100
    assert excerpt("x" * 101) == "x" * 99 + "…"
    assert excerpt(ValueError("no\n  number")) == "no number"
    assert excerpt((1, "a")) == "(1, 'a')"
    assert excerpt(10**5_000) == "a value of too many digits"
