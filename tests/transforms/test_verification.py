"""What a model says of its tokens: against plain torch, one prompt at a time, without a cache."""

import json

import numpy as np
import pytest

from projector_export.errors import InvalidInputError, MissingExtraError, NotFoundError
from projector_export.transforms.verification import Source, ask, check_askable
from projector_export.transforms.verification.model import load
from projector_export.transforms.verification.prompts import make_prompts, placeholders

pytestmark = pytest.mark.heavy

WORDS = ["lantern", "copper", "monkeys", "drizzle", "the", "a", "word", "thing", "means"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
N_TOKENS = 120
IMPOSSIBLE, SURE = 110, 111


def save_tokenizer(folder):
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    letters = [chr(code) for code in range(33, 127)]
    names = [*SPECIAL, *WORDS, *letters]
    names += [f"<extra{n}>" for n in range(N_TOKENS - len(names))]
    inner = Tokenizer(models.WordLevel({name: n for n, name in enumerate(names)}, unk_token="[UNK]"))
    inner.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Punctuation()])
    inner.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    named = dict(zip(("pad", "unk", "cls", "sep", "mask"), SPECIAL, strict=True))
    PreTrainedTokenizerFast(
        tokenizer_object=inner, **{f"{name}_token": token for name, token in named.items()}
    ).save_pretrained(folder)


@pytest.fixture(scope="module")
def decoder(tmp_path_factory):
    """A random GPT-2 with an output layer of its own, by which one token is next to impossible."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    folder = tmp_path_factory.mktemp("decoder")
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=N_TOKENS, n_positions=512, n_embd=32, n_layer=2, n_head=2, tie_word_embeddings=False)
    model = GPT2LMHeadModel(config)
    with torch.no_grad():
        model.lm_head.weight.normal_(std=0.4)
        model.transformer.ln_f.bias.fill_(1.0)
        model.lm_head.weight[IMPOSSIBLE] = -1.0
        model.lm_head.weight[SURE] = 0.5
    model.save_pretrained(folder)
    save_tokenizer(folder)
    return folder


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    """A random BERT whose output bias forbids one token."""
    import torch
    from transformers import BertConfig, BertForMaskedLM

    folder = tmp_path_factory.mktemp("encoder")
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    model = BertForMaskedLM(BertConfig(vocab_size=N_TOKENS, **sizes))
    with torch.no_grad():
        model.bert.embeddings.word_embeddings.weight.normal_(std=0.5)
        model.cls.predictions.bias[IMPOSSIBLE] = -30.0
    model.save_pretrained(folder)
    save_tokenizer(folder)
    return folder


def probabilities_one_by_one(folder, row, *, by_mask):
    """The highest probability of a token: whole prompts, one at a time, float64, no cache."""
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

    network = (AutoModelForMaskedLM if by_mask else AutoModelForCausalLM).from_pretrained(folder).double().eval()
    found = []
    for prompt in load(Source(folder)).prompts:
        ids = [row if place in prompt.slots else each for place, each in enumerate(prompt.ids.tolist())]
        for _ in range(1 if by_mask else 3):
            with torch.no_grad():
                logits = network(torch.tensor([ids])).logits[0, prompt.mask if by_mask else -1]
            found.append(float(torch.softmax(logits, -1)[row]))
            ids.append(int(logits.argmax()))
    return max(found)


@pytest.mark.parametrize("kind", ["decoder", "encoder"])
def test_answers_are_those_of_one_prompt_at_a_time(kind, request):
    folder = request.getfixturevalue(kind)
    rows = [5, SURE, IMPOSSIBLE, 40, 77]
    answers = ask(Source(folder), rows, batch_size=3)
    for row in rows:
        expected = probabilities_one_by_one(folder, row, by_mask=kind == "encoder")
        assert answers[row] == pytest.approx(expected, abs=1e-5), row
    assert answers[IMPOSSIBLE] < 1e-6
    assert answers[IMPOSSIBLE] == min(answers.values())
    assert len(set(answers.values())) == len(rows)
    assert ask(Source(folder), rows, batch_size=3) == answers


def test_a_token_that_the_decoder_always_says_is_sure_of_itself(decoder):
    told = []
    answers = ask(Source(decoder), [SURE], progress=lambda done, total: told.append((done, total)))
    assert answers[SURE] > 0.5
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_prompts_hold_the_token_where_the_word_was(decoder, encoder):
    for folder, by_mask in ((decoder, False), (encoder, True)):
        prompts = load(Source(folder)).prompts
        assert [prompt.kind for prompt in prompts] == ["echo", "explanation", "repetition"]
        assert [len(prompt.slots) for prompt in prompts] == [41, 1, 50]
        for prompt in prompts:
            assert prompt.filled([7, 110])[:, prompt.slots].tolist() == [
                [7] * len(prompt.slots),
                [110] * len(prompt.slots),
            ]
            assert (prompt.ids == 4).sum() == by_mask
            assert (prompt.ids[-1] == 3) == by_mask, "only what an encoder reads is closed"
            assert prompt.ids[0] == 2


def test_shorter_prompts_where_the_model_takes_no_long_ones():
    words = {"copper": 1000}

    def encode(text):
        return [1000 if part == "copper" else 1 for part in text.replace('"', ' " ').split()]

    lengths = [len(prompt.ids) for prompt in make_prompts(encode, words, max_tokens=80)]
    assert max(lengths) <= 80
    assert max(len(prompt.ids) for prompt in make_prompts(encode, words, max_tokens=None)) > 80
    with pytest.raises(InvalidInputError, match="at most 5 tokens"):
        make_prompts(encode, words, max_tokens=5)


def test_words_that_stand_for_others_are_plain_words():
    assert list(placeholders({"aaa": 0, "Ġmonkeys": 1, "##ing": 2, "copper": 3, "x1": 4, "drizzle": 5})) == [
        "drizzle",
        "copper",
        "aaa",
    ]


def test_too_little_memory_halves_the_batch(decoder, monkeypatch):
    import torch
    from transformers import GPT2LMHeadModel

    expected = ask(Source(decoder), [5, 6, 7], batch_size=1)
    forward, sizes = GPT2LMHeadModel.forward, []

    def small(self, input_ids=None, logits_to_keep=0, **rest):
        sizes.append(len(input_ids))
        if len(input_ids) > 1:
            raise torch.cuda.OutOfMemoryError
        return forward(self, input_ids=input_ids, logits_to_keep=logits_to_keep, **rest)

    monkeypatch.setattr(GPT2LMHeadModel, "forward", small)
    assert ask(Source(decoder), [5, 6, 7], batch_size=3) == pytest.approx(expected, abs=1e-6)
    assert set(sizes) == {1, 2, 3}


def test_unknown_ids_and_empty_batches_are_refused(decoder):
    with pytest.raises(InvalidInputError, match="has 120 tokens"):
        ask(Source(decoder), [N_TOKENS])
    with pytest.raises(InvalidInputError, match="at least one prompt"):
        ask(Source(decoder), [1], batch_size=-1)


def test_an_encoder_without_its_head_is_not_asked(tmp_path):
    from transformers import BertConfig, BertModel

    BertModel(
        BertConfig(vocab_size=N_TOKENS, hidden_size=16, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
    ).save_pretrained(tmp_path)
    save_tokenizer(tmp_path)
    with pytest.raises(InvalidInputError, match="BertModel has no output layer"):
        check_askable(Source(tmp_path))
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "architectures": ["BertForMaskedLM"]}))
    with pytest.raises(InvalidInputError, match=r"lack weights that it needs to name a token \(cls"):
        ask(Source(tmp_path), [1])


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            {"model_type": "t5", "is_encoder_decoder": True, "architectures": ["T5Model"]},
            "T5Model is an encoder-decoder",
        ),
        ({"model_type": "vit", "architectures": ["ViTModel"]}, "ViTModel is no language model"),
        ({}, "transformers cannot read"),
        ({"model_type": "odd", "auto_map": {"AutoConfig": "code.Odd"}}, "transformers cannot read"),
    ],
)
def test_what_cannot_be_asked_is_told_from_the_configuration(config, words, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "code.py").write_text("raise SystemExit('ran')")
    with pytest.raises((InvalidInputError, NotFoundError), match=words):
        check_askable(Source(tmp_path))


def test_tables_without_a_model_cannot_be_asked(tmp_path):
    np.save(tmp_path / "table.npy", np.eye(3))
    for source in (tmp_path, tmp_path / "table.npy", "no/such/folder", tmp_path / "model.safetensors"):
        with pytest.raises(InvalidInputError, match="give its folder or id"):
            check_askable(Source(source))


def test_a_missing_package_is_told(decoder, monkeypatch):
    monkeypatch.setattr("projector_export.optional.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'projector-export\[verify\]'"):
        check_askable(Source(decoder))
