"""Vectors to lay out: ``layout_data.py model FOLDER OUT.npy`` or ``layout_data.py clusters ROWSxDIMS OUT.npy``."""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt

from projector_export import read

N_CLUSTERS = 2000


def of_model(folder: str) -> npt.NDArray[np.float32]:
    """Return the input embeddings of a model."""
    table = read(folder)
    return table.vectors.read(0, table.n_rows)


def clusters(n_rows: int, n_dims: int) -> npt.NDArray[np.float32]:
    """Return noisy clusters whose variances fall along the axes, away from zero, as word embeddings have them."""
    generator = np.random.default_rng(0)
    scales = np.arange(1, n_dims + 1, dtype=np.float32) ** -0.35
    centres = generator.standard_normal((N_CLUSTERS, n_dims), dtype=np.float32) * scales
    noise = 0.9 * generator.standard_normal((n_rows, n_dims), dtype=np.float32) * scales
    return centres[generator.integers(0, N_CLUSTERS, n_rows)] + noise + np.float32(0.1)


if __name__ == "__main__":
    kind, argument, target = sys.argv[1:]
    np.save(target, of_model(argument) if kind == "model" else clusters(*map(int, argument.split("x"))))
