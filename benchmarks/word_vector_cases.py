"""Word vectors from a text file to a logdir, against gensim's script."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from cases import Outcome, Target, our_script
from measure import Contender, Measurement, take_turns

N_WORDS, N_DIMS = 400_000, 300
LETTERS = "etaoinshrdlucmfwypvbgkjqxz"
BLOCK = 2_000


def word_vectors(folder: Path, repeat: int, tell: Callable[[str], None], *, n_words: int = N_WORDS) -> Outcome:
    """word2vec's text to a logdir, against ``word2vec2tensor``, which writes the two TSV files that people upload."""
    tell(f"making {n_words:,} x {N_DIMS} word vectors")
    path = folder / "vectors.txt"
    write_vectors(path, n_words)
    gensim = [sys.executable, "-m", "gensim.scripts.word2vec2tensor", "-i", str(path), "-o", "{out}/vectors"]
    contenders = (
        Contender(
            "projector-export vectors",
            [[our_script(), "vectors", str(path), "--logdir", "{out}"]],
            "checkpoint + 3 columns",
        ),
        Contender("gensim.scripts.word2vec2tensor", [gensim], "TSV + 1 column"),
    )
    ours, theirs = take_turns(contenders, folder, repeat=repeat, tell=tell)
    targets = (_times_faster(ours, theirs, 5),)
    megabytes = path.stat().st_size / 1e6
    remark = f"Time of all cores: {theirs.cpu_seconds / ours.cpu_seconds:.1f} times less; {megabytes:,.0f} MB of text."
    return Outcome(f"word2vec text, {n_words:,} x {N_DIMS}, to a logdir", (ours, theirs), targets, (remark,))


def write_vectors(path: Path, n_words: int, *, n_dims: int = N_DIMS) -> None:
    """Write made-up words, the frequent ones short as in Zipf's law of abbreviation, each number with six decimals."""
    generator = np.random.default_rng(0)
    words = made_up_words()
    with open(path, "w", encoding="ascii") as file:
        file.write(f"{n_words} {n_dims}\n")
        for start in range(0, n_words, BLOCK):
            block = generator.normal(0, 0.3, (min(BLOCK, n_words - start), n_dims))
            lines = (" ".join(map("{:.6f}".format, row)) for row in block.tolist())
            file.writelines(f"{next(words)} {line}\n" for line in lines)


def made_up_words() -> Iterator[str]:
    """Yield different words, short ones first."""
    number = 0
    while True:
        rest, word = number, ""
        while True:
            rest, letter = divmod(rest, len(LETTERS))
            word += LETTERS[letter]
            if not rest:
                break
            rest -= 1
        yield word
        number += 1


def _times_faster(ours: Measurement, theirs: Measurement, factor: float) -> Target:
    ratio = theirs.seconds / ours.seconds
    return Target(f"at least {factor:g} times faster than word2vec2tensor", ratio >= factor, f"{ratio:.1f} times")
