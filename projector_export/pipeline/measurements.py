"""What is measured of a vocabulary's tables before anything is judged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.formats.findings import DeadRows, References
from projector_export.pipeline.treatment import Progress, stage
from projector_export.pipeline.wishes import Wishes
from projector_export.provenance import JSONValue
from projector_export.table import EmbeddingTable
from projector_export.transforms.diagnose import candidates, dead_rows, health, never_argmax, references
from projector_export.transforms.diagnose.candidates import Compared
from projector_export.transforms.diagnose.indicator import Indicator
from projector_export.transforms.diagnose.input_norm import input_norm, longest_first
from projector_export.transforms.diagnose.magikarp import LEAST_PRODUCT
from projector_export.transforms.diagnose.never_argmax import Wins
from projector_export.transforms.diagnose.output_bias import output_bias
from projector_export.transforms.diagnose.reference_distance import FROM_REFERENCES, reference_distances
from projector_export.transforms.diagnose.token_classes import token_classes

__all__ = [
    "all_indicators",
    "compared_indicators",
    "find_references",
    "measured_health",
    "random_wins",
    "with_random_wins",
]

LEAST_A_ROW, MOST_A_ROW = 5, 20
"""Random directions for each row: with fewer, a row that wins none tells little."""

DIRECTION_FLOPS = 5e11
"""Multiplications and additions that random directions may cost without being asked for: some 5 s on two cores."""


def find_references(output: EmbeddingTable, dead: DeadRows, wishes: Wishes, *, is_tied: bool | None) -> References:
    """Return the reference rows that the user names, else those that are found.

    Raises
    ------
    InvalidInputError
        If a named one lies outside the table, or the published computation on a tied table has none.
    """
    if wishes.references is not None:
        return references.given(output, wishes.references)
    avoid = np.array([*dead.zero, *dead.tiny], dtype=np.int64)
    known = references.find(output, avoid=avoid, near_duplicates=dead.near_duplicates, uses_names=wishes.uses_names)
    if wishes.mode == "magikarp" and is_tied and not known.rows:
        raise InvalidInputError(
            f"the published computation for tied tables needs reference rows, and {output.name!r} has none that can be found: "
            "name rows that are known to be untrained with --reference, such as 177-187, or take the adaptive mode"
        )
    return known


def all_indicators(
    table: EmbeddingTable,
    output: EmbeddingTable,
    known: References,
    wishes: Wishes,
    *,
    is_tied: bool | None,
    bias: npt.NDArray[np.floating] | None,
    progress: Progress | None,
) -> tuple[Indicator, ...]:
    """Return all indicators, in the order in which they are asked: the length first unless the tables are tied."""
    lengths = input_norm(table, progress=stage(progress, "input rows"))
    distances: tuple[Indicator, ...] = ()
    if known.rows:
        rows = np.array(known.rows, dtype=np.int64)
        least = LEAST_PRODUCT if wishes.mode == "magikarp" else 0.0
        walked = stage(progress, "distances to the reference rows")
        found = reference_distances(output, rows, least_product=least, progress=walked)
        distances = tuple(each.of_rows(table.n_rows) for each in found)
    pushed = None if bias is None else output_bias(bias, table.n_rows)
    biases = () if pushed is None else (pushed,)
    norms = (lengths,) if wishes.mode == "magikarp" else (*_turned(table, lengths, known), lengths)
    return (*distances, *biases, *norms) if is_tied else (*norms, *distances, *biases)


def _turned(table: EmbeddingTable, lengths: Indicator, known: References) -> tuple[Indicator, ...]:
    """Return the lengths the other way round, where rows that are untrained beyond doubt are the longest."""
    if known.evidence not in candidates.OWN_EVIDENCE:
        return ()
    turned = longest_first(lengths, np.array(known.rows, dtype=np.int64), token_classes(table).ordinary)
    return () if turned is None else (turned,)


def compared_indicators(
    table: EmbeddingTable, measured: Sequence[Indicator], known: References, dead: DeadRows, wishes: Wishes
) -> tuple[Compared, ...]:
    """Return each indicator with its cuts."""
    out = candidates.left_out(table, dead)
    return tuple(
        candidates.compare(
            table,
            each,
            out=out,
            references=known,
            from_references=each.name in FROM_REFERENCES,
            percentile=wishes.percentile,
        )
        for each in measured
    )


def measured_health(
    table: EmbeddingTable, dead: DeadRows, wishes: Wishes, progress: Progress | None
) -> dict[str, JSONValue]:
    """Return the health of the table without dead and repeated rows; empty where no other is left."""
    exclude = dead_rows.rows_of(dead)
    if len(exclude) >= table.n_rows:
        return {}
    told = stage(progress, "health of the table")
    return health.measure(table, exclude=exclude, neighbours=table.neighbours, seed=wishes.seed, progress=told)


def random_wins(table: EmbeddingTable, dead: DeadRows, wishes: Wishes, progress: Progress | None) -> Wins | None:
    """Return how often rows are the largest along random directions; None where nobody asked and it costs too much."""
    exclude = np.array(sorted({*dead.zero, *dead.tiny, *dead_rows.repeats(dead).tolist()}), dtype=np.int64)
    n_rows = table.n_rows - len(exclude)
    wanted = wishes.n_directions
    if wanted is None:
        wanted = min(never_argmax.affordable_directions(table.shape, flops=DIRECTION_FLOPS), MOST_A_ROW * n_rows)
        wanted = wanted if wanted >= LEAST_A_ROW * n_rows else 0
    if wanted < 2 or n_rows < 1:
        return None
    told = stage(progress, "random directions")
    return never_argmax.find(table, n_directions=wanted, seed=wishes.seed, exclude=exclude, progress=told)


def with_random_wins(
    health: dict[str, JSONValue], wins: Wins | None, n_rows: int, wishes: Wishes
) -> dict[str, JSONValue]:
    """Return the figures with that of random directions, or the reason why there is none; as they are if nobody asked."""
    if wins is not None:
        figure: JSONValue = {"rows": len(wins.rows), "directions": wins.n_directions, "of": wins.n_compared}
        return {**health, "never_argmax": figure}
    if not health or wishes.n_directions is not None:
        return health
    told = health.get("reasons")
    reasons: dict[str, JSONValue] = dict(told) if isinstance(told, dict) else {}
    reasons["never_argmax"] = (
        f"so many directions as tell something would take long here: --directions {LEAST_A_ROW * n_rows} asks for them"
    )
    return {**health, "never_argmax": None, "reasons": reasons}
