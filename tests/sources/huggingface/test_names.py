import pytest

from projector_export.sources.huggingface.names import is_input_table, is_output_table, is_text_part

INPUT = """
model.embed_tokens model.language_model.embed_tokens model.shared model.decoder.embed_tokens
roberta.embeddings.word_embeddings bert.embeddings.word_embeddings transformer.wte shared model.text_model.embed_tokens
backbone.embeddings transformer.word_embeddings gpt_neox.embed_in model.embeddings.tok_embeddings
electra.embeddings.word_embeddings distilbert.embeddings.word_embeddings albert.embeddings.word_embeddings
deberta.embeddings.word_embeddings mpnet.embeddings.word_embeddings camembert.embeddings.word_embeddings
xlm_roberta.embeddings.word_embeddings longformer.embeddings.word_embeddings mobilebert.embeddings.word_embeddings
squeezebert.embeddings.word_embeddings convbert.embeddings.word_embeddings funnel.embeddings.word_embeddings
layoutlm.embeddings.word_embeddings luke.embeddings.word_embeddings nezha.embeddings.word_embeddings
visual_bert.embeddings.word_embeddings rembert.embeddings.word_embeddings esm.embeddings.word_embeddings
megatron_bert.embeddings.word_embeddings big_bird.embeddings.word_embeddings bert.embeddings.word_embeddings
fnet.embeddings.word_embeddings ernie.embeddings.word_embeddings tapas.embeddings.word_embeddings
yoso.embeddings.word_embeddings nystromformer.embeddings.word_embeddings mra.embeddings.word_embeddings
transformer.tokens_embed transformer.word_embedding transformer.w transformer.embeddings cpmant.input_embedding
rwkv.embeddings biogpt.embed_tokens led.shared prophetnet.word_embeddings text_decoder.embed_tokens
language_model.model.decoder.embed_tokens model.local_encoder.embed_tokens
wte embeddings.word_embeddings embed_tokens word_embeddings w tokens_embed
language_model.model.embed_tokens backbone.embedding model.embedding tok_embeddings model.tok_embeddings
embedding.word_embeddings language_model.embedding.word_embeddings model.transformer.wte transformer.token_embeddings
transformer.embd.wte transformer.in_out_embed text_model.embeddings.token_embedding model.word_embeddings
text_encoder.embeddings.word_embeddings perceiver.input_preprocessor.embeddings 0.auto_model.embeddings.word_embeddings
thinker.model.embed_tokens embed_text_tokens lang_encoder.transformer.wte
"""

DECOYS = """
transformer.wpe bert.embeddings.position_embeddings bert.embeddings.token_type_embeddings bert.embeddings.LayerNorm
model.embed_positions model.embed_tokens_per_layer model.language_model.embed_tokens_per_layer
vision_model.embeddings.patch_embedding vision_model.embeddings.position_embedding vision_tower.model.embed_tokens
model.visual.patch_embed.embedding audio_tower.embed_tokens model.embed_audio.embedding model.embed_vision.embedding
transformer.h.0.attn.embedding encoder.block.0.layer.0.SelfAttention.relative_attention_bias
model.layers.3.embed_tokens model.layers.0.mlp.shared decoder.model.decoder.embed_tokens.0
text_model.embeddings.position_embedding model.vqmodel.quantize.embedding depth_decoder.model.embed_tokens
luke.entity_embeddings.embeddings talker.model.embed_tokens layers.w mlp.w model.patch_embeddings.embeddings
word_embeddings_layernorm embeddings.relative.embedding lm_head cls.predictions.decoder relative_key.embedding model.patcher.embed_tokens
"""

OUTPUT = """
lm_head cls.predictions.decoder lm_head.decoder generator_lm_head vocab_projector decoder head proj_out lm_loss
output_projection embed_out language_model.lm_head predictions.decoder mlm.predictions.decoder pred_layer.proj output
transformer.output_layer language_model.output text_decoder.cls.predictions.decoder thinker.lm_head rwkv.head head.decoder
transformer.ff_out
"""

NO_OUTPUT = """
model.embed_tokens transformer.wte model.decoder model.layers.0.attention.output encoder.layer.0.output
model.layers.0.lm_head vision_model.head cls.predictions.transform.dense classifier score pooler.dense
audio_tower.proj_out model.layers.11.mlp.proj_out
"""


@pytest.mark.parametrize("path", INPUT.split())
def test_a_token_table_is_known_by_its_name(path):
    assert is_input_table(f"{path}.weight")


@pytest.mark.parametrize("path", DECOYS.split())
def test_another_table_is_not_taken_for_it(path):
    assert not is_input_table(f"{path}.weight")


def test_a_bias_is_no_table_and_model2vec_needs_no_suffix():
    assert not is_input_table("model.embed_tokens.bias")
    assert not is_input_table("model.embed_tokens")
    assert is_input_table("embeddings")
    assert not is_output_table("lm_head.bias")


@pytest.mark.parametrize("path", OUTPUT.split())
def test_an_output_table_is_known_by_its_name(path):
    assert is_output_table(f"{path}.weight")


@pytest.mark.parametrize("path", NO_OUTPUT.split())
def test_another_matrix_is_not_taken_for_the_output(path):
    assert not is_output_table(f"{path}.weight")


def test_the_text_part_is_told_from_others():
    assert is_text_part("model.language_model.embed_tokens.weight")
    assert is_text_part("text_model.embeddings.token_embedding.weight")
    assert not is_text_part("qformer.embeddings.word_embeddings.weight")
    assert not is_text_part("embed_text_tokens.weight")
