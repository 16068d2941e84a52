"""``findings.json``: what was found in a vocabulary, for programs and for the dashboard.

The schema, version 1, is that of :class:`Findings`; a reader of an older version would misread a file of a newer one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from projector_export.errors import CorruptFileError
from projector_export.provenance import JSONValue

__all__ = [
    "FILE_NAME",
    "SCHEMA_VERSION",
    "Candidate",
    "Cut",
    "DeadRows",
    "Findings",
    "IndicatorSummary",
    "References",
    "decode",
    "encode",
]

FILE_NAME = "findings.json"
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Cut:
    """Where the suspects of an indicator end.

    Parameters
    ----------
    method
        ``"percentile"`` (the published one) or ``"adaptive"``.
    threshold
        Rows at or below are suspects; None where the method finds none.
    n_rows
        How many they are.
    """

    method: str
    threshold: float | None
    n_rows: int


@dataclass(frozen=True)
class IndicatorSummary:
    """One indicator of under-training over ordinary rows; a low value is suspicious.

    Parameters
    ----------
    name
        Also the name of its column.
    description
        What it measures, in a sentence.
    mean, standard_deviation
        Over ordinary rows (divided by their number).
    cuts
        Where its suspects end.
    """

    name: str
    description: str
    mean: float
    standard_deviation: float
    cuts: tuple[Cut, ...]


@dataclass(frozen=True)
class References:
    """Rows that are known, or taken, to be untrained.

    Parameters
    ----------
    rows
        Row numbers, increasing; empty where none were found.
    evidence
        Where they come from (``"unused byte values"``, ``"rows beyond the tokenizer"``, ``"given"``).
    agreement
        Mean cosine of two of them: near 1 where they share a direction, near 0 where they are noise, 1 for a single one. None
        where there are none.
    """

    rows: tuple[int, ...]
    evidence: str
    agreement: float | None = None


@dataclass(frozen=True)
class DeadRows:
    """Rows that no training can have left so, or that repeat others; they never count in indicators.

    Parameters
    ----------
    zero, tiny
        Rows of length 0, and shorter than a millionth of the median length.
    identical, near_duplicates
        Groups of rows that are equal bit by bit, or nearly so; the largest first.
    padding
        Rows beyond the tokenizer.
    near_duplicate_recall
        Share of the near-duplicate pairs that the search found, measured on sampled rows; None where it is exact.
    """

    zero: tuple[int, ...] = ()
    tiny: tuple[int, ...] = ()
    identical: tuple[tuple[int, ...], ...] = ()
    near_duplicates: tuple[tuple[int, ...], ...] = ()
    padding: tuple[int, ...] = ()
    near_duplicate_recall: float | None = None


@dataclass(frozen=True)
class Candidate:
    """A token that may be under-trained.

    Parameters
    ----------
    row
        Row number, the token's id.
    token
        As it is spelled for the eye.
    kind
        What sort of entry it is.
    score
        Value of the main indicator.
    evidence
        Why it is here, one phrase each.
    neighbours
        Tokens of the nearest rows, nearest first.
    probability
        The highest probability that the model itself gave the token when asked for it; None where it was not asked.
    """

    row: int
    token: str
    kind: str
    score: float
    evidence: tuple[str, ...]
    neighbours: tuple[str, ...] = ()
    probability: float | None = None


@dataclass(frozen=True)
class Findings:
    """What was found in a vocabulary.

    Parameters
    ----------
    name
        The table's name.
    n_rows, n_dims
        Its shape.
    is_tied
        Whether input and output table are one; None where that does not apply.
    kinds
        Rows of each kind.
    dead
        Dead and duplicate rows.
    references
        Reference rows.
    indicators
        The main one first.
    candidates
        The most suspicious first.
    health
        Figures on the whole table, by name; a mapping for a figure of several parts.
    notes
        Sentences that the user should read.
    """

    name: str
    n_rows: int
    n_dims: int
    is_tied: bool | None
    kinds: Mapping[str, int]
    dead: DeadRows
    references: References
    indicators: tuple[IndicatorSummary, ...]
    candidates: tuple[Candidate, ...]
    health: Mapping[str, JSONValue]
    notes: tuple[str, ...] = ()


def encode(findings: Findings) -> bytes:
    """Return the text of ``findings.json``: UTF-8, ASCII only, numbers that are not finite as null."""
    content = {"tool": "projector_export", "schema": "findings", "schema_version": SCHEMA_VERSION, **asdict(findings)}
    return (json.dumps(_finite(content), indent=1, ensure_ascii=True, allow_nan=False) + "\n").encode()


def decode(text: str | bytes, *, where: str = FILE_NAME) -> Findings:
    """Read the text of ``findings.json``.

    Raises
    ------
    CorruptFileError
        If it is something else, damaged, or of another version.
    """
    try:
        content = json.loads(text)
        version = content["schema_version"] if content["schema"] == "findings" else None
        if version == SCHEMA_VERSION:
            return _findings(content)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CorruptFileError(
            f"{where} holds no findings ({type(error).__name__}: {error}): inspect the vocabulary again"
        ) from error
    raise CorruptFileError(
        f"{where} holds findings of version {version!r}, and this program reads version {SCHEMA_VERSION}: inspect the "
        "vocabulary again"
    )


def _finite(value: object) -> JSONValue:
    if isinstance(value, Mapping):
        return {str(key): _finite(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (str, int, bool)) else str(value)


def _findings(content: Mapping[str, Any]) -> Findings:
    dead: dict[str, Any] = {name: _nested(value) for name, value in content["dead"].items()}
    indicators = [
        IndicatorSummary(**{**each, "cuts": tuple(Cut(**cut) for cut in each["cuts"])})
        for each in content["indicators"]
    ]
    candidates = [
        Candidate(**{**each, "evidence": tuple(each["evidence"]), "neighbours": tuple(each["neighbours"])})
        for each in content["candidates"]
    ]
    known = {field.name: content[field.name] for field in fields(Findings)}
    references = References(**{**content["references"], "rows": tuple(content["references"]["rows"])})
    return Findings(
        **{
            **known,
            "dead": DeadRows(**dead),
            "references": references,
            "indicators": tuple(indicators),
            "candidates": tuple(candidates),
            "notes": tuple(content["notes"]),
        }
    )


def _nested(value: object) -> object:
    return tuple(_nested(part) for part in value) if isinstance(value, list) else value
