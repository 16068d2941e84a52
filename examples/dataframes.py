"""Data frames: a column of lists are the vectors, or several columns of numbers; all others are told beside the points.

Run:  python examples/dataframes.py [LOGDIR]     needs: pip install pandas polars pyarrow
"""

import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

import projector_export

logdir = sys.argv[1] if len(sys.argv) > 1 else "projector"
generator = np.random.default_rng(0)
centres = generator.normal(size=(4, 24)) * 2
topics = generator.integers(0, 4, 400)
vectors = (centres[topics] + generator.normal(size=(400, 24))).astype(np.float32)
titles = [f"article {number}" for number in range(400)]
named_topics = np.array(["sport", "science", "world", "business"])[topics]

articles = pd.DataFrame({"title": titles, "topic": named_topics, "embedding": list(vectors)})
projector_export.export(articles, logdir, name="pandas")

measured = pd.DataFrame(vectors[:, :3], columns=["x", "y", "z"], index=titles).assign(topic=named_topics)
projector_export.export(measured, logdir, name="three columns", vectors=["x", "y", "z"])

frame = pl.DataFrame({"title": titles, "topic": named_topics, "embedding": vectors})
projector_export.export(frame, logdir, name="polars")

rows = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), 24)
for written in projector_export.export(pa.table({"embedding": rows, "title": titles}), logdir, name="arrow"):
    print(written.folder, written.shape)
