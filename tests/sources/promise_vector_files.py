"""Files of arrays and records, and how each of them can be spoilt."""

import json
import pickle
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import safetensors.numpy
from source_promises import SourceCase

from projector_export.pipeline.vectors import VectorReading, read_vectors

RNG = np.random.default_rng(7)
TABLE = RNG.normal(size=(23, 5)).astype(np.float32)
WORDS = [f"word {row}" for row in range(23)]
CODES = list(range(23))


def read(path, **options):
    (table,) = read_vectors(path, VectorReading(**options))
    return table


def written(name, content):
    """Return a function that puts bytes or a text into a folder."""

    def make(folder):
        path = folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


def by(name, write):
    """Return a function that has a library write a file."""

    def make(folder):
        write(folder / name)
        return folder / name

    return make


def cut(make, keep):
    def cut_off(folder):
        path = make(folder)
        path.write_bytes(path.read_bytes()[:keep])
        return path

    return cut_off


def lists():
    return pd.DataFrame({"word": WORDS, "code": CODES, "vector": list(TABLE)})


def wide():
    frame = pd.DataFrame(TABLE.astype(np.float64), columns=[f"dim_{i}" for i in range(5)])
    frame.insert(0, "word", WORDS)
    frame["code"] = CODES
    return frame


def with_vector(row, vector):
    vectors = [list(map(float, each)) for each in TABLE]
    vectors[row] = vector
    return pa.table({"word": WORDS, "vector": pa.array(vectors, pa.list_(pa.float64()))})


def dataset(folder):
    path = folder / "saved"
    path.mkdir()
    table = pa.table({"word": WORDS, "vector": pa.array(list(TABLE), pa.list_(pa.float32()))})
    with (
        pa.OSFile(str(path / "data-00000-of-00001.arrow"), "wb") as sink,
        pa.ipc.new_stream(sink, table.schema) as writer,
    ):
        writer.write_table(table)
    (path / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}))
    (path / "dataset_info.json").write_text("{}")
    return path


def case(name, make, *, labels=True, damaged=None, read=read, **more):
    return SourceCase(
        name=f"vector files: {name}",
        make=make,
        read=read,
        vectors=lambda given: TABLE,
        labels=lambda given: list(WORDS) if labels else None,
        damaged=damaged or {},
        **more,
    )


def with_labels(folder):
    np.save(folder / "x.npy", TABLE)
    (folder / "labels.txt").write_text("\n".join(WORDS) + "\n")
    return folder / "x.npy"


def too_few_labels(folder):
    path = with_labels(folder)
    (folder / "labels.txt").write_text("one\ntwo\n")
    return path


def read_with_labels(path):
    return read(path, labels=Path(path).with_name("labels.txt"))


NPY = by("x.npy", lambda path: np.save(path, TABLE))
NPZ = by("x.npz", lambda path: np.savez_compressed(path, vectors=TABLE, words=np.array(WORDS)))
PARQUET = by("x.parquet", lambda path: lists().to_parquet(path, row_group_size=10))
CSV = by("x.csv", lambda path: wide().to_csv(path, index=False))
JSONL = by("x.jsonl", lambda path: lists().to_json(path, orient="records", lines=True, double_precision=15))
HDF5 = by("x.h5", lambda path: h5py.File(path, "w").create_dataset("group/vectors", data=TABLE).file.close())
SAFETENSORS = by("x.safetensors", lambda path: safetensors.numpy.save_file({"vectors": TABLE}, path))

CASES = [
    case(
        "npy with labels",
        with_labels,
        read=read_with_labels,
        damaged={
            "too few labels": (too_few_labels, ("2 labels for 23 vectors",)),
        },
    ),
    case(
        "npy",
        NPY,
        labels=False,
        damaged={
            "cut off": (cut(NPY, -3), ("is damaged or cut off",)),
            "three axes": (by("x.npy", lambda path: np.save(path, TABLE[None])), ("shape (1, 23, 5)",)),
            "one axis": (by("x.npy", lambda path: np.save(path, TABLE[0])), ("shape (5,)",)),
            "no rows": (by("x.npy", lambda path: np.save(path, TABLE[:0])), ("is empty", "(0, 5)")),
            "complex": (by("x.npy", lambda path: np.save(path, TABLE.astype(complex))), ("complex128", "real numbers")),
            "objects": (by("x.npy", lambda path: np.save(path, np.array([[{}]]))), ("unpickled",)),
            "a pickle": (written("x.pkl", pickle.dumps(TABLE)), ("is a pickle", "np.save")),
            "bare values": (written("x.bytes", TABLE.tobytes()), ("without their shape", "np.fromfile")),
            "not there": (lambda folder: folder / "none.npy", ("there is no file",)),
        },
    ),
    case("npy by columns", by("x.npy", lambda path: np.save(path, np.asfortranarray(TABLE))), labels=False),
    case(
        "npz with words",
        NPZ,
        damaged={
            "cut off": (cut(NPZ, -30), ("damaged",)),
            "two tables": (
                by("x.npz", lambda path: np.savez(path, left=TABLE, right=TABLE)),
                ("'left' (23, 5) float32, 'right' (23, 5) float32: name one",),
            ),
            "no table": (
                by("x.npz", lambda path: np.savez(path, a=TABLE[0], b=CODES)),
                ("no table of vectors", "'a' (5,)"),
            ),
            "a zip of texts": (written("x.npz", b"PK\x03\x04 and no more"), ("damaged",)),
        },
    ),
    case(
        "parquet",
        PARQUET,
        damaged={
            "cut off": (cut(PARQUET, -50), ("damaged or no Parquet file",)),
            "a row without vector": (
                by("x.parquet", lambda path: pq.write_table(with_vector(9, None), path)),
                ("row 9 of column 'vector' has no vector",),
            ),
            "a ragged row": (
                by("x.parquet", lambda path: pq.write_table(with_vector(9, [1.0]), path)),
                ("row 9 of column 'vector' has 1 number instead of 5",),
            ),
            "a missing number": (
                by("x.parquet", lambda path: pq.write_table(with_vector(9, [1.0, None, 2.0, 3.0, 4.0]), path)),
                ("row 9 of column 'vector' has no number at place 2",),
            ),
            "two vectors a row": (
                by("x.parquet", lambda path: lists().assign(other=list(TABLE)).to_parquet(path)),
                ("'vector' (5 numbers a row), 'other' (5 numbers a row): name one",),
            ),
            "texts only": (
                by("x.parquet", lambda path: pd.DataFrame({"word": WORDS}).to_parquet(path)),
                ("has no vectors", "('word')"),
            ),
        },
    ),
    case(
        "parquet of polars", by("x.parquet", lambda path: pl.DataFrame({"word": WORDS, "v": TABLE}).write_parquet(path))
    ),
    case("feather", by("x.feather", lambda path: lists().to_feather(path))),
    case("arrow of polars", by("x.arrow", lambda path: pl.DataFrame({"word": WORDS, "v": TABLE}).write_ipc(path))),
    case("dataset", dataset),
    case(
        "csv",
        CSV,
        damaged={
            "ragged": (written("x.csv", "w,a,b\nx,1,2\ny,1\n"), ("line 3", "2 cells instead of 3")),
            "a gap": (written("x.csv", "w,a1,a2\nx,1,2\ny,,4\n"), ("row 1 of column 'a1' is missing",)),
            "a word among numbers": (
                written("x.csv", "w,a1,a2\n" + "x,1,2\n" * 1000 + "y,no,4\n"),
                ("row 1,000 of column 'a1' is 'no' and no number",),
            ),
            "not UTF-8": (written("x.csv", b"w,a,b\nx,1,2\n\xff,1,2\n"), ("line 3", "not UTF-8")),
            "two columns of one name": (written("x.csv", "w,a,a\nx,1,2\n"), ("two columns named 'a'",)),
            "head only": (written("x.csv", "w,a,b\n"), ("one line only",)),
            "empty": (written("x.csv", ""), ("is empty",)),
            "NUL": (written("x.csv", "w,a,b\nx,1,2\0\n"), ("NUL",)),
            "printed arrays": (
                written("x.csv", 'w,v\nx,"[1. 2. ... 3. 4.]"\n'),
                ("row 0 of column 'v' was printed with '...'", ".tolist()"),
            ),
        },
    ),
    case("csv with an index", by("x.csv", lambda path: wide().to_csv(path))),
    case(
        "csv of lists",
        by("x.csv", lambda path: lists().assign(vector=[each.tolist() for each in TABLE]).to_csv(path, index=False)),
    ),
    case("tsv", by("x.tsv", lambda path: wide().to_csv(path, index=False, sep="\t"))),
    case(
        "jsonl",
        JSONL,
        tolerance=1e-6,
        damaged={
            "cut off": (cut(JSONL, -20), ("line 23", "is no JSON")),
            "a text in a vector": (
                written("x.jsonl", '{"v": [1, 2]}\n{"v": [1, "b"]}\n'),
                ("row 1 of column 'v' holds 'b', which is no number",),
            ),
            "no vector": (written("x.jsonl", '{"v": [1, 2]}\n{"w": 1}\n'), ("row 1 of column 'v' has no vector",)),
            "a number in place of a vector": (
                written("x.jsonl", '{"v": [1, 2]}\n{"v": 7}\n'),
                ("row 1 of column 'v' is 7 and no list",),
            ),
        },
    ),
    case(
        "hdf5",
        HDF5,
        labels=False,
        damaged={"cut off": (cut(HDF5, 900), ("x.h5",))},
    ),
    case(
        "safetensors",
        SAFETENSORS,
        labels=False,
        damaged={"cut off": (cut(SAFETENSORS, -8), ("x.safetensors",))},
    ),
    case(
        "numbers",
        by("x.txt", lambda path: np.savetxt(path, TABLE, header="made by hand")),
        labels=False,
        damaged={
            "ragged": (written("x.txt", "1 2\n" * 30 + "1 2 3\n"), ("line 31", "3 numbers instead of 2")),
            "a word": (written("x.txt", "1 2\n" * 30 + "1 b\n"), ("line 31", "'b'")),
            "words": (written("x.txt", "one text\nanother text\n"), ("is no file of vectors that is known here",)),
        },
    ),
]


def save_tensor(path):
    import torch

    torch.save({"vectors": torch.from_numpy(TABLE), "step": 3}, path)


def save_module(path):
    import torch

    torch.save(torch.nn.Embedding(3, 4), path)


CASES.append(
    case(
        "torch",
        by("x.pt", save_tensor),
        labels=False,
        is_heavy=True,
        damaged={
            "cut off": (cut(by("x.pt", save_tensor), -100), ("damaged",)),
            "a module": (by("x.pt", save_module), ("will not be unpickled",)),
        },
    )
)
