"""The files of word vectors that gensim writes, and GloVe's."""

from functools import cache

import numpy as np
from source_promises import SourceCase

from projector_export.sources import word_vectors

WORDS = ["the", "naïve", "日本語", "a b".replace(" ", "_"), "007", "x" * 40, "NaN", "."]


@cache
def gensim_vectors():
    from gensim.models import KeyedVectors

    vectors = KeyedVectors(6)
    numbers = np.random.default_rng(3).normal(size=(len(WORDS), 6)).astype(np.float32)
    numbers[2] *= 1e-6
    vectors.add_vectors(WORDS, numbers)
    for place, word in enumerate(WORDS):
        vectors.set_vecattr(word, "count", 100 - place)
    return vectors


@cache
def fasttext_model():
    from gensim.models import FastText

    corpus = [["the", "quick", "naïve", "日本語", f"word{number}"] for number in range(20)]
    return FastText(corpus, vector_size=6, min_count=1, workers=1, epochs=1, seed=1, bucket=300, min_n=1, max_n=4)


def text(folder):
    gensim_vectors().save_word2vec_format(folder / "vectors.txt")
    return folder / "vectors.txt"


def binary(folder):
    gensim_vectors().save_word2vec_format(folder / "vectors.bin", binary=True)
    return folder / "vectors.bin"


def packed(folder):
    gensim_vectors().save_word2vec_format(str(folder / "vectors.bin.gz"), binary=True)
    return folder / "vectors.bin.gz"


def native(folder):
    gensim_vectors().save(str(folder / "vectors.kv"), separately=["vectors"])
    return folder / "vectors.kv"


def fasttext(folder):
    from gensim.models.fasttext import save_facebook_model

    save_facebook_model(fasttext_model(), str(folder / "model.bin"))
    return folder / "model.bin"


def fasttext_text(folder):
    fasttext_model().wv.save_word2vec_format(folder / "model.vec")
    return folder / "model.vec"


def glove(folder):
    path = folder / "glove.txt"
    path.write_text(
        "the 0.5 -0.25 1\n. . . 1e-3 2.5 .5\nat name@domain.com 1 2 3.0\n2003 0.1 0.2 0.3\n", encoding="utf-8"
    )
    return path


def changed(make, change):
    def damage(folder):
        path = make(folder)
        path.write_bytes(change(path.read_bytes()))
        return path

    return damage


def without_side_file(folder):
    path = native(folder)
    (folder / "vectors.kv.vectors.npy").unlink()
    return path


TEXT_DAMAGES = {
    "a row less than promised": (
        changed(text, lambda raw: raw[: raw[:-1].rindex(b"\n") + 1]),
        ("promises 8", "there are 7"),
    ),
    "a row more than promised": (changed(text, lambda raw: b"7" + raw[1:]), ("promises 7", "8")),
    "other dimensions": (changed(text, lambda raw: raw.replace(b"8 6\n", b"8 5\n")), ("5 dimensions", "have 6")),
    "no dimensions": (changed(text, lambda raw: raw.replace(b"8 6\n", b"8 0\n")), ("0 dimensions",)),
    "more than fits": (
        changed(text, lambda raw: raw.replace(b"8 6\n", b"999999999 6\n")),
        ("999,999,999", "11,999,999,988"),
    ),
    "a ragged row": (
        changed(text, lambda raw: raw.replace(b"\n007 ", b"\n007 1.5 ")),
        ("line 6", "7 numbers instead of 6"),
    ),
    "no number": (
        changed(text, lambda raw: raw.replace(b"\n007 ", b"\n007 0_1 0 0 0 0 zero\nq ")),
        ("line 6", "'0_1' is no number"),
    ),
}

CASES = [
    SourceCase(
        "word2vec text",
        text,
        word_vectors.read,
        lambda _: gensim_vectors().vectors,
        lambda _: WORDS,
        TEXT_DAMAGES,
    ),
    SourceCase(
        "word2vec binary",
        binary,
        word_vectors.read,
        lambda _: gensim_vectors().vectors,
        lambda _: WORDS,
        {
            "cut off": (changed(binary, lambda raw: raw[:-3]), ("promises 8 words of 6 dimensions", "ends after 7")),
            "absurd": (
                changed(binary, lambda raw: raw.replace(b"8 6\n", b"8 999999\n", 1)),
                ("999,999 dimensions", "bytes"),
            ),
        },
    ),
    SourceCase(
        "word2vec binary, compressed",
        packed,
        word_vectors.read,
        lambda _: gensim_vectors().vectors,
        lambda _: WORDS,
        {"cut off": (changed(packed, lambda raw: raw[:-30]), ("gzip", "fetch it again"))},
    ),
    SourceCase(
        "GloVe",
        glove,
        word_vectors.read,
        lambda _: np.array([[0.5, -0.25, 1], [1e-3, 2.5, 0.5], [1, 2, 3], [0.1, 0.2, 0.3]]),
        lambda _: ["the", ". . .", "at name@domain.com", "2003"],
        {"a short row": (changed(glove, lambda raw: raw + b"end 1 2\n"), ("line 5", "2 numbers instead of 3"))},
    ),
    SourceCase(
        "gensim",
        native,
        word_vectors.read,
        lambda _: gensim_vectors().vectors,
        lambda _: WORDS,
        {
            "cut off": (changed(native, lambda raw: raw[:-40]), ("breaks off",)),
            "vectors missing": (without_side_file, ("vectors.kv.vectors.npy", "beside")),
        },
    ),
    SourceCase(
        "fastText",
        fasttext,
        word_vectors.read,
        lambda _: fasttext_model().wv.vectors,
        lambda _: fasttext_model().wv.index_to_key,
        {
            "cut off": (changed(fasttext, lambda raw: raw[:4000]), ("ends at byte 4,000",)),
            "cut off in the output vectors": (changed(fasttext, lambda raw: raw[:-9]), ("output vectors", "cut off")),
            "absurd": (
                changed(fasttext, lambda raw: raw[:68] + b"\xff\xff\xff\x7f" + raw[72:]),
                ("2,147,483,647 words",),
            ),
        },
    ),
    SourceCase(
        "fastText text",
        fasttext_text,
        word_vectors.read,
        lambda _: fasttext_model().wv.vectors,
        lambda _: fasttext_model().wv.index_to_key,
    ),
]
