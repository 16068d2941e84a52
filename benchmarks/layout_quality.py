"""How far pictures may be believed, all by the same sampled rows: ``layout_quality.py VECTORS.npy PICTURE.npy...``."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from projector_export import EmbeddingTable
from projector_export.table import Layout
from projector_export.transforms.quality import measure


def main() -> None:
    """Print one JSON object: figures by the picture's file name."""
    source, *pictures = map(Path, sys.argv[1:])
    layouts = tuple(Layout(path.stem, "benchmark", np.load(path)) for path in pictures)
    table = replace(EmbeddingTable.from_array(np.load(source)), layouts=layouts)
    judged = measure(table, n_neighbors=15, metric="cosine", seed=0).layouts
    print(json.dumps({layout.name: layout.as_json()["quality"] for layout in judged}))


if __name__ == "__main__":
    main()
