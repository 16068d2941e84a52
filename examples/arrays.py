"""Any numpy array with labels: to TensorBoard, and to a folder for projector.tensorflow.org.

Run:  python examples/arrays.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np

import projector_export
from projector_export import Column, EmbeddingTable
from projector_export.options import Destination, Treatment

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "projector")
generator = np.random.default_rng(0)
colours = ["red", "green", "blue"]
centres = generator.normal(size=(3, 32)) * 3
vectors = np.concatenate([centre + generator.normal(size=(100, 32)) for centre in centres])

table = EmbeddingTable.from_array(
    vectors,
    name="three clouds",
    columns=[
        Column("label", [f"{colour} {number}" for colour in colours for number in range(100)]),
        Column("colour", [colour for colour in colours for _ in range(100)]),
        Column("length", np.linalg.norm(vectors, axis=1)),
    ],
)
destination = Destination(logdir=folder / "logdir", standalone=folder / "site")
for written in projector_export.write(table, destination, treatment=Treatment(center=True)):
    print(written.target, written.folder, written.viewer_shape)
