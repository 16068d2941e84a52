"""Tensors that the safetensors package wrote."""

import numpy as np
import pytest
import safetensors.numpy

from projector_export.errors import CorruptFileError, InvalidInputError, NotFoundError
from projector_export.tensor_files import safetensors as safetensors_file

TABLE = np.random.default_rng(0).normal(size=(30, 7)).astype(np.float32)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int32, np.uint8, bool])
def test_rows_are_read_from_where_they_lie(tmp_path, dtype):
    table = (TABLE * 9).astype(dtype)
    safetensors.numpy.save_file({"b": np.ones(3, np.float32), "a": table}, tmp_path / "x.safetensors")
    tensors = {tensor.name: tensor for tensor in safetensors_file.read(tmp_path / "x.safetensors")}
    assert set(tensors) == {"a", "b"}
    assert tensors["a"].dtype == table.dtype.name
    np.testing.assert_array_equal(tensors["a"].open_rows().read(3, 30), table[3:].astype(np.float32))
    with pytest.raises(InvalidInputError, match=r"tensor 'b' of .* has the shape \(3,\)"):
        tensors["b"].open_rows()


@pytest.mark.heavy
@pytest.mark.parametrize("name", ["bfloat16", "float8_e4m3fn", "float8_e5m2"])
def test_types_that_numpy_lacks(tmp_path, name):
    import torch
    from safetensors.torch import save_file

    stored = torch.from_numpy(TABLE).to(getattr(torch, name))
    save_file({"a": stored}, tmp_path / "x.safetensors")
    (tensor,) = safetensors_file.read(tmp_path / "x.safetensors")
    np.testing.assert_array_equal(tensor.open_rows().read(0, 30), stored.to(torch.float32).numpy())


@pytest.mark.parametrize("keep", [0, 5, 40, -1])
def test_a_file_that_is_cut_off_is_told(tmp_path, keep):
    safetensors.numpy.save_file({"a": TABLE}, tmp_path / "x.safetensors")
    data = (tmp_path / "x.safetensors").read_bytes()[:keep]
    (tmp_path / "x.safetensors").write_bytes(data)
    with pytest.raises(CorruptFileError, match=r"x.safetensors'"):
        safetensors_file.read(tmp_path / "x.safetensors")


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(NotFoundError, match=r"no file"):
        safetensors_file.read(tmp_path / "none.safetensors")
