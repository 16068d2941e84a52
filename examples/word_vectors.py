"""Word vectors trained with gensim, saved in its own format, and shown: names that Python's library uses in like places.

Run:  python examples/word_vectors.py [LOGDIR]     needs: pip install gensim
"""

import os
import re
import sys
import tempfile
from pathlib import Path

from gensim.models import Word2Vec

import projector_export
from projector_export.sources import word_vectors

files = sorted(Path(os.__file__).parent.glob("*.py"))[:60]
lines = [line for file in files for line in file.read_text(encoding="utf-8", errors="replace").splitlines()]
sentences = [re.findall(r"[A-Za-z_]{2,}", line) for line in lines]
model = Word2Vec(sentences, vector_size=50, min_count=20, epochs=5, workers=1, seed=1)

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "names.kv"
    model.wv.save(str(path))
    table = word_vectors.read(path)
    counts = table.column("count").values
    print(f"{table.n_rows:,} names of {table.n_dims} dimensions; the first one was seen {counts[0]:,} times")
    projector_export.write(table, sys.argv[1] if len(sys.argv) > 1 else "projector")
