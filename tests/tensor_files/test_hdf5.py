"""Data sets of HDF5 files: exact, in any storage, also where the file lies inside another one."""

import h5py
import numpy as np
import pytest

from projector_export.errors import CorruptFileError, InvalidInputError, NotFoundError
from projector_export.tensor_files import hdf5
from projector_export.tensor_files.file_window import FilePlace

VALUES = np.random.default_rng(0).normal(size=(50, 6))


def written(folder, make, **options):
    path = folder / "tensors.h5"
    with h5py.File(path, "w", **options) as file:
        make(file)
    return path


def tensors(path):
    return {tensor.name: tensor for tensor in hdf5.read(path)}


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<f2", ">f2", "<i1", ">i4", "<u8", "?"])
@pytest.mark.parametrize(
    "storage",
    [{}, {"chunks": (7, 4)}, {"chunks": (7, 4), "compression": "gzip", "shuffle": True}, {"fletcher32": True}],
)
def test_values_are_exact(tmp_path, dtype, storage):
    array = (VALUES * 50).astype(dtype)
    path = written(tmp_path, lambda file: file.create_dataset("a/b", data=array, **storage))
    (tensor,) = hdf5.read(path)
    assert (tensor.name, tensor.shape, tensor.dtype) == ("a/b", (50, 6), str(array.dtype.newbyteorder("=")))
    rows = tensor.open_rows()
    np.testing.assert_array_equal(rows.read(0, 50), array.astype("f4"))
    np.testing.assert_array_equal(rows.read(13, 20), array[13:20].astype("f4"))
    assert rows.read(0, 50).dtype == np.float32


def test_a_user_block_moves_everything(tmp_path):
    path = written(tmp_path, lambda file: file.create_dataset("a", data=VALUES), userblock_size=1024)
    np.testing.assert_array_equal(tensors(path)["a"].open_rows().read(0, 50), VALUES.astype("f4"))


def test_a_file_inside_a_file(tmp_path):
    inner = written(tmp_path, lambda file: file.create_dataset("a", data=VALUES)).read_bytes()
    path = tmp_path / "around"
    path.write_bytes(b"\x01" * 777 + inner + b"\x02" * 99)
    place = FilePlace(path, 777, len(inner))
    with hdf5.opened(place) as file:
        tensor = hdf5.named_tensor(place, "a", file["a"])
    np.testing.assert_array_equal(tensor.open_rows().read(3, 9), VALUES[3:9].astype("f4"))
    with pytest.raises(CorruptFileError, match="truncated"), hdf5.opened(FilePlace(path, 777, 10**9)):
        pass


def test_what_is_no_table_is_listed_and_refused(tmp_path):
    def make(file):
        file["scalar"] = 1.0
        file["line"] = np.zeros(3)
        file["texts"] = [[b"a", b"b"]]
        file["complex"] = np.zeros((2, 2), "c8")
        file["compound"] = np.zeros((2, 2), [("x", "f4")])
        file["empty"] = np.zeros((0, 4), "f4")
        file["references"] = np.array([[file["line"].ref]], dtype=h5py.ref_dtype)
        file.create_dataset("objects", (2, 2), dtype=h5py.string_dtype())

    found = tensors(written(tmp_path, make))
    assert set(found) == {"scalar", "line", "texts", "complex", "compound", "empty", "references", "objects"}
    for name, tensor in found.items():
        with pytest.raises(InvalidInputError, match=name):
            tensor.open_rows()


def test_groups_in_a_circle_are_walked_once(tmp_path):
    def make(file):
        file["a/values"] = VALUES
        file["a/again"] = file["/"]
        file["b"] = file["a/values"]

    assert len(tensors(written(tmp_path, make))) == 1


def test_no_such_file(tmp_path):
    with pytest.raises(NotFoundError, match="none"):
        hdf5.read(tmp_path / "none.h5")


@pytest.mark.parametrize("cut", [0, 4, 8, 60, 500, 2000])
def test_truncated_anywhere(tmp_path, cut):
    path = written(tmp_path, lambda file: file.create_dataset("a", data=VALUES))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(CorruptFileError, match="damaged"):
        hdf5.read(path)


def test_bytes_changed_anywhere_give_rows_or_a_sentence(tmp_path):
    path = written(tmp_path, lambda file: file.create_dataset("a", data=VALUES, chunks=(10, 6), compression="gzip"))
    whole = path.read_bytes()
    generator = np.random.default_rng(1)
    told = []
    for _ in range(40):
        data = bytearray(whole)
        for place in generator.integers(0, len(data), 3):
            data[place] = generator.integers(0, 256)
        path.write_bytes(bytes(data))
        try:
            for tensor in hdf5.read(path):
                tensor.open_rows().read(0, 1)
        except (InvalidInputError, NotFoundError) as error:
            told.append(str(error))
    assert told
    assert not any("\n" in sentence for sentence in told)
