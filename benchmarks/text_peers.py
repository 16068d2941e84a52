"""Texts to vectors by sentence-transformers' own method, and what the cases of texts need: ``python text_peers.py WAY ...``.

encode MODEL CSV BATCH_SIZE OUT    title and body of every row, the vectors into OUT/vectors.npy
compare MODEL CSV N_ROWS           the largest difference between our vectors and theirs, as JSON
static MODEL FOLDER                a static model of MODEL's own word embeddings, for model2vec
repeat CSV TIMES OUT               the rows so many times over
"""

from __future__ import annotations

import csv
import json
import shutil
import sys
from pathlib import Path

import numpy as np

TENSOR = "embeddings.word_embeddings.weight"


def texts_of(path: str) -> list[str]:
    with open(path, encoding="utf-8", newline="") as file:
        return [f"{title} {body}" for _, title, body in csv.reader(file)]


def encode(model: str, path: str, batch_size: str, out: str) -> None:
    from sentence_transformers import SentenceTransformer

    loaded = SentenceTransformer(model, device="cpu")
    np.save(Path(out, "vectors.npy"), loaded.encode(texts_of(path), batch_size=int(batch_size)))


def compare(model: str, path: str, n_rows: str) -> None:
    from sentence_transformers import SentenceTransformer

    from projector_export.pipeline.texts import read_texts

    texts = texts_of(path)[: int(n_rows)]
    theirs = SentenceTransformer(model, device="cpu").encode(texts)
    (table,) = read_texts(texts, model)
    print(json.dumps(float(np.abs(table.vectors.read(0, table.n_rows) - theirs).max())))


def static(model: str, folder: str) -> None:
    from model2vec import StaticModel
    from safetensors import safe_open
    from tokenizers import Tokenizer

    with safe_open(Path(model, "model.safetensors"), framework="np") as file:
        vectors = file.get_tensor(TENSOR)
    tokenizer = Tokenizer.from_file(str(Path(model, "tokenizer.json")))
    StaticModel(vectors, tokenizer, config={"model_type": "model2vec"}).save_pretrained(folder)


def repeat(path: str, times: str, out: str) -> None:
    with open(out, "wb") as file:
        for _ in range(int(times)):
            with open(path, "rb") as rows:
                shutil.copyfileobj(rows, file)


if __name__ == "__main__":
    {"encode": encode, "compare": compare, "static": static, "repeat": repeat}[sys.argv[1]](*sys.argv[2:])
