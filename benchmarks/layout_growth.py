"""Seconds of each part of the work, on the clock and of all cores: ``layout_growth.py VECTORS.npy SECONDS.json``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from projector_export import EmbeddingTable
from projector_export.transforms.layouts.components import components
from projector_export.transforms.layouts.recipe import Setting
from projector_export.transforms.layouts.specification import lay_out, parse
from projector_export.transforms.neighbours import neighbours
from projector_export.transforms.quality import measure, preservation

LAYOUTS = ("pca", "umap:n_components=3", "tsne", "mds", "pacmap")
N_NEIGHBORS = 90


def main() -> None:
    """Do each part after the other on one table, and write how long each took."""
    source, target = map(Path, sys.argv[1:])
    seconds: dict[str, tuple[float, float]] = {}
    table = EmbeddingTable.from_array(np.load(source))

    def timed(part: str, work: Callable[[EmbeddingTable], EmbeddingTable]) -> None:
        nonlocal table
        start = time.perf_counter(), time.process_time()
        table = work(table)
        seconds[part] = time.perf_counter() - start[0], time.process_time() - start[1]

    timed("neighbours", lambda given: neighbours(given, N_NEIGHBORS, metric="cosine", seed=0))
    timed("components", components)
    for layout in LAYOUTS:
        timed(layout.partition(":")[0], lambda given, text=layout: lay_out(given, parse(text), Setting("cosine", 0)))
    timed("quality", lambda given: measure(given, n_neighbors=15, metric="cosine", seed=0))
    timed("preservation", lambda given: preservation(given, n_neighbors=15))
    target.write_text(json.dumps(seconds))


if __name__ == "__main__":
    main()
