"""Prompts in which only one token fits, tokenised once; each candidate is put in by its id, so its text does not matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError

__all__ = ["Encode", "Prompt", "make_prompts", "placeholders"]

Encode = Callable[[str], Sequence[int]]

KINDS = ("echo", "explanation", "repetition")

N_PLACEHOLDERS = 50
"""Tokens that are tried as the one that stands for all others, before a model's tokenizer is given up."""

N_SHOTS = (20, 10, 5, 2, 1)
N_REPEATED = (50, 20, 10, 5, 2)
"""As published, then fewer where the model takes no prompt of that length."""

SPACES = ("", " ")
"""Between repeated words; with a space where words without one would run together."""


@dataclass(frozen=True, eq=False)
class Prompt:
    """A tokenised prompt with places for a token.

    Parameters
    ----------
    kind
        One of :data:`KINDS`.
    ids
        Token ids, shape ``(n_tokens,)``.
    slots
        Positions where the candidate goes.
    mask
        Position of the mask, where an encoder answers; None for a prompt that is continued.
    """

    kind: str
    ids: npt.NDArray[np.int64]
    slots: npt.NDArray[np.int64]
    mask: int | None = None

    def filled(self, candidates: Sequence[int]) -> npt.NDArray[np.int64]:
        """Return the prompt for each candidate, shape ``(n_candidates, n_tokens)``."""
        batch = np.tile(self.ids, (len(candidates), 1))
        batch[:, self.slots] = np.asarray(candidates, dtype=np.int64)[:, None]
        return batch


def make_prompts(
    encode: Encode, words: Mapping[str, int], *, max_tokens: int | None, mask: tuple[str, int] | None = None
) -> tuple[Prompt, ...]:
    """Tokenise the three prompts.

    Parameters
    ----------
    encode
        Text to ids, with what begins (and for an encoder, ends) a text of the model.
    words
        Words that are one token -> its id; the first one that stays one token throughout a prompt stands for the candidate.
    max_tokens
        The longest prompt that the model takes; None for any.
    mask
        The mask of an encoder, spelling and id; the answer is left open where None.

    Raises
    ------
    InvalidInputError
        If one of the prompts is too long, or no word stays one token.
    """
    prompts = []
    for kind in KINDS:
        made = (
            _prompt(kind, encode, text, n_slots, word=words[word], mask=mask, max_tokens=max_tokens)
            for word in words
            for text, n_slots in _texts(kind, word, mask)
        )
        prompt = next((each for each in made if each is not None), None)
        if prompt is None:
            raise InvalidInputError(
                f"the model cannot be asked: no word of its tokenizer stays one token in the {kind} prompt, or it takes "
                f"no prompt of that length (at most {max_tokens or 'any number of'} tokens): leave --verify away"
            )
        prompts.append(prompt)
    return tuple(prompts)


def placeholders(vocabulary: Mapping[str, int]) -> dict[str, int]:
    """Return words of a vocabulary that may stand for another token: those of many different letters first."""
    words = (word for word in vocabulary if word.isascii() and word.isalpha() and word.islower() and len(word) <= 12)
    ordered = sorted(words, key=lambda word: (-len(set(word)), -len(word), vocabulary[word]))
    return {word: vocabulary[word] for word in ordered[:N_PLACEHOLDERS]}


def _texts(kind: str, word: str, mask: tuple[str, int] | None) -> Iterator[tuple[str, int]]:
    """Yield a prompt's text and how often the word is in it, the longest first."""
    answer = "" if mask is None else mask[0]
    closing = "" if mask is None else '"'
    if kind == "echo":
        for n_shots in N_SHOTS:
            shots = f'Fed: "{word}"\nPrinted: "{word}"\n' * n_shots
            text = f"A printer prints what it is fed and changes nothing.\n{shots}"
            yield f'{text}Fed: "{word}"\nPrinted: "{answer}{closing}', 2 * n_shots + 1
    elif kind == "explanation":
        text = (
            "A teacher tells a class what things mean, and always says the thing first.\n"
            'Class: What is meant by "florbing"?\nTeacher: "florbing" is a word for dancing on one foot.\n'
            f'Class: What is meant by "{word}"?\nTeacher: "{answer}{closing}'
        )
        yield text, 1
    else:
        for n_repeated in N_REPEATED:
            for space in SPACES:
                said = space.join([word] * n_repeated + ([answer] if answer else []))
                yield f"The same thing is said again and again and never ends: {said}", n_repeated


def _prompt(
    kind: str,
    encode: Encode,
    text: str,
    n_slots: int,
    *,
    word: int,
    mask: tuple[str, int] | None,
    max_tokens: int | None,
) -> Prompt | None:
    """Return a prompt, or None if it is too long or the word does not stay one token in it."""
    ids = np.array(encode(text), dtype=np.int64)
    if max_tokens is not None and len(ids) > max_tokens:
        return None
    slots = np.flatnonzero(ids == word)
    masks = _positions(ids, mask)
    if len(slots) != n_slots or (mask is not None and len(masks) != 1):
        return None
    return Prompt(kind, ids, slots, masks[0] if masks else None)


def _positions(ids: Iterable[int], mask: tuple[str, int] | None) -> list[int]:
    return [place for place, each in enumerate(ids) if mask is not None and each == mask[1]]
