"""Which tokens a tokenizer produces for no text (Land & Bartolo 2024, arXiv 2405.05417, section 3.1).

A token is reachable if the encoding of its own text holds it. What "its own text" is depends on the notation:

- Most tokenizers: the text that it decodes to, by itself.
- Tokenizers that put a space before every text (SentencePiece's dummy prefix): the text without its leading space; a
  token without one is looked for behind a character that merges with nothing.
- WordPiece: a continuation is looked for behind a letter with which no other entry begins, so that the longest match
  (Wu et al. 2016) takes the letter first and the continuation has to follow.

Everything goes to the library in one batch, and in a second one, with other neighbours, what the first did not show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from projector_export.tokens import Vocabulary

__all__ = ["Encode", "unreachable_ids"]

Encode = Callable[[list[str]], Iterable[tuple[int, int]]]
"""Texts -> pairs of a text's number and an id in its encoding, in order, without special tokens."""

_NEIGHBOURS = "ᚠⵣꙮ«»ᛟ𐌰"
"""Characters of rare scripts, which few vocabularies join to others, and the quotation marks that the paper uses."""

_N_LETTERS = 48
_N_LETTERS_USED = 6
_N_SAMPLES = 8


def unreachable_ids(vocabulary: Vocabulary, encode: Encode) -> frozenset[int]:
    """Return the ids that the tokenizer produces for no text.

    Special and added tokens, bytes and incomplete UTF-8 are not looked at: they stand for no text of their own or are
    matched literally. Where nothing can be found out, a token counts as reachable.

    Parameters
    ----------
    vocabulary
        Its ``unreachable`` is not looked at.
    encode
        The tokenizer.
    """
    candidates = _candidates(vocabulary)
    if vocabulary.scheme == "wordpiece":
        return _unreachable_word_pieces(vocabulary, candidates, encode)
    if not _puts_space_first(vocabulary, encode):
        return _missing({token: [text] for token, text in candidates.items()}, encode)
    first, *others = _quiet(candidates.values())
    missing = _missing({token: [_behind(first, text)] for token, text in candidates.items()}, encode)
    return _missing({token: list(_surrounded(candidates[token], [first, *others[:1]])) for token in missing}, encode)


def _candidates(vocabulary: Vocabulary) -> dict[int, str]:
    """Return the texts to try: whole, ordinary, and of a form that the tokenizer could be given."""
    literal = vocabulary.special | vocabulary.added | vocabulary.unused
    found = {}
    for token, (raw, text) in enumerate(zip(vocabulary.raw, vocabulary.meanings, strict=True)):
        if not raw or not text or isinstance(text, bytes) or token in literal:
            continue
        if not vocabulary.end_of_word:
            found[token] = text
        elif raw.endswith(vocabulary.end_of_word):
            found[token] = text.removesuffix(" ")
    return found


def _missing(probes: dict[int, list[str]], encode: Encode) -> frozenset[int]:
    """Return the tokens that show up in the encoding of none of their probes."""
    owners = [token for token, trials in probes.items() for _ in trials]
    shown = encode([text for trials in probes.values() for text in trials])
    return frozenset(probes.keys() - {token for number, token in shown if owners[number] == token})


def _puts_space_first(vocabulary: Vocabulary, encode: Encode) -> bool:
    """Whether the first token of a text that begins with a letter begins with a space."""
    firsts = dict(reversed([*encode(["a", "test", "I"])])).values()
    spaced = [(vocabulary.raw[token] or "") for token in firsts if token < len(vocabulary)]
    return any(raw.startswith((vocabulary.space, "Ġ", " ")) for raw in spaced)


def _quiet(known: Iterable[str]) -> list[str]:
    """Return the neighbours, those first that the fewest tokens hold together with something else."""
    joined = "\n".join(text for text in known if len(text.strip()) > 1)
    return sorted(_NEIGHBOURS, key=joined.count)


def _behind(neighbour: str, text: str) -> str:
    return text[1:] if text[0] == " " and len(text) > 1 else neighbour + text


def _surrounded(text: str, neighbours: Sequence[str]) -> Iterable[str]:
    yield text
    for neighbour in neighbours:
        yield neighbour + text
        yield text + neighbour
        yield neighbour + text + neighbour


def _unreachable_word_pieces(vocabulary: Vocabulary, candidates: dict[int, str], encode: Encode) -> frozenset[int]:
    following = {token: text for token, text in candidates.items() if vocabulary.continues(vocabulary.raw[token] or "")}
    initial = {token: [text] for token, text in candidates.items() if token not in following}
    letters = _free_letters([text for [text] in initial.values()], following, encode)
    if not letters:
        return _missing(initial, encode)
    missing = _missing(initial | {token: [letters[0] + text] for token, text in following.items()}, encode)
    again = {token: [letter + following[token] for letter in letters] for token in missing if token in following}
    return (missing - following.keys()) | _missing(again, encode)


def _free_letters(initial: list[str], following: dict[int, str], encode: Encode) -> list[str]:
    """Return letters that stay pieces of their own before a continuation, the best first."""
    starts = Counter(text[0] for text in initial)
    letters = [text for text in initial if len(text) == 1 and text.isalpha() and starts[text] == 1]
    letters = letters[:: len(letters) // _N_LETTERS + 1]
    samples = [token for token, text in following.items() if text.isalpha()][:_N_SAMPLES]
    trials = [(letter, sample) for letter in letters for sample in samples]
    shown = encode([letter + following[sample] for letter, sample in trials])
    scores = Counter(trials[number][0] for number, token in shown if trials[number][1] == token)
    return [letter for letter, _ in scores.most_common(_N_LETTERS_USED)]
