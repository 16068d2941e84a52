"""Make chroma_VERSION.zip: a folder as Chroma leaves it, and in expected.json what Chroma itself reads from it.

Run where the package chromadb is installed:  python make_chroma_folder.py
"""

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import chromadb
import numpy as np

N_DIMS = 4
SPACES = {"angles": "cosine", "distances": "l2"}
READ = "--read"


def client(folder):
    return chromadb.PersistentClient(str(folder), settings=chromadb.Settings(anonymized_telemetry=False))


def records(first, last):
    rows = range(first, last)
    vectors = np.random.default_rng(first).normal(size=(len(rows), N_DIMS)).astype(np.float32)
    return {
        "ids": [f"id{row}" for row in rows],
        "embeddings": vectors.tolist(),
        "documents": [f"document {row}" for row in rows],
        "metadatas": [{"row": row, "share": row / 4, "even": row % 2 == 0, "kind": f"kind {row % 3}"} for row in rows],
    }


def write(folder):
    here = client(folder)
    for name, space in SPACES.items():
        metadata = {"hnsw:space": space, "hnsw:sync_threshold": 20, "hnsw:batch_size": 10}
        collection = here.create_collection(name, metadata=metadata, embedding_function=None)
        for first in range(0, 40, 10):
            collection.add(**records(first, first + 10))
        collection.delete(ids=["id3", "id25"])
        collection.update(
            ids=["id5"], embeddings=[[9.0] * N_DIMS], documents=["changed"], metadatas=[{"kind": "changed"}]
        )
        collection.upsert(ids=["id6", "new"], embeddings=[[8.0] * N_DIMS, [7.0] * N_DIMS], documents=["six", "new"])
        collection.add(**records(40, 47))
        collection.delete(ids=["id44"])
    few = here.create_collection("few", metadata={"hnsw:space": "l2"}, embedding_function=None)
    few.add(ids=["a", "b"], embeddings=[[1.0, 2.0], [3.0, 4.0]])


def read(folder):
    here = client(folder)
    found = {}
    for name in [*SPACES, "few"]:
        got = here.get_collection(name, embedding_function=None).get(include=["embeddings", "documents", "metadatas"])
        vectors = np.asarray(got["embeddings"], dtype=np.float32).tolist()
        rows = zip(got["ids"], vectors, got["documents"], got["metadatas"], strict=True)
        found[name] = {record: {"vector": v, "document": d, "metadata": m} for record, v, d, m in rows}
    print(json.dumps(found, sort_keys=True))


def main():
    with tempfile.TemporaryDirectory() as place:
        written, copied = Path(place) / "chroma", Path(place) / "copy"
        subprocess.run([sys.executable, __file__, written], check=True)
        shutil.copytree(written, copied)
        told = subprocess.run([sys.executable, __file__, copied, READ], check=True, capture_output=True, text=True)
        target = Path(__file__).with_name(f"chroma_{chromadb.__version__}.zip")
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            archive.writestr("expected.json", told.stdout.splitlines()[-1])
            for path in sorted(written.rglob("*")):
                archive.write(path, path.relative_to(place))


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    elif READ in sys.argv:
        read(sys.argv[1])
    else:
        write(sys.argv[1])
