import json
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from model_makers import save_any_type, write_model

from projector_export.errors import CorruptFileError, InvalidInputError
from projector_export.sources.huggingface.choosing import choose_tables
from projector_export.sources.huggingface.model_files import open_model

MLX = json.loads(Path(__file__).with_name("mlx_tables.json").read_text())["tables"]
IDS = [f"{case['mode']}-{case['bits']}" for case in MLX]
RNG = np.random.default_rng(3)


def mlx_model(folder, case, *, quantization=None, **changes):
    scale_type = np.float32 if case["biases"] else np.uint8
    tensors = {
        "model.embed_tokens.weight": np.array(case["weight"], np.uint32),
        "model.embed_tokens.scales": np.array(case["scales"], scale_type),
    }
    if case["biases"]:
        tensors["model.embed_tokens.biases"] = np.array(case["biases"], np.float32)
    default = {"group_size": case["group_size"], "bits": case["bits"], "mode": case["mode"]}
    config = {"quantization": default if quantization is None else quantization}
    return write_model(folder, {**tensors, **changes}, config=config)


def values_of(folder):
    (table,) = choose_tables(open_model(folder))
    whole = table.vectors.read(0, table.vectors.shape[0])
    np.testing.assert_array_equal(table.vectors.read(1, 2), whole[1:2])
    return whole, table


@pytest.mark.parametrize("case", MLX, ids=IDS)
def test_a_table_that_mlx_quantised_has_the_values_that_mlx_gives_back(tmp_path, case):
    values, table = values_of(mlx_model(tmp_path / "m", case))
    np.testing.assert_allclose(values, np.array(case["values"], np.float32), rtol=0, atol=1e-6)
    assert "approximate" in table.notes[0]
    assert table.vectors.dtype == f"MLX {case['mode']}, {case['bits']} bits in groups of {case['group_size']}"


def test_a_modules_own_packing_goes_before_the_models(tmp_path):
    case = MLX[2]
    own = {"group_size": 64, "bits": 2, "model.embed_tokens": {"group_size": 32, "bits": 4}}
    values, _ = values_of(mlx_model(tmp_path / "m", case, quantization=own))
    np.testing.assert_allclose(values, np.array(case["values"], np.float32), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("quantization", "words"),
    [
        ({}, "no config.json with a 'quantization'"),
        ({"bits": 4, "group_size": 64}, "do not fit what config.json tells: 4 bits in groups of 64"),
        ({"bits": 7, "group_size": 32}, "into 7 bits in groups of 32"),
        ({"bits": 4, "group_size": 0}, "in groups of 0"),
        ({"bits": "4", "group_size": 32}, "into '4' bits"),
        ({"bits": 4, "group_size": 32, "mode": "new"}, "MLX's mode 'new'; known are affine"),
        ({"bits": 3, "group_size": 32, "mode": "mxfp4"}, "for mode 'mxfp4' known are 4 bits"),
    ],
)
def test_a_packing_that_the_configuration_does_not_tell_rightly_is_refused(tmp_path, quantization, words):
    with pytest.raises(InvalidInputError, match=words):
        values_of(mlx_model(tmp_path / "m", MLX[2], quantization=quantization))


def test_scales_or_biases_of_another_shape_are_refused(tmp_path):
    path = "model.embed_tokens"
    with pytest.raises(CorruptFileError, match=r"do not fit"):
        values_of(mlx_model(tmp_path / "a", MLX[2], **{f"{path}.biases": np.zeros((2, 3), np.float32)}))
    without = mlx_model(tmp_path / "b", {**MLX[2], "biases": None}, **{f"{path}.scales": np.zeros((2, 2), np.float32)})
    with pytest.raises(CorruptFileError, match=r"but no 'model.embed_tokens.biases'"):
        values_of(without)


def eight_bit_model(folder, dtype, scale_name, scale, config=None):
    stored = (4 * RNG.normal(size=(6, 8))).astype(np.float32).astype(dtype)
    tensors = {"wte.weight": stored}
    if scale is not None:
        tensors[scale_name] = np.array(scale, dtype=np.float32)
    write_model(folder, tensors, config=config, save=save_any_type)
    return folder, stored.astype(np.float32)


@pytest.mark.parametrize("dtype", [ml_dtypes.float8_e4m3fn, ml_dtypes.float8_e5m2, np.int8])
@pytest.mark.parametrize(
    ("scale", "spread"),
    [
        (None, np.ones((6, 8))),
        (0.5, np.full((6, 8), 0.5)),
        ([0.25], np.full((6, 8), 0.25)),
        ([1, 2, 3, 4, 5, 6], np.repeat([[1], [2], [3], [4], [5], [6]], 8, axis=1)),
        ([[1], [2], [3], [4], [5], [6]], np.repeat([[1], [2], [3], [4], [5], [6]], 8, axis=1)),
    ],
)
def test_eight_bit_values_are_multiplied_by_the_scales_beside_them(tmp_path, dtype, scale, spread):
    folder, stored = eight_bit_model(tmp_path / "m", dtype, "wte.weight_scale", scale)
    values, _ = values_of(folder)
    np.testing.assert_array_equal(values, (stored * spread).astype(np.float32))


def test_scales_of_blocks_are_applied_where_the_configuration_tells_the_block(tmp_path):
    scale = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    spread = np.repeat(np.repeat(np.array(scale), 4, axis=0)[:6], 3, axis=1)[:, :8]
    config = {"quantization_config": {"weight_block_size": [4, 3]}}
    folder, stored = eight_bit_model(tmp_path / "a", ml_dtypes.float8_e4m3fn, "wte.weight_scale_inv", scale, config)
    np.testing.assert_array_equal(values_of(folder)[0], (stored * spread).astype(np.float32))
    folder, _ = eight_bit_model(tmp_path / "b", ml_dtypes.float8_e4m3fn, "wte.weight_scale_inv", scale)
    with pytest.raises(InvalidInputError, match=r"shape \[2, 3\], which fits neither the rows of a 6 x 8 table"):
        values_of(folder)


def test_plain_eight_bit_floats_are_read_exactly(tmp_path):
    folder, stored = eight_bit_model(tmp_path / "m", ml_dtypes.float8_e4m3fn, "", None)
    values, table = values_of(folder)
    np.testing.assert_array_equal(values, stored)
    assert table.notes == (
        "the table is stored as float8_e4m3: its values, and so its norms and distances, are approximate",
    )
