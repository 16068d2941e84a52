"""Squared distances by torch, on a graphics card."""

from __future__ import annotations

import ctypes.util
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from projector_export import optional
from projector_export.vectors import Float32Array

__all__ = ["TorchEngine", "has_graphics_card"]

GATHER_BYTES = 256 * 2**20
DISTANCE_BYTES = 1 * 2**30
"""Bytes on the card of one block of gathered rows, and of one block of distances."""

BLOCK_ROWS = 65_536
"""Rows made float64 at once."""


def has_graphics_card(needed_bytes: int) -> bool:
    """Tell whether torch is installed and sees a CUDA device with that much free memory.

    Torch takes seconds to import: it is asked only where a driver is there.
    """
    driver = Path("/dev/nvidia0").exists() or ctypes.util.find_library("cuda") or ctypes.util.find_library("nvcuda")
    if not driver or importlib.util.find_spec("torch") is None:
        return False
    import torch

    return bool(torch.cuda.is_available()) and int(torch.cuda.mem_get_info()[0]) > needed_bytes


class TorchEngine:
    """An :class:`~projector_export.transforms.neighbours.engine.Engine` on a torch device.

    Parameters
    ----------
    rows
        Float32, shape ``(n_rows, n_dims)``; copied to the device.
    device
        As torch names it.

    Raises
    ------
    MissingExtraError
        If torch is not installed.
    """

    def __init__(self, rows: Float32Array, device: str = "cuda") -> None:
        with optional.required_for("finding nearest neighbours on a graphics card"):
            import torch
        self._torch: Any = torch
        self._rows = torch.from_numpy(rows).to(device)
        self._lengths = (self._rows * self._rows).sum(dim=1)

    def nearest(self, queries: npt.NDArray[np.int64], count: int) -> tuple[npt.NDArray[np.int64], Float32Array]:
        """Return the nearest rows by matrix products in float32, never in TF32."""
        indices = np.empty((len(queries), count), dtype=np.int64)
        largest = np.empty(len(queries), dtype=np.float32)
        step = max(1, DISTANCE_BYTES // (4 * len(self._rows)))
        reduced = self._torch.backends.cuda.matmul.allow_tf32
        self._torch.backends.cuda.matmul.allow_tf32 = False
        try:
            for start in range(0, len(queries), step):
                part = slice(start, start + step)
                chosen = self._on_device(queries[part])
                distances = self._lengths - 2 * (self._rows[chosen] @ self._rows.T)
                distances += self._lengths[chosen][:, None]
                values, places = distances.topk(count, dim=1, largest=False)
                indices[part] = places.cpu().numpy()
                largest[part] = values.amax(dim=1).cpu().numpy()
        finally:
            self._torch.backends.cuda.matmul.allow_tf32 = reduced
        return indices, largest

    def squared(self, queries: npt.NDArray[np.int64], indices: npt.NDArray[np.int64]) -> Float32Array:
        """Return squared distances from differences."""
        squared = np.empty(indices.shape, dtype=np.float32)
        step = max(1, GATHER_BYTES // (4 * indices.shape[1] * self._rows.shape[1]))
        for start in range(0, len(queries), step):
            part = slice(start, start + step)
            differences = self._rows[self._on_device(indices[part])]
            differences -= self._rows[self._on_device(queries[part])][:, None, :]
            squared[part] = differences.square_().sum(dim=2).cpu().numpy()
        return squared

    def nearest_in_float64(self, queries: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
        """Return the nearest rows by matrix products in float64, a few queries and rows at a time."""
        nearest = np.empty((len(queries), count), dtype=np.int64)
        step = max(1, DISTANCE_BYTES // (16 * len(self._rows)))
        for start in range(0, len(queries), step):
            part = slice(start, start + step)
            chosen = self._rows[self._on_device(queries[part])].double()
            wide = (block.double() for block in self._rows.split(BLOCK_ROWS))
            distances = [block.square().sum(dim=1) - 2 * (chosen @ block.T) for block in wide]
            nearest[part] = self._torch.cat(distances, dim=1).topk(count, dim=1, largest=False).indices.cpu().numpy()
        return nearest

    def _on_device(self, numbers: npt.NDArray[np.int64]) -> object:
        tensor: object = self._torch.from_numpy(np.ascontiguousarray(numbers)).to(self._rows.device)
        return tensor
