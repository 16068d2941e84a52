"""Texts encoded by a function and by small models, against the same done by hand."""

import json
import sys
from pathlib import Path

import numpy as np
from source_promises import SourceCase

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import text_models
from text_models import embed, texts_of

from projector_export.sources import encoders
from projector_export.sources.encoders import Encoding, TextColumns, TextOptions

TEXTS = texts_of(40, longest=15)
RECORDS = [{"class": row % 3, "text": text} for row, text in enumerate(TEXTS)]


def read_by(model, options=None):
    def read(data):
        (table,) = encoders.read(data, model, options)
        return table

    return read


def json_lines(folder, records=RECORDS, name="news.jsonl"):
    path = folder / name
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def csv(folder, text=None):
    path = folder / "news.csv"
    lines = ["class,text", *(f'{record["class"]},"{record["text"]}"' for record in RECORDS)]
    path.write_text("\n".join(lines) if text is None else text, encoding="utf-8")
    return path


def as_bytes(content):
    def make(folder):
        path = folder / "news.csv"
        path.write_bytes(content)
        return path

    return make


FILES = {
    "empty": (as_bytes(b""), ("news.csv",)),
    "a head and no rows": (lambda folder: csv(folder, "class,text\n"), ("one line only",)),
    "no column of texts": (lambda folder: csv(folder, "a,b\n1,2\n"), ("--text COLUMN", "'a', 'b'")),
    "not UTF-8": (as_bytes(b"class,text\n1,caf\xe9\n2,\xff\xfe\n"), ("news.csv",)),
    "rows of different lengths": (lambda folder: csv(folder, "class,text\n1,a\n1,2,3,4\n"), ("news.csv",)),
    "not there": (lambda folder: folder / "nothing.csv", ("nothing.csv",)),
    "a picture": (as_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), ("news.csv",)),
}
LISTS = {
    "no texts": (lambda folder: [], ("no rows",)),
    "a number": (lambda folder: ["a", 1], ("text 1 of the list is '1'",)),
    "a generator": (lambda folder: (text for text in "ab"), ("generator",)),
}


def cut_off(folder):
    path = json_lines(folder)
    path.write_bytes(path.read_bytes()[:-20])
    return path


OBJECTS = {
    "lists instead of texts": (
        lambda folder: json_lines(folder, [{"text": ["a"], "class": 1}]),
        ("'text', row 0",),
    ),
    "cut off": (cut_off, ("news.jsonl",)),
}


class Tiny:
    """A tiny model, made when it is needed and only once."""

    made = None

    @classmethod
    def folder(cls):
        if cls.made is None:
            import tempfile

            cls.keeper = tempfile.TemporaryDirectory(prefix="tiny-model-")
            cls.made = text_models.tiny_sentence_transformer(Path(cls.keeper.name))
        return cls.made


def read_by_model(data):
    return read_by(Tiny.folder())(data)


def read_first_tokens(data):
    return read_by(Tiny.folder(), TextOptions(encoding=Encoding(pooling="cls")))(data)


def by_its_library(_):
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(Tiny.folder()), device="cpu").encode(TEXTS)


def first_token(_):
    import torch
    from transformers import AutoModel, AutoTokenizer

    inner = Tiny.folder()
    tokenizer, model = AutoTokenizer.from_pretrained(inner), AutoModel.from_pretrained(inner).eval()
    with torch.inference_mode():
        found = [
            model(**tokenizer(text, truncation=True, max_length=32, return_tensors="pt")).last_hidden_state[0, 0]
            for text in TEXTS
        ]
    return torch.stack(found).numpy()


def case(name, make, read, *, vectors=lambda _: embed(TEXTS).astype(np.float32), **more):
    return SourceCase(name, make, read, vectors, more.pop("labels", lambda _: TEXTS), **more)


NARROW = TextOptions(TextColumns(text="text", metadata=[]), Encoding(truncate_dim=3))

CASES = [
    case("texts, list", lambda _: list(TEXTS), read_by(embed), damaged=LISTS),
    case("texts, CSV", csv, read_by(embed), damaged=FILES),
    case("texts, JSON lines", json_lines, read_by(embed), damaged=OBJECTS),
    case(
        "texts, first dimensions",
        json_lines,
        read_by(embed, NARROW),
        vectors=lambda _: embed(TEXTS)[:, :3].astype(np.float32),
    ),
    case("texts, sentence-transformers", csv, read_by_model, vectors=by_its_library, tolerance=1e-5, is_heavy=True),
    case(
        "texts, transformers",
        csv,
        read_first_tokens,
        vectors=first_token,
        tolerance=1e-5,
        is_heavy=True,
    ),
]
