import numpy as np
import pytest
from model_makers import write_model

from projector_export.sources.huggingface.output_bias import read_output_bias

BIAS = np.arange(40, dtype=np.float32) / 7


@pytest.mark.parametrize(
    "name",
    ["lm_head.bias", "cls.predictions.bias", "cls.predictions.decoder.bias", "vocab_projector.bias", "embed_out.bias"],
)
def test_the_bias_of_the_output_layer_is_read(tmp_path, name):
    folder = write_model(tmp_path / "model", {"a.weight": np.ones((3, 2), np.float32), name: BIAS})
    np.testing.assert_array_equal(read_output_bias(folder, 41), BIAS)


def test_a_bias_with_an_axis_of_one_is_read(tmp_path):
    folder = write_model(tmp_path / "model", {"final_logits_bias": BIAS[None]})
    np.testing.assert_array_equal(read_output_bias(folder, 40), BIAS)


@pytest.mark.parametrize("name", ["encoder.layer.0.bias", "lm_head.layer_norm.bias", "lm_head.weight", "position_bias"])
def test_other_tensors_are_no_output_bias(tmp_path, name):
    assert read_output_bias(write_model(tmp_path / "model", {name: BIAS}), 40) is None


def test_a_bias_of_another_size_is_not_taken(tmp_path):
    assert read_output_bias(write_model(tmp_path / "model", {"lm_head.bias": BIAS}), 400) is None
