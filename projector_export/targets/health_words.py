"""Figures on a whole table in words: what each is, and what it means.

Names and parts of the figures: ``transforms/diagnose/health.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from projector_export.formats.findings import Findings
from projector_export.provenance import JSONValue
from projector_export.targets.findings_words import number

__all__ = ["ToldFigure", "figures"]


@dataclass(frozen=True)
class ToldFigure:
    """A figure as people read it.

    Parameters
    ----------
    title
        Its name.
    value
        Its number or numbers; a dash where it could not be had.
    meaning
        What it says, or why it could not be had.
    """

    title: str
    value: str
    meaning: str


def figures(findings: Findings) -> Iterator[ToldFigure]:
    """Yield the figures on the whole table, the telling ones first; one that is not known here keeps its name."""
    health = findings.health
    reasons = health.get("reasons")
    why = reasons if isinstance(reasons, Mapping) else {}
    known = [name for name in _TOLD if name in health]
    for name in [*known, *(each for each in health if each not in _TOLD and each not in _SILENT)]:
        value = health[name]
        title, meaning, told = _TOLD.get(name, (name.replace("_", " "), "", _plain))
        if value is None:
            yield ToldFigure(title, "–", str(why.get(name) or meaning))
        else:
            yield ToldFigure(title, told(value, findings), meaning)


def _plain(value: JSONValue, _findings: Findings) -> str:
    return number(value)


def _of_dims(value: JSONValue, findings: Findings) -> str:
    return f"{number(value)} of {findings.n_dims:,}"


def _percent(value: JSONValue) -> str:
    return f"{value:.1%}" if isinstance(value, (int, float)) else "–"


def _lengths(value: JSONValue, _findings: Findings) -> str:
    if not isinstance(value, Mapping) or "quantile_01" not in value:
        return number(value)
    return f"{number(value['mean'])} ({number(value['quantile_01'])} to {number(value['quantile_99'])})"


def _rogue(value: JSONValue, _findings: Findings) -> str:
    if not isinstance(value, Mapping):
        return number(value)
    dimensions, shares = value.get("dimensions"), value.get("shares")
    if not isinstance(dimensions, list) or not isinstance(shares, list):
        return number(value)
    return ", ".join(f"{each}: {_percent(share)}" for each, share in zip(dimensions, shares, strict=False))


def _top(value: JSONValue, _findings: Findings) -> str:
    if not isinstance(value, Mapping) or "mean_share" not in value:
        return number(value)
    return f"{_percent(value['mean_share'])} + {_percent(value['variance_share'])}"


def _part(name: str) -> Callable[[JSONValue, Findings], str]:
    def told(value: JSONValue, _findings: Findings) -> str:
        return number(value[name]) if isinstance(value, Mapping) and name in value else number(value)

    return told


_SILENT = frozenset({"n_rows", "n_excluded", "reasons"})

_TOLD: dict[str, tuple[str, str, Callable[[JSONValue, Findings], str]]] = {
    "norm": ("length of rows", "mean, and between which lengths 98 % of the rows lie", _lengths),
    "norm_id_spearman": (
        "length against id",
        "rank correlation: rare tokens have high ids in many vocabularies, and 0 is no relation",
        _plain,
    ),
    "anisotropy": ("anisotropy", "mean cosine of two rows: 0 in all directions alike, 1 all in one direction", _plain),
    "rogue_dimensions": (
        "rogue dimensions",
        "share of that mean cosine which single dimensions bring: a large one rules every cosine",
        _rogue,
    ),
    "participation_ratio": ("participation ratio", "directions that carry the variance", _of_dims),
    "effective_rank": ("effective rank", "directions in use, by the entropy of the singular values", _of_dims),
    "entropy_dimensions": ("entropy dimensions", "the same by the entropy of the variances", _of_dims),
    "isoscore": ("IsoScore", "1 the variance is the same in all directions, 0 in one only", _plain),
    "partition_isotropy": (
        "partition isotropy",
        "least over largest partition function: 1 the same in all directions, near 0 a common direction",
        _plain,
    ),
    "all_but_the_top": (
        "common part",
        "share of the squared length in the mean row, and of the variance in the first axes: what all-but-the-top takes away",
        _top,
    ),
    "intrinsic_dimension": ("intrinsic dimension", "dimensions that rows fill near each other (TwoNN)", _part("fit")),
    "never_argmax": (
        "never the largest",
        "rows that were the largest along none of the random directions",
        _part("rows"),
    ),
    "hubness": (
        "hubness",
        "skewness of how often a row is a neighbour, without dead rows: above 2 a few are everybody's neighbour",
        _part("skewness"),
    ),
    "hubness_with_excluded": ("hubness, all rows", "the same with dead and repeated rows", _part("skewness")),
}
"""Name -> title, meaning, and how its value is told."""
