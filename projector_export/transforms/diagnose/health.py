"""The health of a whole table: how its rows spread, and whether a few numbers rule it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue
from projector_export.table import EmbeddingTable, Neighbours
from projector_export.transforms.diagnose import directions, local_health, partition_isotropy, spectrum
from projector_export.transforms.diagnose.directions import Directions
from projector_export.transforms.diagnose.spectrum import Covariance
from projector_export.vectors import Progress, SelectedVectors, Vectors

__all__ = ["measure"]

PARTITION_FLOPS = 2e11
"""``2 * n_rows * n_dims**2`` up to which the partition isotropy is measured."""

LEAST_ANISOTROPY = 0.01
"""Below it, positive and negative contributions cancel out, and one dimension may have several times the whole."""
N_ROGUE = 3
QUANTILES = {"quantile_01": 0.01, "quantile_25": 0.25, "median": 0.5, "quantile_75": 0.75, "quantile_99": 0.99}


@dataclass
class _Report:
    """Figures by name, and why one is missing."""

    figures: dict[str, JSONValue] = field(default_factory=dict)
    reasons: dict[str, JSONValue] = field(default_factory=dict)

    def add(self, name: str, value: JSONValue, *, missing: str = "") -> None:
        """Add a figure, or the reason why there is none."""
        is_known = not missing and value is not None
        self.figures[name] = value if is_known else None
        if not is_known:
            self.reasons[name] = missing


def measure(
    table: EmbeddingTable,
    *,
    exclude: npt.NDArray[np.int64] | None = None,
    neighbours: Neighbours | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> dict[str, JSONValue]:
    """Measure the spread of a table's rows.

    Parameters
    ----------
    table
        Finite rows.
    exclude
        Row numbers that do not count: dead and repeated rows.
    neighbours
        Of all rows of the table, for hubness; without them it is measured on at most 4,000 sampled rows.
    seed
        Draws the sampled rows.
    progress
        Called with rows done and all rows.

    Returns
    -------
    dict
        Finite JSON values by name. A figure that cannot be had is None, and ``reasons`` says why.

        - ``n_rows``, ``n_excluded``: rows that count and that do not.
        - ``norm``: mean, standard_deviation (divided by n), minimum, quantiles, maximum.
        - ``norm_id_spearman``: rank correlation of length and row number; ids of a byte-pair vocabulary rise with rarity.
        - ``anisotropy``: mean cosine of two rows, exact (:class:`~.directions.Directions`).
        - ``rogue_dimensions``: the three dimensions that add most to it, with their shares.
        - ``participation_ratio``, ``isoscore``, ``effective_rank`` (of singular values), ``entropy_dimensions`` (of variances):
          see :mod:`~.spectrum`.
        - ``partition_isotropy``: up to 1e11 products (:mod:`~.partition_isotropy`).
        - ``all_but_the_top``: what Mu and Viswanath's (2018) mending would take away: ``mean_share`` of the mean squared length
          with the mean row, then ``variance_share`` of the variance with ``n_components`` = d/100 (at least 1) first axes.
        - ``hubness`` without the excluded rows, ``hubness_with_excluded`` with them, zero rows always left out: see
          :mod:`~.hubness`.
        - ``intrinsic_dimension``: see :mod:`~.intrinsic_dimension`, on at most 1,024 sampled rows, each against all rows.

    Raises
    ------
    InvalidInputError
        If no row is left.
    """
    left = np.ones(table.n_rows, dtype=bool)
    left[[] if exclude is None else exclude] = False
    rows = np.flatnonzero(left)
    if not len(rows):
        raise InvalidInputError(f"all {table.n_rows:,} rows of {table.name!r} are dead: nothing is left to measure")
    vectors = table.vectors if len(rows) == table.n_rows else SelectedVectors(table.vectors, rows)
    report = _Report({"n_rows": len(rows), "n_excluded": table.n_rows - len(rows)})
    sums = directions.measure(vectors, progress=progress)
    _add_norms(report, sums.norms, rows)
    _add_directions(report, sums)
    _add_spectrum(report, vectors, sums, spectrum.covariance(vectors, sums.mean, progress=progress))
    for name, value, reason in local_health.measure(table, rows[sums.norms > 0], neighbours, seed):
        report.add(name, value, missing=reason)
    return {**report.figures, "reasons": report.reasons}


def _add_norms(report: _Report, norms: npt.NDArray[np.float64], rows: npt.NDArray[np.int64]) -> None:
    from scipy.stats import rankdata

    quantiles = {name: float(np.quantile(norms, share)) for name, share in QUANTILES.items()}
    ends = {"minimum": float(norms.min()), "maximum": float(norms.max())}
    summary: dict[str, Any] = {"mean": float(norms.mean()), "standard_deviation": float(norms.std())}
    report.add("norm", {**summary, **ends, **quantiles})
    ranks = rankdata(norms) - (len(rows) + 1) / 2
    order = np.arange(len(rows)) - (len(rows) - 1) / 2
    spread = float(np.sqrt((ranks @ ranks) * (order @ order)))
    value = float(ranks @ order) / spread if spread > 0 else None
    report.add("norm_id_spearman", value, missing="" if spread > 0 else "all rows are equally long")


def _add_directions(report: _Report, sums: Directions) -> None:
    if np.count_nonzero(sums.norms) < 2:
        reason = "fewer than two rows have a direction"
        report.add("anisotropy", None, missing=reason)
        report.add("rogue_dimensions", None, missing=reason)
        return
    report.add("anisotropy", sums.anisotropy)
    if sums.anisotropy < LEAST_ANISOTROPY:
        reason = f"the mean cosine is not above {LEAST_ANISOTROPY:g}, so that there is little to have a share of"
        report.add("rogue_dimensions", None, missing=reason)
        return
    shares = sums.contributions / sums.anisotropy
    first = np.argsort(-shares, kind="stable")[:N_ROGUE]
    rogue: dict[str, JSONValue] = {"dimensions": first.tolist(), "shares": shares[first].tolist()}
    report.add("rogue_dimensions", {**rogue, "share": float(shares[first].sum())})


def _add_spectrum(report: _Report, vectors: Vectors, sums: Directions, spread: Covariance) -> None:
    n_rows, n_dims = vectors.shape
    values = spread.eigenvalues
    total = float(values.sum())
    reason = "" if total > 0 else "all rows are the same"
    for name in ("participation_ratio", "effective_rank", "entropy_dimensions"):
        report.add(name, getattr(spectrum, name)(values) if total > 0 else None, missing=reason)
    score = spectrum.isoscore(values) if total > 0 and n_dims > 1 else None
    report.add("isoscore", score, missing=reason or ("" if n_dims > 1 else "rows have one dimension"))
    cheap = 2.0 * n_rows * n_dims**2 <= PARTITION_FLOPS
    isotropy = partition_isotropy.measure(vectors, sums.mean, spread.matrix) if cheap else None
    report.add("partition_isotropy", isotropy, missing="" if cheap else "it would take minutes on a table of this size")
    length = float(np.mean(sums.norms**2))
    n_components = max(1, n_dims // 100)
    top: dict[str, JSONValue] = {
        "n_components": n_components,
        "mean_share": float(sums.mean @ sums.mean) / length if length > 0 else None,
        "variance_share": float(values[:n_components].sum()) / total if total > 0 else None,
    }
    report.add("all_but_the_top", top if total > 0 else None, missing=reason)
