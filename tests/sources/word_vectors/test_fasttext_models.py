"""fastText's models: vectors of words made of subwords, as fastText and gensim make them."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projector_export import ProjectorExportError
from projector_export.sources import word_vectors
from projector_export.sources.word_vectors.subwords import subwords_of

N_DIMS = 4


def model(
    words,
    *,
    kinds=None,
    shortest=2,
    longest=3,
    bucket=11,
    is_quantised=False,
    version=12,
    kind=1,
    has_quantised_flag=False,
):
    kinds = kinds or [0] * len(words)
    rows = np.arange((len(words) + bucket) * N_DIMS, dtype="<f4").reshape(-1, N_DIMS)
    n_labels = sum(kinds)
    head = struct.pack("<2i", 793712314, version)
    head += struct.pack("<12id", N_DIMS, 5, 1, 1, 5, 1, 2, kind, bucket, shortest, longest, 100, 1e-4)
    head += struct.pack("<3i2q", len(words), len(words) - n_labels, n_labels, 99, -1)
    for place, (word, is_label) in enumerate(zip(words, kinds, strict=True)):
        head += word + b"\0" + struct.pack("<qb", 100 - place, is_label)
    head += struct.pack("<?2q", is_quantised, *rows.shape) + rows.tobytes()
    return head + struct.pack("<?2q", has_quantised_flag, len(words), N_DIMS) + bytes(4 * len(words) * N_DIMS), rows


def hash_of(subword):
    value = 2166136261
    for byte in subword:
        value = ((value ^ (byte | 0xFFFFFF00 if byte > 127 else byte)) * 16777619) & 0xFFFFFFFF
    return value


def slow_subwords(word, shortest, longest):
    text = f"<{word}>"
    found = []
    for begin in range(len(text)):
        for length in range(1, longest + 1):
            end = begin + length
            if end > len(text) or length < shortest or (length == 1 and (begin == 0 or end == len(text))):
                continue
            found.append(text[begin:end].encode())
    return found


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), min_size=1, max_size=6),
    st.integers(0, 4),
    st.integers(1, 6),
)
@settings(deadline=None)
def test_subwords_by_another_way(words, shortest, longest):
    found = subwords_of([word.encode() for word in words], shortest=shortest, longest=longest, bucket=1000)
    expected = [[hash_of(subword) % 1000 for subword in slow_subwords(word, shortest, longest)] for word in words]
    assert found.counts.tolist() == [len(ids) for ids in expected]
    assert found.buckets.tolist() == [number for ids in expected for number in ids]


def test_subwords_as_gensim_has_them():
    from gensim.models.fasttext import ft_ngram_hashes

    words = ["the", "Übergröße", "日本語", "a", "", "🙂x"]
    found = subwords_of([word.encode() for word in words], shortest=3, longest=6, bucket=2_000_000)
    assert found.buckets.tolist() == [number for word in words for number in ft_ngram_hashes(word, 3, 6, 2_000_000)]


def test_labels_are_left_out_and_the_end_of_sentence_has_no_subwords(tmp_path):
    content, rows = model([b"</s>", b"ab", b"__label__x"], kinds=[0, 0, 1], bucket=11)
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    assert word_vectors.recognises(path) == "fasttext"
    table = word_vectors.read(path)
    assert list(table.column("word").values) == ["</s>", "ab"]
    assert table.column("count").values.tolist() == [100, 99]
    assert table.provenance.notes == ("the classifier's labels, 1, are left out: they have no vectors of words",)
    own = [rows[1], *(rows[2 + hash_of(part) % 11] for part in slow_subwords("ab", 2, 3))]
    np.testing.assert_array_equal(table.vectors.read(0, 2), [rows[0], np.mean(own, axis=0)])


def test_a_model_without_subwords(tmp_path):
    content, rows = model([b"a", b"b"], longest=0, bucket=0)
    (tmp_path / "model.bin").write_bytes(content)
    np.testing.assert_array_equal(word_vectors.read(tmp_path / "model.bin").vectors.read(0, 2), rows)


def test_a_flag_alone_makes_no_quantised_output(tmp_path):
    """``-qout`` given to a training: fastText writes the flag, and plain numbers behind it."""
    content, rows = model([b"a", b"b"], longest=0, bucket=0, has_quantised_flag=True)
    (tmp_path / "model.bin").write_bytes(content)
    np.testing.assert_array_equal(word_vectors.read(tmp_path / "model.bin").vectors.read(0, 2), rows)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (model([b"a"], is_quantised=True)[0], "quantised"),
        (model([b"a"], version=13)[0], "version 13"),
        (model([b"a"], kinds=[1])[0], "0 words and 1 labels"),
        (model([b"a", b"b"], kinds=[1, 0])[0], "do not stand before"),
        (model([b"a"], shortest=-1)[0], "arguments"),
        (model([b"a"])[0][:-40], "its vectors should end at byte 312, and the file ends at byte 305"),
        (model([b"a"])[0][:-20], "ends at byte 325, before the one at 329"),
        (model([b"a"])[0][:-1], "output vectors should end at byte 345, and the file ends at byte 344: it is cut off"),
        (
            model([b"a"])[0] + b"x",
            "output vectors should end at byte 345, and the file ends at byte 346: it is damaged",
        ),
        (model([b"a"])[0][:-32] + struct.pack("<2q", -1, 4), "output vectors are -1 of 4 dimensions"),
        (model([b"a"])[0][:90], "ends"),
        (model([b"a"])[0].replace(struct.pack("<2q", 12, 4), struct.pack("<2q", 11, 4)), "11 of 4 dimensions"),
        (model([b"a"])[0].replace(struct.pack("<2q", 12, 4), struct.pack("<2q", 2**60, 4)), "should end at byte"),
    ],
)
def test_damaged_models(tmp_path, content, words):
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    with pytest.raises(ProjectorExportError, match=words):
        word_vectors.read(path)
