"""Ready-made vectors from files: an array with labels, a Parquet file with a column of lists, a CSV of measurements.

Run:  python examples/vectors_files.py [FOLDER]
"""

import csv
import sys
from pathlib import Path

import numpy as np

import projector_export
from projector_export.pipeline.vectors import VectorReading, export_vectors

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "projector")
folder.mkdir(parents=True, exist_ok=True)
generator = np.random.default_rng(0)
vectors = generator.normal(size=(200, 16)).astype(np.float32)
names = [f"sample {row}" for row in range(200)]

np.save(folder / "samples.npy", vectors)
(folder / "names.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
reading = VectorReading(labels=folder / "names.txt")
for written in export_vectors(folder / "samples.npy", folder / "runs", reading=reading):
    print(written.name, written.shape, written.folder)

with (folder / "measurements.csv").open("w", newline="", encoding="utf-8") as file:
    rows = csv.writer(file)
    rows.writerow(["name", *(f"dim_{number}" for number in range(16)), "group"])
    rows.writerows(
        [name, *vector, row % 3] for row, (name, vector) in enumerate(zip(names, vectors.tolist(), strict=True))
    )
for written in export_vectors(folder / "measurements.csv", folder / "runs"):
    print(written.name, written.shape, *written.notes)

table = projector_export.read(folder / "samples.npy")
print(table.shape, table.vectors.read(0, 2).dtype)
