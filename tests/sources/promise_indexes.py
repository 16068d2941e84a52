"""FAISS indexes that faiss writes, LanceDB tables that lancedb writes, a folder that Chroma wrote."""

import json
import os
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
from source_promises import SourceCase

from projector_export.sources import indexes

VALUES = np.random.default_rng(8).normal(size=(60, 5)).astype(np.float32)
LABELS = [f"text {row}" for row in range(60)]
CHROMA = Path(__file__).parent / "indexes" / "chroma_1.5.9.zip"


def faiss_index(folder, *, factory, cut=None):
    import faiss

    index = faiss.index_factory(5, factory)
    index.train(VALUES)
    index.add_with_ids(VALUES, np.arange(60) + 1000) if factory.startswith("IDMap") else index.add(VALUES)
    path = folder / "vectors.faiss"
    faiss.write_index(index, os.fspath(path))
    if cut:
        path.write_bytes(path.read_bytes()[:cut])
    return path


def lance_table(folder, *, has_vectors=True):
    import lancedb
    import pyarrow as pa

    vectors = pa.FixedSizeListArray.from_arrays(pa.array(VALUES.reshape(-1)), 5)
    columns = {"text": LABELS, "vector": vectors} if has_vectors else {"text": LABELS}
    lancedb.connect(str(folder / "lance")).create_table("words", pa.table(columns))
    return folder / "lance"


def chroma_folder(folder, *, cut=None):
    with zipfile.ZipFile(CHROMA) as archive:
        archive.extractall(folder)
    if cut:
        path = folder / "chroma" / "chroma.sqlite3"
        path.write_bytes(path.read_bytes()[:cut])
    return folder / "chroma"


def in_order(given):
    """Return what Chroma itself read, in the order in which make_chroma_folder.py adds the records."""
    found = json.loads((given.parent / "expected.json").read_text())["distances"]
    names = [f"id{row}" for row in range(40)] + ["new"] + [f"id{row}" for row in range(40, 47)]
    return [found[name] for name in names if name in found]


CASES = [
    *(
        SourceCase(
            name=f"FAISS {factory}",
            make=partial(faiss_index, factory=factory),
            read=indexes.read,
            vectors=lambda _: VALUES,
            labels=lambda _: None,
            damaged={
                "truncated": (
                    partial(faiss_index, factory=factory, cut=700),
                    ("'vectors.faiss' is damaged", "are left"),
                )
            },
        )
        for factory in ("Flat", "IDMap,Flat", "HNSW8,Flat", "IVF2,Flat")
    ),
    SourceCase(
        name="LanceDB",
        make=lance_table,
        read=indexes.read,
        vectors=lambda _: VALUES,
        labels=lambda _: LABELS,
        damaged={"no vectors": (partial(lance_table, has_vectors=False), ("'lance' holds no column of vectors",))},
    ),
    SourceCase(
        name="Chroma",
        make=chroma_folder,
        read=partial(indexes.read, collection="distances"),
        vectors=lambda given: np.array([record["vector"] for record in in_order(given)]),
        labels=lambda given: [record["document"] for record in in_order(given)],
        damaged={"truncated": (partial(chroma_folder, cut=5000), ("chroma.sqlite3 is damaged",))},
    ),
]
