"""A histogram as inline SVG: how a figure is distributed, where the suspects lie, where the cut is."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from projector_export.targets.findings_words import number

__all__ = ["histogram"]

FloatArray = npt.NDArray[np.float64]

N_BINS = 48
WIDTH, HEIGHT = 380, 170
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 22, 24
N_TICKS = 5


def histogram(
    values: FloatArray, suspects: npt.NDArray[np.bool_], cuts: Sequence[tuple[str, float]], *, title: str
) -> str:
    """Return the drawing; heights are logarithmic, so that a handful of rows beside thousands is seen.

    Parameters
    ----------
    values
        One a row; those that are not finite are left out.
    suspects
        Which rows are suspects, same length.
    cuts
        Name and place of each cut.
    title
        What it shows, for those who cannot see it.
    """
    finite = np.isfinite(values)
    values, suspects = values[finite], suspects[finite]
    if not len(values):
        return '<p class="quiet">no row has a value</p>'
    low, high = float(values.min()), float(values.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, N_BINS + 1)
    every = np.histogram(values, edges)[0]
    odd = np.histogram(values[suspects], edges)[0]
    top = math.log10(1 + int(every.max()))
    scene = _Scene(low, high, top)
    parts = [*scene.axes(int(every.max())), *scene.bars(edges, every, odd), *scene.cuts(cuts)]
    label = f"{title}: {len(values):,} rows from {number(float(values.min()))} to {number(float(values.max()))}"
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(label)}">{"".join(parts)}</svg>'


class _Scene:
    """Where values and counts lie in the drawing."""

    def __init__(self, low: float, high: float, top: float) -> None:
        self.low, self.high, self.top = low, high, top

    def x(self, value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - self.low) / (self.high - self.low)

    def y(self, count: int) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * math.log10(1 + count) / self.top

    def axes(self, most: int) -> list[str]:
        floor = HEIGHT - BOTTOM
        parts = [f'<line class="axis" x1="{LEFT}" y1="{floor}" x2="{WIDTH - RIGHT}" y2="{floor}"/>']
        for count in (10**power for power in range(int(math.log10(most)) + 1)):
            y = self.y(count)
            parts.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>')
            parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{count:,}</text>')
        for place in range(N_TICKS):
            value = self.low + (self.high - self.low) * place / (N_TICKS - 1)
            anchor = "start" if place == 0 else "end" if place == N_TICKS - 1 else "middle"
            parts.append(f'<text x="{self.x(value):.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{value:.3g}</text>')
        return parts

    def bars(self, edges: FloatArray, every: npt.NDArray[np.int64], odd: npt.NDArray[np.int64]) -> list[str]:
        parts = []
        for first, last, n_rows, n_odd in zip(edges, edges[1:], every.tolist(), odd.tolist(), strict=False):
            tip = f"{number(float(first))} to {number(float(last))}: {n_rows:,} rows"
            tip += f", {n_odd:,} of them suspects" if n_odd else ""
            for name, count in (("ordinary", n_rows), ("suspect", n_odd)):
                if count:
                    x, y = self.x(float(first)), self.y(count)
                    width, height = max(1.0, self.x(float(last)) - x - 1), HEIGHT - BOTTOM - y
                    parts.append(
                        f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}">'
                        f"<title>{tip}</title></rect>"
                    )
        return parts

    def cuts(self, cuts: Sequence[tuple[str, float]]) -> list[str]:
        parts = []
        for row, (name, place) in enumerate(sorted(cuts, key=lambda cut: cut[1])):
            x = self.x(min(max(place, self.low), self.high))
            right = x > WIDTH * 0.6
            anchor, shift = ("end", -4) if right else ("start", 4)
            y = TOP - 10 + 12 * row
            parts.append(f'<line class="cut" x1="{x:.1f}" y1="{y - 8}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM}"/>')
            parts.append(
                f'<text class="cut-label" x="{x + shift:.1f}" y="{y}" text-anchor="{anchor}">{html.escape(name)} '
                f"{number(place)}</text>"
            )
        return parts
