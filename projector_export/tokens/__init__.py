"""How a vocabulary entry is spelled for the eye, and its kind.

A tokenizer writes its entries in a notation of its own (GPT-2's byte alphabet, SentencePiece's ``▁``, WordPiece's
``##``). :class:`Vocabulary` holds the entries as they stand in the file; :func:`labels`, :func:`kinds`, :func:`texts` and
:func:`token_bytes` say, one value an id, what to show, what sort of entry it is, and what it stands for.
"""

from __future__ import annotations

from projector_export.tokens.kinds import KINDS, Kind, kinds
from projector_export.tokens.spelling import labels, no_token, spell
from projector_export.tokens.vocabulary import SCHEMES, Scheme, Vocabulary, texts, token_bytes

__all__ = [
    "KINDS",
    "SCHEMES",
    "Kind",
    "Scheme",
    "Vocabulary",
    "kinds",
    "labels",
    "no_token",
    "spell",
    "texts",
    "token_bytes",
]
