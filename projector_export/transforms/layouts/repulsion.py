"""Repulsion between all points of a flat t-SNE picture, interpolated on a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from projector_export.transforms.layouts.start import Float64Array

__all__ = ["GridRepulsion"]

SPACING = 0.4
"""Distance of grid nodes, in units of the kernel's width."""

MIN_NODES = 150
"""Nodes along the longer side of a small picture."""

MAX_NODES = 4096
"""Nodes along a side, however far a point has flown."""

SIDE_STEP = 32
"""Sides grow in such steps, so that the kernel's transform serves many iterations."""


@dataclass
class GridRepulsion:
    """Forces that all points exert on each, by convolution on a grid.

    Parameters
    ----------
    dof
        Degrees of freedom of the kernel ``(1 + d**2 / dof) ** -dof``.
    workers
        Threads of the Fourier transforms.

    Notes
    -----
    As FIt-SNE (Linderman et al. 2019, *Nature Methods* 16) spreads points onto an equispaced grid, convolves by FFT and
    interpolates back; here

    - each point is spread over the four nearest nodes a side (cubic Lagrange polynomials) and not over the three of a cell;
    - the force's own kernel ``y * (1 + d**2 / dof) ** -(dof + 1)`` is convolved with the number of points, so that one
      transform goes forth and two come back, where charges 1, x, y and ``x**2 + y**2`` need four each way;
    - the normalisation is summed up in the Fourier domain (Parseval), with no transform of its own;
    - the node distance stays the same while the picture grows a little, so that the kernels' transforms are kept.
    """

    dof: float = 1.0
    workers: int = 1
    _key: tuple[float, int, int] = field(default=(0.0, 0, 0), init=False)
    _kernels: tuple[npt.NDArray[np.complex64], ...] = field(default=(), init=False)

    def __call__(self, points: Float64Array) -> tuple[Float64Array, float]:
        """Return the forces and the kernel's sum.

        Parameters
        ----------
        points
            Shape ``(n_rows, 2)``.

        Returns
        -------
        forces : ndarray of float64, shape (n_rows, 2)
            ``sum_j (y_i - y_j) * (1 + d_ij**2 / dof) ** -(dof + 1)``.
        total : float
            ``sum_{i != j} (1 + d_ij**2 / dof) ** -dof``.
        """
        from scipy import fft

        spacing, low, sides = self._grid(points)
        nodes, weights = _spread(points, spacing, low, sides[1])
        lengths = [int(fft.next_fast_len(2 * side, real=True)) for side in sides]
        self._prepare(spacing, lengths[0], lengths[1])
        n_points = np.bincount(nodes.ravel(), weights=weights.ravel(), minlength=sides[0] * sides[1])
        grid = n_points.astype(np.float32).reshape(sides)
        across = fft.rfft(grid, lengths[1], axis=1, workers=self.workers)
        spectrum = fft.fft(across, lengths[0], axis=0, workers=self.workers)
        forces = np.empty_like(points)
        for axis in range(2):
            down = fft.ifft(spectrum * self._kernels[axis], axis=0, workers=self.workers)[: sides[0]]
            force = fft.irfft(down, lengths[1], axis=1, workers=self.workers)[:, : sides[1]].ravel()
            forces[:, axis] = (force[nodes] * weights).sum(axis=1)
        return forces, self._total(spectrum, lengths) - len(points)

    def _total(self, spectrum: npt.NDArray[np.complex64], lengths: list[int]) -> float:
        power = (spectrum.real**2 + spectrum.imag**2) * self._kernels[2].real
        once = power.sum(dtype=np.float64) * 2 - power[:, 0].sum(dtype=np.float64)
        if lengths[1] % 2 == 0:
            once -= power[:, -1].sum(dtype=np.float64)
        return float(once) / (lengths[0] * lengths[1])

    def _grid(self, points: Float64Array) -> tuple[float, Float64Array, tuple[int, int]]:
        """Return the distance of nodes, the place of the first one, and the number of nodes down and across."""
        low = points.min(axis=0)
        extent = points.max(axis=0) - low
        finest = SPACING * min(1.0, self.dof) ** 0.5
        longest = max(float(extent.max()), float(np.finfo(np.float32).tiny))
        halvings = min(0, math.floor(2 * math.log2(longest / MIN_NODES / finest)))
        spacing = max(finest * 2 ** (halvings / 2), longest / (MAX_NODES - 8))
        counts = np.ceil((extent / spacing + 5) / SIDE_STEP).astype(int) * SIDE_STEP
        return spacing, low - 1.5 * spacing, (int(counts[0]), int(counts[1]))

    def _prepare(self, spacing: float, down: int, across: int) -> None:
        """Transform the kernels, unless they are those of the last time."""
        from scipy import fft

        if self._key == (spacing, down, across):
            return
        y = fft.fftfreq(down, 1 / (down * spacing))[:, None]
        x = fft.fftfreq(across, 1 / (across * spacing))[None, :]
        base = 1 + (y * y + x * x) / self.dof
        potential = base**-self.dof
        strength = potential / base
        kernels = (y * strength, x * strength, potential)
        self._kernels = tuple(fft.rfft2(kernel.astype(np.float32), workers=self.workers) for kernel in kernels)
        self._key = (spacing, down, across)


def _spread(
    points: Float64Array, spacing: float, low: Float64Array, across: int
) -> tuple[npt.NDArray[np.int64], Float64Array]:
    """Return the 16 nodes around each point and their weights, both of shape ``(n_rows, 16)``."""
    places = (points - low) / spacing
    first = np.floor(places).astype(np.int64)
    t = (places - first).T
    first -= 1
    weights = np.stack(
        [
            -t * (t - 1) * (t - 2) / 6,
            (t + 1) * (t - 1) * (t - 2) / 2,
            -(t + 1) * t * (t - 2) / 2,
            (t + 1) * t * (t - 1) / 6,
        ],
        axis=-1,
    )
    steps = np.arange(4)
    rows, columns = first[:, 0, None] + steps, first[:, 1, None] + steps
    nodes = rows[:, :, None] * across + columns[:, None, :]
    pairs = weights[0][:, :, None] * weights[1][:, None, :]
    return nodes.reshape(len(points), 16), pairs.reshape(len(points), 16)
