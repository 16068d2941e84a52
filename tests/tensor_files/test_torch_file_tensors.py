"""Tensors that torch.save wrote, by name, and pickles that are not loaded."""

import os

import numpy as np
import pytest

from projector_export.errors import CorruptFileError, InvalidInputError, NotFoundError
from projector_export.tensor_files import torch_file

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.heavy

TABLE = torch.arange(84, dtype=torch.float32).reshape(12, 7) / 3


class Marker:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("is_zip", [True, False])
@pytest.mark.parametrize(
    "dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16, torch.int32, torch.bool]
)
def test_a_single_tensor_is_named_like_its_file(tmp_path, dtype, is_zip):
    stored = TABLE.to(dtype)
    torch.save(stored, tmp_path / "emb.pt", _use_new_zipfile_serialization=is_zip)
    (tensor,) = torch_file.read(tmp_path / "emb.pt")
    assert (tensor.name, tensor.shape) == ("emb", (12, 7))
    np.testing.assert_array_equal(tensor.open_rows().read(2, 12), stored[2:].to(torch.float32).numpy())


def test_names_of_nested_tensors_are_joined(tmp_path):
    content = {"model": {"emb.weight": TABLE.t()}, "list": [TABLE, 7, "x"], "step": 3, "sparse": TABLE.to_sparse()}
    torch.save(content, tmp_path / "x.pt")
    tensors = torch_file.read(tmp_path / "x.pt")
    assert [tensor.name for tensor in tensors] == ["model.emb.weight", "list.0"]
    np.testing.assert_array_equal(tensors[0].open_rows().read(0, 7), TABLE.t().numpy())


@pytest.mark.parametrize("is_zip", [True, False])
def test_nothing_of_a_file_is_executed(tmp_path, is_zip):
    marker = tmp_path / "executed"
    torch.save({"a": TABLE, "x": Marker(marker)}, tmp_path / "x.pt", _use_new_zipfile_serialization=is_zip)
    with pytest.raises(InvalidInputError, match=r"will not be unpickled.*state_dict"):
        torch_file.read(tmp_path / "x.pt")
    assert not marker.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"a": torch.ones(2, 2, dtype=torch.complex64)}, "complex64"),
        (torch.ones(3), r"has the shape \(3,\)"),
        (torch.ones(2, 3, 4), r"has the shape \(2, 3, 4\)"),
        (torch.ones(0, 4), "is empty"),
        ({"a": 7}, "holds a dict without tensors"),
        (7, "holds an int without tensors"),
        (TABLE.to_sparse(), r"tensor 'x' of .*x.pt' is sparse \(stored as sparse_coo\): save its to_dense\(\)$"),
        (
            {"e": {"w": TABLE.to_sparse_csr()}, "bias": torch.ones(12)},
            r"tensor 'e.w' .* sparse_csr\): save its to_dense",
        ),
        (torch.nested.nested_tensor([torch.ones(2, 3), torch.ones(1, 3)]), r"tensor 'x' .* is nested"),
    ],
)
def test_what_is_no_table_of_real_numbers_is_told(tmp_path, content, words):
    torch.save(content, tmp_path / "x.pt")
    with pytest.raises(InvalidInputError, match=words):
        torch_file.read(tmp_path / "x.pt")[0].open_rows()


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_quantised_tensor_is_told(tmp_path):
    torch.save(torch.quantize_per_tensor(TABLE, 0.1, 0, torch.qint8), tmp_path / "x.pt")
    with pytest.raises(InvalidInputError, match=r"tensor 'x' .* is quantised \(torch.qint8\): save its dequantize"):
        torch_file.read(tmp_path / "x.pt")


@pytest.mark.parametrize("keep", [0, 3, 100, -300])
def test_a_file_that_is_cut_off_is_told(tmp_path, keep):
    torch.save(TABLE, tmp_path / "x.pt")
    (tmp_path / "x.pt").write_bytes((tmp_path / "x.pt").read_bytes()[:keep])
    with pytest.raises(CorruptFileError, match="damaged or no file of torch.save"):
        torch_file.read(tmp_path / "x.pt")


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(NotFoundError, match="no file"):
        torch_file.read(tmp_path / "none.pt")
