"""Any array with labels: to TensorBoard in one line, and with a table in hand to projector.tensorflow.org as well.

Run:  python examples/arrays.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np

import projector_export
from projector_export.options import Destination, Treatment

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "projector")
generator = np.random.default_rng(0)
colours = ["red", "green", "blue"]
centres = generator.normal(size=(3, 32)) * 3
vectors = np.concatenate([centre + generator.normal(size=(100, 32)) for centre in centres])
names = [f"{colour} {number}" for colour in colours for number in range(100)]

projector_export.export(vectors, folder / "logdir", labels=names, name="bare clouds")

table = projector_export.read(
    vectors,
    name="three clouds",
    labels=names,
    columns={"colour": np.repeat(colours, 100), "length": np.linalg.norm(vectors, axis=1)},
)
destination = Destination(logdir=folder / "logdir", standalone=folder / "site")
for written in projector_export.write(table, destination, treatment=Treatment(center=True)):
    print(written.target, written.folder, written.viewer_shape)
