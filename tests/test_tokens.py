"""Spelling, kinds and bytes of vocabulary entries."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projector_export.errors import InvalidInputError
from projector_export.tokens import KINDS, SCHEMES, Vocabulary, kinds, labels, no_token, spell, texts, token_bytes

SHARED = Path(__file__).resolve().parents[1] / "../shared/data"

awkward = st.sampled_from(
    list(
        " ␣◌\\\n\r\t\x00\x07\x7f\x85\xa0<>0xE4#▁ĠĊģ(id )\u0301\u093f\u200b\u200d\u202e\u2028\ufeff\ufe0f\U000e0001é中😀"
    )
)
anything = st.text(st.one_of(awkward, st.characters(codec=None, categories=None)), max_size=12)


def unspell(spelling):
    """Read a spelling backwards: a text with its lone bytes as ``("byte", 0xE4)``."""
    if spelling == "(empty token)":
        return []
    pattern = re.compile(
        r"<0x([0-9A-F]{2})>|\\x([0-9a-f]{2})|\\u([0-9a-f]{4})|\\U([0-9a-f]{8})|\\([nrt\\])|(␣)|(◌)|(.)", re.DOTALL
    )
    found = []
    for byte, short, middle, long, letter, space, circle, plain in pattern.findall(spelling):
        if byte:
            found.append(("byte", int(byte, 16)))
        elif code := short or middle or long:
            found.append(chr(int(code, 16)))
        elif letter:
            found.append({"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}[letter])
        elif space:
            found.append(" ")
        elif not circle:
            found.append(plain)
    return found


@given(anything)
def test_every_text_can_be_read_back_from_its_spelling(text):
    assert unspell(spell(text)) == list(text)


@given(
    st.lists(st.one_of(st.binary(max_size=4), st.sampled_from([b" ", b"\xe4", b"<0xE4>", "◌́é中".encode()])), max_size=4)
)
def test_any_bytes_can_be_read_back_from_their_spelling(pieces):
    value = b"".join(pieces)
    back = b"".join(
        bytes([piece[1]]) if isinstance(piece, tuple) else piece.encode() for piece in unspell(spell(value))
    )
    assert back == value


@given(anything)
def test_a_spelling_is_visible_and_on_one_line(text):
    spelling = spell(text)
    assert spelling.isprintable()
    assert spelling.strip()
    assert " " not in spelling or spelling == "(empty token)"
    assert len(spelling.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        (" the", "␣the"),
        ("a\nb\r\t", r"a\nb\r\t"),
        ("\x07\x1b\x7f\x85\xa0", r"\x07\x1b\x7f\x85\xa0"),
        ("\u200b\u200d\u202e\u2028\ufeff", r"\u200b\u200d\u202e\u2028\ufeff"),
        ("❤\ufe0f", r"❤\ufe0f"),
        ("\U000e0001\U0010ffff\ue000\ud800", r"\U000e0001\U0010ffff\ue000\ud800"),
        ("\u2800\u3164\u034f", r"\u2800\u3164\u034f"),
        ("C:\\n", r"C:\\n"),
        ("␣◌", r"\u2423\u25cc"),
        ("<0xE4>", r"\x3c0xE4>"),
        ("<0xZZ>", "<0xZZ>"),
        ("\u0301", "◌\u0301"),
        ("e\u0301", "e\u0301"),
        (" \u093f\u0902", "␣◌\u093f\u0902"),
        ("", "(empty token)"),
        (b"\xe4\xbd", "<0xE4><0xBD>"),
        (b" ab\xff\xcc\x81", "␣ab<0xFF>◌\u0301"),
        ("한국어 中文 עברית 😀", "한국어␣中文␣עברית␣😀"),
    ],
)
def test_spelling(text, spelling):
    assert spell(text) == spelling


@st.composite
def vocabularies(draw):
    scheme = draw(st.sampled_from(SCHEMES))
    alphabet = st.characters(max_codepoint=255) if scheme == "bytes" else st.one_of(awkward, st.characters())
    marks = [] if scheme == "bytes" else ["▁", "##x", "#", "##", "ĠĠ", "▁▁", "Ġa</w>"]
    entry = st.one_of(
        st.none(),
        st.text(alphabet, max_size=3),
        st.sampled_from(["  ", " ", "\n", "\\n", "<0x0A>", "<0x0a>", "A", "<0x41>", "(empty)", "(no token 1)", *marks]),
    )
    raw = tuple(draw(st.lists(entry, max_size=12)))
    ids = st.frozensets(st.integers(0, len(raw) - 1)) if raw else st.just(frozenset())
    suffix = draw(st.sampled_from(["", "</w>"]))
    return Vocabulary(scheme, raw, special=draw(ids), added=draw(ids), unreachable=draw(ids), end_of_word=suffix)


@given(vocabularies())
def test_no_two_tokens_share_a_label_and_each_has_one_kind(vocabulary):
    shown = labels(vocabulary)
    assert len(set(shown)) == len(shown) == len(vocabulary)
    assert all(label.isprintable() and label.strip() for label in shown)
    assert set(kinds(vocabulary)) <= set(KINDS) - {"beyond the tokenizer"}
    for raw, text, value in zip(vocabulary.raw, texts(vocabulary), token_bytes(vocabulary), strict=True):
        assert (raw is None) == (value is None)
        if not re.search("[\ud800-\udfff]", raw or ""):
            assert text == (value or b"").decode("utf-8", "replace")


def test_entries_that_stand_for_the_same_text_are_told_apart_by_their_id():
    vocabulary = Vocabulary("byte_level", ("ĠĠ", "  ", "a", None, ""), added=frozenset({1}))
    assert labels(vocabulary) == ["␣␣", "␣␣ (id 1)", "a", no_token(3), "(empty token)"]


def test_sentencepiece():
    vocabulary = Vocabulary(
        "sentencepiece",
        ("<unk>", "\n", "<0x0A>", "<0x41>", "A", "▁the", "▁▁", "▁", "<0x41>"),
        frozenset({0}),
        frozenset({8}),
    )
    assert labels(vocabulary) == ["<unk>", "\\n", "<0x0A>", "<0x41>", "A", "␣the", "␣␣", "␣", "\\x3c0x41>"]
    assert kinds(vocabulary) == [
        "special",
        "whitespace",
        "byte",
        "byte",
        "subword",
        "word",
        "whitespace",
        "whitespace",
        "added",
    ]
    assert token_bytes(vocabulary)[2:6] == [b"\n", b"A", b"A", b" the"]
    assert texts(vocabulary)[3] == "A"


def test_wordpiece():
    vocabulary = Vocabulary("wordpiece", ("[CLS]", "ing", "##ing", "##", "#", "##2", "##\u0301"), frozenset({0}))
    assert labels(vocabulary) == ["[CLS]", "ing", "##ing", "##", "#", "##2", "##◌\u0301"]
    assert kinds(vocabulary) == ["special", "word", "subword", "punctuation", "punctuation", "number", "subword"]
    assert token_bytes(vocabulary)[1:4] == [b"ing", b"ing", b"##"]


def test_raw_bytes_and_end_of_word_marks():
    raw = tuple(value.decode("latin-1") for value in [b" the", b"\xe4", b"\xe4\xbd", "中".encode(), b"7"])
    vocabulary = Vocabulary("bytes", raw)
    assert labels(vocabulary) == ["␣the", "<0xE4>", "<0xE4><0xBD>", "中", "7"]
    assert kinds(vocabulary) == ["word", "byte", "partial UTF-8", "subword", "byte"]
    clip = Vocabulary("byte_level", ("the</w>", "the", "Ģ</w>", "Ģ"), end_of_word="</w>")
    assert labels(clip) == ["the␣", "the", "<0x80>␣", "<0x80>"]
    assert kinds(clip) == ["word", "subword", "partial UTF-8", "byte"]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "[unused12]",
            "<unused7>",
            "<|reserved_special_token_0|>",
            "<reserved_106>",
            "<|extra_7|>",
            "<|EXTRA_0_TOKEN|>",
        ),
        *("[PAD151]", "<pad_3>", "<|placeholder1|>", "<｜place▁holder▁no▁0｜>", "<|dummy_85|>", ">>UNUSED_221<<"),
        *("[UNUSED_TOKEN_146]", "madeupword0002", "<unk>NOTUSED", "<SPECIAL_25>", "[control_8]", "<|extratoken_1|>"),
    ],
)
def test_names_that_say_unused(name):
    assert kinds(Vocabulary("plain", (name,), special=frozenset({0}))) == ["unused"]


@pytest.mark.parametrize("name", ["[PAD]", "<pad>", "<extra_id_3>", "<|endoftext|>", "[MASK]", "</s>", "<|im_start|>"])
def test_names_that_do_not(name):
    assert kinds(Vocabulary("plain", (name,), special=frozenset({0}))) == ["special"]


def test_ordinary_words_about_reserves_stay_words():
    entries = ("unused", "Ġreserved", "Ġ[", "extra", "dummy", "placeholder", "[x]")
    assert "unused" not in kinds(Vocabulary("byte_level", entries))


def test_kinds_of_texts():
    entries = {
        "the": "word",
        "don't": "word",
        "h2o": "word",
        "हिन्दी": "word",
        "िं": "word",
        "中文": "word",
        "一": "word",
        "007": "number",
        "½": "number",
        "1,000.": "number",
        "...": "punctuation",
        "😀": "punctuation",
        " \n\t\u3000": "whitespace",
        "\u200b": "control",
        "\ufeff \x07": "control",
        "\x1c\x1f": "control",
        "": "control",
        "\ufffd": "punctuation",
    }
    assert dict(zip(entries, kinds(Vocabulary("plain", tuple(entries))), strict=True)) == entries


def test_what_makes_a_token_odd_comes_before_what_it_looks_like():
    everything = frozenset(range(4))
    vocabulary = Vocabulary("byte_level", ("a", "äº", "the", "<unused1>"), unreachable=everything)
    assert kinds(vocabulary) == ["byte", "partial UTF-8", "unreachable", "unused"]
    assert kinds(Vocabulary("plain", ("the", "\u200b"), unreachable=frozenset({0, 1}))) == ["unreachable"] * 2
    assert kinds(Vocabulary("plain", ("x", "y"), unused=frozenset({1}))) == ["word", "unused"]


def test_gpt2_has_the_published_counts():
    path = SHARED / "gpt2_encoder.json"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    raw = tuple(json.loads(path.read_text(encoding="utf-8")))
    vocabulary = Vocabulary("byte_level", raw, special=frozenset({50256}))
    counts = Counter(kinds(vocabulary))
    assert (counts["byte"], counts["partial UTF-8"], counts["special"]) == (256, 216, 1)
    assert len(set(labels(vocabulary))) == 50257
    assert labels(vocabulary)[43453] == "␣SolidGoldMagikarp"


def test_what_is_no_vocabulary_is_refused():
    with pytest.raises(InvalidInputError, match=r"scheme is one of byte_level, .* not 'words'"):
        Vocabulary("words", ())
    with pytest.raises(InvalidInputError, match=r"special ids have to lie in 0 \.\. 1: 1 or 2"):
        Vocabulary("plain", ("a", "b"), special=frozenset({1, 2}))
    with pytest.raises(InvalidInputError, match=r"token 1 of a vocabulary of bytes is '\\u4e2d'"):
        Vocabulary("bytes", ("a", "中"))
