"""Repulsion between all points of a flat t-SNE picture, interpolated on a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt

from projector_export.transforms.layouts.start import Float64Array
from projector_export.vectors import Float32Array

__all__ = ["GridRepulsion"]

SPACING = 0.4
"""Distance of grid nodes, in units of the kernel's width."""

MIN_NODES = 150
"""Nodes along the longer side of a small picture."""

MAX_NODES = 3000
"""Nodes along a side, however far a point has flown; openTSNE has as many."""

SIDE_STEP = 32
"""Sides grow in such steps, so that the kernel's transform serves many iterations."""


class Weights(Protocol):
    """A sparse matrix, shape ``(n_rows, n_nodes)``."""

    def transpose(self) -> Weights:
        """Return the matrix that spreads points onto nodes."""

    def __matmul__(self, values: Float32Array) -> Float32Array:
        """Interpolate the values of nodes at the points."""


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
        spread = _spread(points, spacing, low, sides)
        lengths = [int(fft.next_fast_len(2 * side, real=True)) for side in sides]
        self._prepare(spacing, lengths[0], lengths[1])
        grid = (spread.transpose() @ np.ones(len(points), dtype=np.float32)).reshape(sides)
        across = fft.rfft(grid, lengths[1], axis=1, workers=self.workers)
        spectrum = fft.fft(across, lengths[0], axis=0, workers=self.workers)
        forces = np.empty_like(points)
        for axis in range(2):
            down = fft.ifft(spectrum * self._kernels[axis], axis=0, workers=self.workers)[: sides[0]]
            force = fft.irfft(down, lengths[1], axis=1, workers=self.workers)[:, : sides[1]]
            forces[:, axis] = spread @ force.ravel()
        return forces, self._total(spectrum, lengths) - len(points)

    def _total(self, spectrum: npt.NDArray[np.complex64], lengths: list[int]) -> float:
        power = (spectrum.real**2 + spectrum.imag**2) * self._kernels[2].real
        once = power.sum(dtype=np.float64) * 2 - power[:, 0].sum(dtype=np.float64)
        if lengths[1] % 2 == 0:
            once -= power[:, -1].sum(dtype=np.float64)
        return float(once) / (lengths[0] * lengths[1])

    def _grid(self, points: Float64Array) -> tuple[float, Float64Array, tuple[int, int]]:
        """Return the distance of nodes, the place of the first one, and the number of nodes down and across."""
        columns = np.ascontiguousarray(points.T)  # their extremes are found ten times faster
        low = columns.min(axis=1)
        extent = columns.max(axis=1) - low
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


def _spread(points: Float64Array, spacing: float, low: Float64Array, sides: tuple[int, int]) -> Weights:
    """Return the weights of the 16 nodes around each point: a sparse matrix, float32, shape ``(n_rows, n_nodes)``."""
    from scipy.sparse import csr_matrix

    n_rows = len(points)
    places = (points - low) / spacing
    nearest = places.astype(np.int32)  # rounds down: no place is negative
    weights = _lagrange((places - nearest).astype(np.float32).T)
    pairs = weights[0][:, :, None] * weights[1][:, None, :]
    first = (nearest[:, 0] - 1) * np.int32(sides[1]) + nearest[:, 1] - 1
    steps = np.arange(4, dtype=np.int32)
    nodes = first[:, None] + (steps[:, None] * np.int32(sides[1]) + steps).ravel()
    pointers = np.arange(0, 16 * n_rows + 1, 16, dtype=np.int32)
    shape = (n_rows, sides[0] * sides[1])
    return cast("Weights", csr_matrix((pairs.ravel(), nodes.ravel(), pointers), shape=shape))


def _lagrange(t: Float32Array) -> Float32Array:
    """Return the weights of nodes -1, 0, 1 and 2 for places t between 0 and 1, shape ``(2, n_rows, 4)``."""
    outer, inner = t * (t - 1), (t + 1) * (t - 2)
    weights = np.stack([outer * (t - 2) / -6, inner * (t - 1) / 2, inner * t / -2, outer * (t + 1) / 6], axis=1)
    return np.ascontiguousarray(weights.transpose(0, 2, 1))
