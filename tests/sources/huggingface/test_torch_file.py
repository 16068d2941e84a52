import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from projector_export.errors import CorruptFileError, InvalidInputError, NotFoundError
from projector_export.pipeline.vectors import read_vectors
from projector_export.sources.huggingface.choosing import choose_tables
from projector_export.sources.huggingface.model_files import open_model

pytestmark = pytest.mark.heavy

TABLE = torch.arange(80, dtype=torch.float32).reshape(20, 4) / 7


class Marker:
    """Leaves a file behind where it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def save(folder, content, name="pytorch_model.bin", **options):
    torch.save(content, folder / name, **options)
    return folder


def only(folder, **options):
    (table,) = choose_tables(open_model(folder), **options)
    return table, table.vectors.read(0, table.vectors.shape[0])


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
def test_a_table_is_read_exactly_from_either_container(tmp_path, zipped, dtype):
    stored = TABLE.to(dtype)
    save(tmp_path, {"wte.weight": stored, "other": torch.ones(3)}, _use_new_zipfile_serialization=zipped)
    table, values = only(tmp_path)
    np.testing.assert_array_equal(values, stored.to(torch.float32).numpy())
    assert table.vectors.shape == (20, 4)
    assert str(dtype).removeprefix("torch.").startswith(table.vectors.dtype)


def test_aliases_are_tied_and_a_transposed_view_is_read_row_by_row(tmp_path):
    shared = TABLE.t().contiguous().t()
    save(tmp_path, {"shared.weight": shared, "encoder.embed_tokens.weight": shared, "lm_head.weight": shared})
    table, values = only(tmp_path, table="both")
    assert (table.role, table.tensor) == ("input and output (tied)", "shared.weight")
    np.testing.assert_array_equal(values, TABLE.numpy())


def test_different_tables_are_not_tied(tmp_path):
    save(tmp_path, {"wte.weight": TABLE, "lm_head.weight": TABLE + 1})
    assert only(tmp_path, table="output")[0].role == "output"


def test_shards_are_read_by_their_index(tmp_path):
    save(tmp_path, {"wte.weight": TABLE}, "a.bin")
    save(tmp_path, {"norm": TABLE}, "b.bin")
    index = {"weight_map": {"wte.weight": "a.bin", "norm": "b.bin", "gone.weight": "b.bin"}}
    (tmp_path / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    np.testing.assert_array_equal(only(tmp_path)[1], TABLE.numpy())
    with pytest.raises(CorruptFileError, match=r"'b.bin' holds tensor 'gone.weight', but it does not"):
        only(tmp_path, tensor="gone")
    (tmp_path / "a.bin").unlink()
    with pytest.raises(NotFoundError, match=r"'a.bin' is missing"):
        only(tmp_path)


def test_safetensors_are_preferred(tmp_path):
    save(tmp_path, {"wte.weight": TABLE})
    save_file({"wte.weight": TABLE + 1}, tmp_path / "model.safetensors")
    np.testing.assert_array_equal(only(tmp_path)[1], (TABLE + 1).numpy())


@pytest.mark.parametrize("zipped", [True, False])
def test_what_would_have_to_be_unpickled_is_refused_and_not_executed(tmp_path, zipped):
    marker = tmp_path / "executed"
    save(tmp_path, {"wte.weight": TABLE, "x": Marker(marker)}, _use_new_zipfile_serialization=zipped)
    with pytest.raises(InvalidInputError, match=r"will not be unpickled.*save_pretrained"):
        only(tmp_path)
    assert not marker.exists()


@pytest.mark.parametrize("keep", [0, 10, 300, -200])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_truncated_file_is_told(tmp_path, keep, zipped):
    save(tmp_path, {"wte.weight": TABLE}, _use_new_zipfile_serialization=zipped)
    file = tmp_path / "pytorch_model.bin"
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(InvalidInputError) as caught:
        only(tmp_path)
    assert "damaged" in str(caught.value) or not zipped


def test_a_checkpoint_that_is_no_dictionary_is_told(tmp_path):
    save(tmp_path, [TABLE])
    with pytest.raises(InvalidInputError, match=r"holds a list and no tensors by name"):
        only(tmp_path)


@pytest.mark.parametrize("content", [TABLE, [TABLE], {"model": {"embedding": TABLE}}])
def test_a_single_file_without_names_goes_to_the_command_that_reads_it(tmp_path, content):
    save(tmp_path, content, "my model.pt")
    path = tmp_path / "my model.pt"
    with pytest.raises(
        InvalidInputError, match=r"no tensors by name.*`projector-export vectors '.*my model.pt' --labels"
    ):
        only(path)
    (table,) = read_vectors(path)
    np.testing.assert_array_equal(table.vectors.read(0, 20), TABLE.numpy())


def test_a_single_file_is_not_told_to_be_converted_as_a_folder(tmp_path):
    save(tmp_path, {"embedding": Marker(tmp_path / "executed")}, "model.pt")
    with pytest.raises(
        InvalidInputError, match=r"model\.state_dict\(\), FILE.*vectors FILE --column NAME --labels"
    ) as caught:
        only(tmp_path / "model.pt")
    assert "AutoModel" not in str(caught.value)
    save(tmp_path, {"codes": TABLE}, "model.pt")
    with pytest.raises(NotFoundError, match=r"--tensor NAME, or .*vectors \S*model.pt --column NAME --labels LABELS"):
        only(tmp_path / "model.pt")


def test_without_torch_the_command_that_installs_it_is_told(tmp_path):
    save(tmp_path, {"wte.weight": TABLE})
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "from projector_export.sources.huggingface.model_files import open_model\n"
        f"open_model({str(tmp_path)!r}).tensors()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "pip install 'projector-export[torch]'" in done.stderr
