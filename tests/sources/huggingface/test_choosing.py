import re

import numpy as np
import pytest
from model_makers import write_model

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError
from projector_export.sources.huggingface.choosing import choose_tables
from projector_export.sources.huggingface.model_files import open_model

RNG = np.random.default_rng(1)
V, D = 40, 6
TIED = "input and output (tied)"


def rows(n=V, d=D):
    return RNG.normal(size=(n, d)).astype(np.float32)


def chosen(tmp_path, tensors, config=None, **options):
    return choose_tables(open_model(write_model(tmp_path / "model", tensors, config=config)), **options)


def told(tmp_path, tensors, config=None, **options):
    return [(table.role, table.tensor) for table in chosen(tmp_path, tensors, config, **options)]


LLAMA = {"model.embed_tokens.weight": rows(), "lm_head.weight": rows(), "model.norm.weight": np.ones(D, np.float32)}
INPUT_ONLY = {"model.embed_tokens.weight": rows()}


@pytest.mark.parametrize("table", ["input", "output", "both"])
def test_untied_tables_are_two(tmp_path, table):
    expected = [("input", "model.embed_tokens.weight"), ("output", "lm_head.weight")]
    result = chosen(tmp_path, LLAMA, {"tie_word_embeddings": True}, table=table)
    assert [(each.role, each.tensor) for each in result] == [pair for pair in expected if table in (pair[0], "both")]
    for each in result:
        np.testing.assert_array_equal(each.vectors.read(0, V), LLAMA[each.tensor])


@pytest.mark.parametrize("table", ["input", "output", "both"])
@pytest.mark.parametrize("config", [{"tie_word_embeddings": True}, {}, {"architectures": ["LlamaForCausalLM"]}])
def test_an_absent_output_table_is_tied_by_flag_or_default(tmp_path, table, config):
    (result,) = chosen(tmp_path, INPUT_ONLY, config, table=table)
    assert (result.role, result.tensor) == (TIED, "model.embed_tokens.weight")
    assert bool(result.notes) == (table != "input")


@pytest.mark.parametrize(
    "config",
    [
        {"tie_word_embeddings": False},
        {"text_config": {"tie_word_embeddings": False}, "tie_word_embeddings": True},
        {"weight_tying": False},
        {"architectures": ["BertModel"]},
        {"architectures": ["BertForSequenceClassification"]},
    ],
)
def test_an_untied_model_without_output_table_has_none(tmp_path, config):
    assert told(tmp_path, INPUT_ONLY, config) == [("input", "model.embed_tokens.weight")]
    for table in ("output", "both"):
        with pytest.raises(
            NotFoundError, match=r"has no output table.*take the input table 'model.embed_tokens.weight'"
        ):
            chosen(tmp_path, INPUT_ONLY, config, table=table)


@pytest.mark.parametrize(
    "name", ["GPT2LMHeadModel", "GPT2DoubleHeadsModel", "BertForMaskedLM", "T5ForConditionalGeneration"]
)
def test_a_class_that_predicts_tokens_has_an_output_table(tmp_path, name):
    assert told(tmp_path, INPUT_ONLY, {"architectures": [name]}) == [(TIED, "model.embed_tokens.weight")]


def test_equal_bytes_are_tied_whatever_the_configuration_says(tmp_path):
    both = {**LLAMA, "lm_head.weight": LLAMA["model.embed_tokens.weight"]}
    assert told(tmp_path, both, {"tie_word_embeddings": False}, table="both") == [(TIED, "model.embed_tokens.weight")]


def test_the_head_alone_is_the_table(tmp_path):
    head = {"lm_head.weight": rows()}
    assert told(tmp_path, head) == [(TIED, "lm_head.weight")]
    assert told(tmp_path, head, {"tie_word_embeddings": False}, table="output") == [("output", "lm_head.weight")]
    with pytest.raises(
        NotFoundError, match=r"no tensor of .* has the name of a token table.*'lm_head.weight' \(40 x 6, F32"
    ):
        chosen(tmp_path, head, {"tie_word_embeddings": False})


def test_mllama_has_eight_input_rows_more(tmp_path):
    tensors = {"language_model.model.embed_tokens.weight": rows(V + 8), "language_model.lm_head.weight": rows(V)}
    result = chosen(tmp_path, tensors, table="both", n_tokens=V)
    assert [(each.role, each.vectors.shape) for each in result] == [("input", (V + 8, D)), ("output", (V, D))]


def test_alberts_small_dimension_is_no_matter(tmp_path):
    tensors = {
        "albert.embeddings.word_embeddings.weight": rows(V, 2),
        "albert.encoder.mapping.weight": rows(8, 2),
        "predictions.decoder.weight": rows(V, 2),
    }
    assert told(tmp_path, tensors, table="both") == [
        ("input", "albert.embeddings.word_embeddings.weight"),
        ("output", "predictions.decoder.weight"),
    ]


def test_the_text_part_is_preferred_then_the_larger_table(tmp_path):
    tensors = {
        "language_model.model.embed_tokens.weight": rows(),
        "qformer.embeddings.word_embeddings.weight": rows(V + 9),
    }
    assert told(tmp_path, tensors)[0][1] == "language_model.model.embed_tokens.weight"
    tensors = {"a.embed_tokens.weight": rows(), "b.embed_tokens.weight": rows(V + 9)}
    assert told(tmp_path, tensors)[0][1] == "b.embed_tokens.weight"


def test_far_fewer_rows_than_tokens_are_no_token_table(tmp_path):
    tensors = {"text.a.embed_tokens.weight": rows(4), "b.embed_tokens.weight": rows(V)}
    assert told(tmp_path, tensors, n_tokens=V)[0][1] == "b.embed_tokens.weight"


def test_a_shared_table_stands_for_both_sides(tmp_path):
    table = rows()
    tensors = dict.fromkeys(("shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"), table)
    assert told(tmp_path, tensors)[0][1] == "shared.weight"


def test_equal_candidates_are_one(tmp_path):
    table = rows()
    assert len(told(tmp_path, {"encoder.embed_tokens.weight": table, "decoder.embed_tokens.weight": table})) == 1


@pytest.mark.parametrize("n_rows", [V, V + 30])
def test_two_vocabularies_have_to_be_told_apart_by_the_user(tmp_path, n_rows):
    tensors = {"model.encoder.embed_tokens.weight": rows(), "model.decoder.embed_tokens.weight": rows(n_rows)}
    listed = r"model\.encoder\.embed_tokens\.weight' \(40 x 6, F32\).*--tensor NAME"
    with pytest.raises(AmbiguousChoiceError, match=r"2 tensors") as caught:
        chosen(tmp_path, tensors)
    assert re.search(listed, str(caught.value))
    assert told(tmp_path, tensors, tensor="model.decoder.embed_tokens") == [
        ("input", "model.decoder.embed_tokens.weight")
    ]


def test_a_named_tensor_is_taken_whatever_it_is(tmp_path):
    assert told(tmp_path, {"mlp.weight": rows()}, tensor="mlp.weight") == [("input", "mlp.weight")]
    assert told(tmp_path, LLAMA, tensor="lm_head") == [("output", "lm_head.weight")]
    with pytest.raises(
        NotFoundError, match=r"no tensor 'model.embed_token.weight'; near to it are 'model.embed_tokens.weight'"
    ):
        chosen(tmp_path, LLAMA, tensor="model.embed_token.weight")
    with pytest.raises(InvalidInputError, match=r"shape \[6\] and is no table"):
        chosen(tmp_path, LLAMA, tensor="model.norm.weight")
    with pytest.raises(InvalidInputError, match=r"both are asked for"):
        chosen(tmp_path, LLAMA, tensor="lm_head", table="both")


def test_without_any_table_the_largest_ones_are_listed(tmp_path):
    with pytest.raises(
        NotFoundError, match=r"largest tables are 'b' \(9 x 9, F32\), 'a' \(2 x 3, F32\): name one with"
    ):
        chosen(tmp_path, {"a": rows(2, 3), "b": rows(9, 9), "c": np.ones(100)})
    with pytest.raises(NotFoundError, match=r"no two-dimensional tensor"):
        chosen(tmp_path, {"c": np.ones(100)})


@pytest.mark.parametrize("suffix", ["qweight", "weight_packed", "weight_qdata", "SCB"])
def test_packings_that_are_not_undone_are_refused(tmp_path, suffix):
    with pytest.raises(InvalidInputError, match=r"'model.embed_tokens' of .* is packed by"):
        chosen(tmp_path, {f"model.embed_tokens.{suffix}": np.zeros((4, 4), np.int32), "lm_head.weight": rows()})


def test_a_four_bit_table_beside_its_state_is_refused(tmp_path):
    tensors = {"wte.weight": np.zeros((120, 1), np.uint8), "wte.weight.absmax": np.zeros(3, np.float32)}
    with pytest.raises(InvalidInputError, match=r"packed by bitsandbytes"):
        chosen(tmp_path, tensors)


def test_static_embeddings_have_a_bare_name_and_may_not_share_rows(tmp_path):
    assert told(tmp_path, {"embeddings": rows()}, {"architectures": ["StaticModel"]}) == [("input", "embeddings")]
    with pytest.raises(InvalidInputError, match=r"tokens share rows"):
        chosen(tmp_path, {"embeddings": rows(), "mapping": np.zeros(90, np.int64)})
