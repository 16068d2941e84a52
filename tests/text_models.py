"""Small models made on the spot, one of each kind, and texts for them."""

import random

import numpy as np

WORDS = [
    "the",
    "a",
    "cat",
    "dog",
    "sat",
    "ran",
    "on",
    "under",
    "mat",
    "tree",
    "and",
    "or",
    "very",
    "old",
    "red",
    "house",
    "garden",
    "saw",
]
ENDINGS = ["##s", "##ing", "##ed", "##er"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
MAX_TOKENS = 32


def texts_of(count, *, seed=0, longest=40):
    """Return texts of very different lengths; a few are empty, a few too long for the models."""
    generator = random.Random(seed)
    found = []
    for row in range(count):
        words = generator.choices([*WORDS, "cats", "sitting", "Zebra!"], k=generator.randrange(1, longest))
        found.append("" if row % 29 == 7 else " ".join(words))
    return found


def embed(texts):
    """A function from texts to vectors, as a user may have one."""
    return np.array([[len(text), text.count("a"), hash_of(text) / 2**32, 1.0] for text in texts], dtype=np.float64)


def hash_of(text):
    value = 2166136261
    for byte in text.encode("utf-8", "replace"):
        value = (value ^ byte) * 16777619 % 2**32
    return value


def bert_tokenizer(max_tokens=MAX_TOKENS):
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = {token: number for number, token in enumerate([*SPECIAL, *WORDS, *ENDINGS, *"szi!.,"])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = {
        "unk_token": "[UNK]",
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    }
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=max_tokens, **names)


def tiny_bert(folder, *, seed=0):
    """A BERT of two layers and 16 dimensions."""
    import torch
    from transformers import BertConfig, BertModel

    tokenizer = bert_tokenizer()
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=40,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def byte_level_tokenizer(padding_side):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate([*alphabet, "Ġt", "th", "Ġth", "<|endoftext|>"])}
    tokenizer = Tokenizer(models.BPE(vocabulary, [("Ġ", "t"), ("Ġt", "h")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|endoftext|>", pad_token="<|endoftext|>", padding_side=padding_side,
        model_max_length=256,
    )  # fmt: skip


def tiny_gpt2(folder, *, padding_side="left"):
    """A decoder with learned positions."""
    import torch
    from transformers import GPT2Config, GPT2Model

    tokenizer = byte_level_tokenizer(padding_side)
    torch.manual_seed(0)
    GPT2Model(GPT2Config(vocab_size=len(tokenizer), n_embd=16, n_layer=2, n_head=2, n_positions=256)).save_pretrained(
        folder
    )
    tokenizer.save_pretrained(folder)
    return folder


def tiny_t5(folder):
    """An encoder-decoder."""
    import torch
    from transformers import T5Config, T5Model

    tokenizer = bert_tokenizer()
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=len(tokenizer), d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2, decoder_start_token_id=0
    )
    T5Model(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tiny_sentence_transformer(folder, **options):
    """Tiny BERT, mean and unit length, in a folder of sentence-transformers."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer

    inner = Transformer(str(tiny_bert(folder / "inner")), max_seq_length=MAX_TOKENS)
    model = SentenceTransformer(modules=[inner, Pooling(16, "mean"), Normalize()], device="cpu", **options)
    model.save(str(folder / "whole"))
    return folder / "whole"


def tiny_static(folder):
    """A static model of model2vec with random vectors."""
    from model2vec import StaticModel

    tokenizer = bert_tokenizer().backend_tokenizer
    vectors = np.random.default_rng(0).normal(size=(tokenizer.get_vocab_size(), 8)).astype(np.float32)
    StaticModel(vectors, tokenizer, config={"model_type": "model2vec"}).save_pretrained(folder)
    return folder
