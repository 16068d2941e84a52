"""Tokens that may be under-trained: where each indicator's suspects end, and what speaks against each of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from projector_export.formats.findings import Cut, DeadRows, IndicatorSummary, References
from projector_export.table import EmbeddingTable
from projector_export.transforms.diagnose.adaptive_cut import LowGroup, adaptive_cut
from projector_export.transforms.diagnose.indicator import Indicator
from projector_export.transforms.diagnose.kind_modes import kinds_below
from projector_export.transforms.diagnose.text_column import text_column
from projector_export.transforms.diagnose.token_classes import token_classes

__all__ = ["LEAST_CLUSTER", "OWN_EVIDENCE", "Compared", "compare", "in_clusters", "left_out"]

BoolArray = npt.NDArray[np.bool_]

CLUSTER_SHARE = 0.01
LEAST_CLUSTER = 10
"""A group of near-duplicates is suspicious by itself if it has this share of all rows, and so many: a few tokens that occur
together once and nowhere else are alike, too."""

OWN_EVIDENCE = frozenset({"unused byte values", "rows beyond the tokenizer", "names that say unused", "given"})
"""References of these classes are untrained beyond doubt: a lower group without most of them is none of under-training."""


@dataclass(frozen=True, eq=False)
class Compared:
    """An indicator with its cuts.

    Parameters
    ----------
    indicator
        Its values.
    summary
        Mean, standard deviation and cuts.
    percentile
        Threshold of the published cut, NaN where no token is ordinary.
    group
        The adaptive cut; None where it finds no group.
    low
        Shape ``(n_rows,)``: the rows that it names.
    notes
        Sentences on groups that were found and not taken.
    """

    indicator: Indicator
    summary: IndicatorSummary
    percentile: float
    group: LowGroup | None
    low: BoolArray
    notes: tuple[str, ...] = ()


def left_out(table: EmbeddingTable, dead: DeadRows) -> BoolArray:
    """Return which rows take no part in indicators: zero, tiny, repeated bit by bit, padding, or without a token."""
    out = ~token_classes(table).token
    for group in (dead.zero, dead.tiny, dead.padding, *dead.identical):
        out[list(group)] = True
    return out


def compare(
    table: EmbeddingTable,
    indicator: Indicator,
    *,
    out: BoolArray,
    references: References,
    from_references: bool,
    percentile: float,
) -> Compared:
    """Find where the suspects of an indicator end: by the published percentile, and by its distribution alone.

    Parameters
    ----------
    table
        Its columns ``kind`` and ``bytes`` tell which tokens are ordinary.
    indicator
        One number a row.
    out
        Shape ``(n_rows,)``: rows that take no part.
    references
        Rows known to be untrained.
    from_references
        Whether the indicator is a distance from these. They would then be near to themselves whatever they are, and do not
        help to find the group; otherwise most of them have to be in it.
    percentile
        Of the ordinary tokens, 0 to 100.
    """
    classes = token_classes(table)
    values = indicator.values
    usable = np.isfinite(values) & ~out
    ordinary = values[classes.ordinary & usable]
    threshold = float(np.percentile(ordinary, percentile)) if len(ordinary) else float("nan")
    shown = usable & (classes.ordinary | classes.special)
    group, low, notes = _group(table, indicator, usable, references, from_references=from_references)
    cuts = (
        Cut("percentile", threshold if len(ordinary) else None, int((values[shown] <= threshold).sum())),
        Cut("adaptive", None, 0) if group is None else Cut("adaptive", group.threshold, group.n_rows),
    )
    mean, deviation = (float(ordinary.mean()), float(ordinary.std())) if len(ordinary) else (float("nan"),) * 2
    summary = IndicatorSummary(indicator.name, indicator.description, mean, deviation, cuts)
    return Compared(indicator, summary, threshold, group, low, notes)


def in_clusters(dead: DeadRows, n_rows: int) -> dict[int, int]:
    """Return, for each row of a suspiciously large group of near-duplicates, how many rows the group has."""
    least = max(LEAST_CLUSTER, CLUSTER_SHARE * n_rows)
    return {row: len(group) for group in dead.near_duplicates if len(group) >= least for row in group}


def _group(
    table: EmbeddingTable, indicator: Indicator, usable: BoolArray, references: References, *, from_references: bool
) -> tuple[LowGroup | None, BoolArray, tuple[str, ...]]:
    """Return the adaptive cut, the rows that it names, and what has to be said."""
    known = np.zeros(len(usable), dtype=np.bool_)
    known[list(references.rows)] = True
    kinds = np.array([kind or "" for kind in text_column(table, "kind")])
    found = _unexplained(indicator, np.flatnonzero(usable & ~known if from_references else usable), kinds)
    if found.group is None:
        return None, np.zeros_like(usable), found.notes
    low = usable & (np.nan_to_num(indicator.values, nan=np.inf) <= found.group.threshold)
    low[np.isin(kinds, found.exempt) if len(kinds) else []] = False
    judges = known & usable
    if not from_references and references.evidence in OWN_EVIDENCE and judges.any() and low[judges].mean() < 0.5:
        words = (
            f"{int(low.sum()):,} rows have a lower {indicator.name} than the others, but of the reference rows "
            f"({references.evidence}) most are not among them: they are not called under-trained"
        )
        return None, np.zeros_like(usable), (*found.notes, words)
    return replace(found.group, n_rows=int(low.sum())), low, found.notes


@dataclass(frozen=True)
class _Found:
    """A lower group that is not merely a kind of token, and the kinds that were not compared for it."""

    group: LowGroup | None
    exempt: list[str]
    notes: tuple[str, ...] = ()


def _unexplained(indicator: Indicator, rows: npt.NDArray[np.int64], kinds: npt.NDArray[np.str_]) -> _Found:
    """Return the lower group; if kinds explain it, one within it, or else one among the other kinds."""
    values = indicator.values[rows]
    group = adaptive_cut(values)
    if group is None or not len(kinds):
        return _Found(group, [])
    is_low = values <= group.threshold
    below = kinds_below(kinds[rows], is_low)
    if not below:
        return _Found(group, [])
    named = ", ".join(f"'{kind}'" for kind in below)
    note = (
        f"tokens of kind {named} have a lower {indicator.name} than the others as a whole, which is taken for a matter of "
        "their kind and not of training"
    )
    inner = adaptive_cut(values[is_low])
    if inner is not None and not kinds_below(kinds[rows], values <= inner.threshold):
        return _Found(inner, [], (note,))
    found = _unexplained(indicator, rows[~np.isin(kinds[rows], below)], kinds)
    return _Found(found.group, [*below, *found.exempt], (note, *found.notes))
