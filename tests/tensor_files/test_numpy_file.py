"""Arrays that NumPy wrote, read back row by row; heads that lie."""

import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from projector_export.errors import CorruptFileError, InvalidInputError, NotFoundError
from projector_export.tensor_files import numpy_array, numpy_file
from projector_export.tensor_files.collected_rows import collect

TABLE = np.random.default_rng(0).normal(size=(300, 7))
KINDS = {
    "float64": TABLE,
    "columns first": np.asfortranarray(TABLE),
    "big-endian": TABLE.astype(">f8"),
    "big-endian columns first": np.asfortranarray(TABLE.astype(">f4")),
    "float16": TABLE.astype(np.float16),
    "int8": (TABLE * 50).astype(np.int8),
    "uint64": (np.abs(TABLE) * 1e18).astype(np.uint64),
    "bool": TABLE > 0,
    "one column": np.asfortranarray(TABLE[:, :1]),
}
SAVE = {
    "npy": np.save,
    "npz": lambda path, table: np.savez(path, table=table),
    "packed npz": lambda path, table: np.savez_compressed(path, table=table),
}


def saved(folder, save, table):
    path = folder / f"x.{save.split()[-1]}"
    SAVE[save](path, table)
    return path


@pytest.mark.parametrize("save", SAVE)
@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_float32_of_what_is_stored(tmp_path, save, kind):
    table = KINDS[kind]
    (tensor,) = numpy_file.read(saved(tmp_path, save, table))
    assert (tensor.name, tensor.shape) == ("x" if save == "npy" else "table", table.shape)
    assert tensor.dtype == table.dtype.name
    rows = tensor.open_rows()
    np.testing.assert_array_equal(rows.read(0, 300), table.astype(np.float32))
    np.testing.assert_array_equal(rows.read(17, 41), table[17:41].astype(np.float32))


@given(
    nps.arrays(
        st.sampled_from([np.float16, np.float32, np.float64, np.int32, ">f4"]),
        st.tuples(st.integers(1, 9), st.integers(1, 5)),
    ),
    st.sampled_from(sorted(SAVE)),
    st.booleans(),
)
def test_any_table_comes_back(tmp_path_factory, table, save, is_fortran):
    path = saved(tmp_path_factory.mktemp("any"), save, np.asfortranarray(table) if is_fortran else table)
    (tensor,) = numpy_file.read(path)
    with np.errstate(over="ignore"):
        expected = table.astype(np.float32)
    np.testing.assert_array_equal(tensor.open_rows().read(0, len(table)), expected)


def test_columns_beside_the_table(tmp_path):
    np.savez(tmp_path / "x.npz", e=TABLE, labels=np.array(["a", "é"]), n=np.arange(2))
    assert [tensor.name for tensor in numpy_file.read(tmp_path / "x.npz")] == ["e", "labels", "n"]
    assert numpy_file.read_values(tmp_path / "x.npz", "labels").tolist() == ["a", "é"]
    with pytest.raises(InvalidInputError, match="holds neither numbers nor texts"):
        numpy_file.read_values(tmp_path / "x.npz", "e")


class Marker:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("save", SAVE)
def test_objects_are_never_unpickled(tmp_path, save):
    marker = tmp_path / "executed"
    (tensor,) = numpy_file.read(saved(tmp_path, save, np.array([[Marker(marker)]], dtype=object)))
    with pytest.raises(InvalidInputError, match=r"holds Python objects, which would have to be unpickled"):
        tensor.open_rows()
    assert not marker.exists()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (TABLE.astype(complex), "holds values of type complex128, and vectors are real numbers"),
        (np.array([["a"]]), "and vectors are real numbers"),
        (np.zeros((2, 2), dtype=[("a", "f4"), ("b", "f4")]), "and vectors are real numbers"),
        (np.zeros((2, 2), dtype="M8[s]"), "and vectors are real numbers"),
        (TABLE[0], "has the shape (7,), and vectors are a table"),
        (TABLE[None], "has the shape (1, 300, 7)"),
        (np.float64(3), "has the shape ()"),
        (TABLE[:0], "is empty: its shape is (0, 7)"),
        (TABLE[:, :0], "is empty: its shape is (300, 0)"),
    ],
)
@pytest.mark.parametrize("save", ["npy", "packed npz"])
def test_what_is_no_table_of_real_numbers_is_told(tmp_path, table, words, save):
    (tensor,) = numpy_file.read(saved(tmp_path, save, table))
    with pytest.raises(InvalidInputError) as refused:
        tensor.open_rows()
    assert words in str(refused.value)


def with_head(path, head, data=b""):
    text = head.encode().ljust(118) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data)
    return path


HEADS = {
    "a shape beyond the file": ("{'descr':'<f4','fortran_order':False,'shape':(10**9, 10**9)}", "describes no array"),
    "a large shape": ("{'descr':'<f4','fortran_order':False,'shape':(1000000000, 1000000000)}", "and 8 are there"),
    "a shape of nothing": (
        "{'descr':'<f4','fortran_order':False,'shape':(-1, 4)}",
        r"has the shape \(-1, 4\), which is none",
    ),
    "a text as shape": ("{'descr':'<f4','fortran_order':False,'shape':'ab'}", "which is none"),
    "a call": ("{'descr':__import__('os').mkdir('x'),'fortran_order':False,'shape':(1,2)}", "describes no array"),
    "no dtype": ("{'descr':'zz','fortran_order':False,'shape':(1,2)}", "describes no array"),
    "less than is there": ("{'descr':'<f4','fortran_order':False,'shape':(1, 1)}", "needs 4 bytes, and 8 are there"),
    "no dictionary": ("[1]", "describes no array"),
    "deep": ("(" * 100, "describes no array"),
}


@pytest.mark.parametrize("name", HEADS)
def test_heads_that_lie_are_told_before_anything_is_allocated(tmp_path, name):
    head, words = HEADS[name]
    with pytest.raises(CorruptFileError, match=words):
        numpy_file.read(with_head(tmp_path / "x.npy", head, bytes(8)))


def test_a_head_of_python_2_is_read(tmp_path):
    path = with_head(tmp_path / "x.npy", "{'descr':'<f4','fortran_order':False,'shape':(1L, 2L)}", bytes(8))
    assert numpy_file.read(path)[0].shape == (1, 2)


@pytest.mark.parametrize("keep", [0, 3, 9, 60, 200, -1])
@pytest.mark.parametrize("save", SAVE)
def test_files_that_are_cut_off_are_told(tmp_path, save, keep):
    path = saved(tmp_path, save, TABLE)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CorruptFileError):
        numpy_file.read(path)


def test_damage_within_a_packed_array_is_told(tmp_path):
    path = saved(tmp_path, "packed npz", TABLE)
    data = bytearray(path.read_bytes())
    data[5000:5400] = bytes(400)
    path.write_bytes(data)
    with pytest.raises(CorruptFileError, match="damaged"):
        numpy_file.read(path)[0].open_rows()


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr("projector_export.tensor_files.numpy_file._FREE_BYTES", 10_000)
    (tensor,) = numpy_file.read(saved(tmp_path, "packed npz", np.zeros((5000, 100))))
    with pytest.raises(InvalidInputError, match=r"unpacks from [\d,]+ to 4,000,128 bytes"):
        tensor.open_rows()


def test_a_member_that_lies_elsewhere_than_the_archive_says_is_told(tmp_path):
    path = saved(tmp_path, "npz", TABLE)
    (tensor,) = numpy_file.read(path)
    data = bytearray(path.read_bytes())
    data[:4] = b"xxxx"
    path.write_bytes(data)
    with pytest.raises(CorruptFileError, match="does not lie where the archive says"):
        tensor.open_rows()


def test_members_that_are_no_arrays_are_left_out(tmp_path):
    path = saved(tmp_path, "npz", TABLE)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("notes.txt", "words")
    assert [tensor.name for tensor in numpy_file.read(path)] == ["table"]


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(NotFoundError, match=r"no file '.*none.npy'"):
        numpy_file.read(tmp_path / "none.npy")


@pytest.mark.parametrize("limit", [0, 10**9])
def test_collected_rows_are_the_same_in_memory_and_on_disk(monkeypatch, limit):
    monkeypatch.setattr("projector_export.tensor_files.collected_rows.MEMORY_BYTES", limit)
    rows = collect((TABLE[start : start + 13].astype(np.float32) for start in range(0, 300, 13)), "float64")
    assert rows.shape == TABLE.shape
    np.testing.assert_array_equal(rows.read(0, 300), TABLE.astype(np.float32))
    np.testing.assert_array_equal(rows.read(250, 300), TABLE[250:].astype(np.float32))
    file = rows.file
    del rows
    assert file.closed


PEAK = """
import resource, sys
import numpy as np
from projector_export.tensor_files import numpy_array, numpy_file
from projector_export.vectors import blocks_of
from projector_export.sources import vector_files
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
(table,) = vector_files.read(sys.argv[1], vector_files.VectorReading(column=sys.argv[2] or None))
total = sum(float(block.sum(dtype=np.float64)) for _, block in blocks_of(table.vectors))
print(table.shape[0], (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, total)
"""


@pytest.mark.heavy
@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kB on Linux only")
@pytest.mark.parametrize("kind", ["npy", "columns first", "npz", "packed npz", "parquet"])
def test_256_000_rows_pass_in_blocks(tmp_path, kind):
    table = np.random.default_rng(0).integers(-9, 9, (256_000, 256)).astype(np.float32)
    path = tmp_path / f"x.{kind.split()[-1]}"
    if kind == "columns first":
        path = tmp_path / "x.npy"
        np.save(path, np.asfortranarray(table))
    elif kind == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        lists = pa.FixedSizeListArray.from_arrays(pa.array(table.reshape(-1)), 256)
        pq.write_table(pa.table({"v": lists}), path)
    else:
        SAVE[kind](path, table)
    done = subprocess.run([sys.executable, "-c", PEAK, path, ""], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    n_rows, peak_mb, total = done.stdout.split()
    assert (int(n_rows), float(total)) == (256_000, float(table.sum(dtype=np.float64)))
    assert int(peak_mb) < 160, f"{peak_mb} MB for a table of 250 MB"


def test_numbers_of_other_libraries_are_rows_also_where_numpy_has_heard_of_them():
    import ml_dtypes

    assert np.dtype("bfloat16").type is ml_dtypes.bfloat16
    assert numpy_array.require_rows("x", (3, 2), "bfloat16") == (3, 2)
