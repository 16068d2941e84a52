"""Texts with any encoder: a function from a list of texts to an array. Here: counts of pairs of letters, no model at all.

Run:  python examples/texts_any_encoder.py [LOGDIR]
"""

import sys
from itertools import pairwise

import numpy as np

import projector_export
from projector_export.options import TextOptions, Treatment

LETTERS = "abcdefghijklmnopqrstuvwxyz "


def letter_pairs(texts: list[str]) -> np.ndarray:
    """Count how often each pair of letters occurs in a text, shape (n_texts, 729)."""
    counts = np.zeros((len(texts), len(LETTERS) ** 2), dtype=np.float32)
    for row, text in enumerate(texts):
        places = [LETTERS.find(letter) for letter in text.lower()]
        for first, second in pairwise(places):
            if min(first, second) >= 0:
                counts[row, first * len(LETTERS) + second] += 1
    return counts


# Any texts will do: here, the names of Python's own modules.
names = sorted(name for name in sys.stdlib_module_names if not name.startswith("_"))
texts = [f"the module {name.replace('_', ' ')}" for name in names]

logdir = sys.argv[1] if len(sys.argv) > 1 else "projector"
options = TextOptions(name="names of modules")
for written in projector_export.export_texts(
    texts, letter_pairs, logdir, options=options, treatment=Treatment(dims=20)
):
    print(written.name, written.shape, written.folder)
