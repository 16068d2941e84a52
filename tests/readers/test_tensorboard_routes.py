"""What TensorBoard's own plugin serves of our exports, over HTTP, with TensorFlow and without, by both of its loaders."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from exports import VIEWER_ROWS, hostile_table, table_of, vectors_of
from tensorboard_server import running_tensorboard

from projector_export import Column, EmbeddingTable, write
from projector_export.formats import metadata_cell, metadata_tsv
from projector_export.options import Destination

WITH_TENSORFLOW = pytest.param((True, True), marks=pytest.mark.heavy, id="tensorflow")
WITH_TENSORFLOW_SLOW = pytest.param((True, False), marks=pytest.mark.heavy, id="tensorflow-python-loader")


def text_as_numbers(text):
    """Return vectors whose bytes are that text, again and again."""
    return np.frombuffer(text * 16, dtype="<f4").reshape(-1, 4).copy()


def smallest_and_largest():
    vectors = vectors_of(40, 4)
    limits = np.finfo(np.float32)
    vectors[:4] = np.array(
        [-0.0, limits.smallest_subnormal, -limits.smallest_subnormal, limits.max, limits.min, limits.tiny, 0.0, 1.0]
        * 2,
        dtype=np.float32,
    ).reshape(4, 4)
    return vectors


def labelled(name, vectors):
    return table_of(name, [f"row {row}" for row in range(len(vectors))], vectors)


def two_numbers(name):
    columns = [Column("score", np.array([0.25, np.nan, -1e300])), Column("flag", np.array([True, False, True]))]
    return EmbeddingTable.from_array(vectors_of(3, 3), name=name, columns=columns)


ROOT_TABLES = {
    table.name: table
    for table in (
        hostile_table("hostile labels"),
        labelled("all zero", np.zeros((50, 5), np.float32)),
        labelled("bytes that read as a table", text_as_numbers(b"1.25\t2.5\n3.75\t.5\n")),
        labelled("text in the first line", text_as_numbers(b"abcdefghijk\n\xff\xfe\xfd\xfc")),
        labelled("line break first", text_as_numbers(b"\nabcdefghijk\xff\xfe\xfd\xfc")),
        labelled("characters of three bytes", text_as_numbers("日本語語\n".encode())),
        labelled("two dimensions", vectors_of(30, 2)),
        labelled("one dimension", vectors_of(30, 1)),
        labelled("two rows", vectors_of(2, 300)),
        labelled("extreme values", smallest_and_largest()),
        labelled("half precision", vectors_of(64, 6).astype(np.float16)),
        labelled("double precision", vectors_of(64, 6).astype(np.float64) / 3),
        labelled("more rows than the viewer takes", vectors_of(VIEWER_ROWS + 517, 3)),
        two_numbers("numbers only"),
        EmbeddingTable.from_array(vectors_of(20, 3), name="no columns"),
        EmbeddingTable.from_array(
            vectors_of(4, 3), name="one column", columns=[Column("word", ["a", "007", "", "\t"])]
        ),
        labelled("name with / slash, ünïcode: 日本", vectors_of(10, 3)),
    )
}
RUN_TABLES = {
    "epochs/01": labelled("weights", vectors_of(20, 3, seed=1)),
    "epochs/02": labelled("weights", vectors_of(20, 3, seed=2)),
    "a b/ü": labelled("weights", vectors_of(20, 3, seed=3)),
}
PLACES = [(".", table) for table in ROOT_TABLES.values()] + list(RUN_TABLES.items())
PLACE_NAMES = [f"{run}-{table.name}" for run, table in PLACES]


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """A logdir with every table, and what was written where."""
    logdir = tmp_path_factory.mktemp("readers") / "logs"
    written = {(".", result.name): result for result in write(list(ROOT_TABLES.values()), logdir)}
    for run, table in RUN_TABLES.items():
        (result,) = write(table, Destination(logdir=logdir, run=run))
        written[run, table.name] = result
    return logdir, written


@pytest.fixture(
    scope="session",
    params=[
        pytest.param((False, True), id="stub"),
        pytest.param((False, False), id="stub-python-loader"),
        WITH_TENSORFLOW,
        WITH_TENSORFLOW_SLOW,
    ],
)
def server(request, exported, tmp_path_factory):
    tensorflow, fast = request.param
    log_path = tmp_path_factory.mktemp("tensorboard") / "log.txt"
    with running_tensorboard(exported[0], log_path, tensorflow=tensorflow, fast=fast) as running:
        yield running
        assert ("TensorFlow installation not found" in log_path.read_text()) is not tensorflow
        assert "Traceback" not in log_path.read_text()


def served_vectors(server, run, name, n_dims):
    data = server.get("tensor", run=run, name=name, num_rows=VIEWER_ROWS)
    return np.frombuffer(data, dtype="<f4").reshape(-1, n_dims)


def served_metadata(server, run, name):
    return metadata_tsv.decode(server.get("metadata", run=run, name=name, num_rows=VIEWER_ROWS))


def source_rows(table, served_rows):
    """Return which rows the viewer shows: all, or those whose ids it was given."""
    if table.n_rows <= VIEWER_ROWS:
        return np.arange(table.n_rows)
    return np.array([row[1] for row in served_rows], dtype=np.int64)


def expected_vectors(table, rows, moved):
    expected = np.array(table.vectors.read(0, table.n_rows))[rows]
    if moved:
        assert abs(expected[moved["row"], moved["dimension"]] - np.float32(moved["original"])) == 0
        expected[moved["row"], moved["dimension"]] = moved["written"]
    return expected


def expected_column(column, rows):
    """Return what the viewer has to hold: numbers, or texts as they are spelled for the eye."""
    values = [column.values[row] for row in rows.tolist()]
    if not column.is_numeric:
        counted = len(set(values)) <= 50
        return [metadata_cell.encode(value, counted=counted) for value in values]
    if column.values.dtype.kind == "b":
        return ["true" if value else "false" for value in values]
    return [None if np.isnan(value) else float(value) for value in values]


def test_runs_are_listed(server):
    assert sorted(json.loads(server.get("runs"))) == sorted({run for run, _ in PLACES})


@pytest.mark.parametrize("run", [".", *RUN_TABLES])
def test_tensors_are_listed_once(server, run):
    listed = json.loads(server.get("info", run=run))["embeddings"]
    assert Counter(entry["tensorName"] for entry in listed) == Counter(table.name for at, table in PLACES if at == run)
    for entry in listed:
        table = next(table for at, table in PLACES if (at, table.name) == (run, entry["tensorName"]))
        assert entry["tensorShape"] == [min(table.n_rows, VIEWER_ROWS), max(3, table.n_dims)]


@pytest.mark.parametrize(("run", "table"), PLACES, ids=PLACE_NAMES)
def test_every_vector_and_label_is_served(server, exported, run, table):
    folder = exported[1][run, table.name].folder
    moved = json.loads((folder / "manifest.json").read_text())["viewer"]["moved_value"]
    vectors = served_vectors(server, run, table.name, max(3, table.n_dims))
    if not table.columns:
        assert np.array_equal(vectors, expected_vectors(table, np.arange(table.n_rows), moved))
        return
    metadata = served_metadata(server, run, table.name)
    rows = source_rows(table, metadata.rows)
    assert len(vectors) == len(rows) == min(table.n_rows, VIEWER_ROWS)
    assert np.all(np.diff(rows) > 0)
    assert np.array_equal(vectors[:, : table.n_dims], expected_vectors(table, rows, moved))
    assert not vectors[:, table.n_dims :].any()
    names = [column.name for column in table.columns] if len(table.columns) > 1 else ["label"]
    assert list(metadata.names) == names
    assert list(metadata.rows) == list(zip(*(expected_column(column, rows) for column in table.columns), strict=True))


def test_distinct_labels_stay_distinct(server):
    table = ROOT_TABLES["hostile labels"]
    cells = [row[0] for row in served_metadata(server, ".", table.name).rows]
    assert len(set(cells)) == len(set(table.columns[0].values)) > 6000
    assert [metadata_cell.decode(cell) for cell in cells] == list(table.columns[0].values)


def test_zeros_move_only_their_sign(server):
    served = served_vectors(server, ".", "all zero", 5)
    assert served.shape == (50, 5)
    assert not served.any()
    assert np.signbit(served).sum() == 1


@pytest.mark.parametrize("name", ["bytes that read as a table", "text in the first line", "line break first"])
def test_one_value_moves_by_few_ulps_and_is_told(exported, name):
    result = exported[1][".", name]
    moved = json.loads((result.folder / "manifest.json").read_text())["viewer"]["moved_value"]
    assert 1 <= moved["ulps"] <= 128
    assert sum("moved by" in note for note in result.notes) == 1


def test_rows_of_a_large_table_are_chosen_by_kind(server):
    table = ROOT_TABLES["more rows than the viewer takes"]
    kinds = Counter(row[2] for row in served_metadata(server, ".", table.name).rows)
    assert kinds["special"] == list(table.column("kind").values).count("special")


@pytest.mark.heavy
@pytest.mark.parametrize("hidden", [True, False])
def test_tensorflow_is_hidden_from_tensorboard(hidden):
    program = f"import tensorboard_server as s; {hidden} and s.hide_tensorflow()\nfrom tensorboard.compat import tf; print(tf.__version__)"
    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert (found.stdout.split()[-1] == "stub") is hidden


@pytest.mark.heavy
@pytest.mark.parametrize(("run", "table"), PLACES, ids=PLACE_NAMES)
def test_tensorflow_reads_the_checkpoint_bit_by_bit(exported, run, table):
    import tensorflow as tf

    reader = tf.train.load_checkpoint(exported[1][run, table.name].folder)
    assert reader.get_variable_to_shape_map() == {table.name: list(table.shape)}
    tensor = reader.get_tensor(table.name)
    assert tensor.dtype == np.float32
    assert tensor.tobytes() == table.vectors.read(0, table.n_rows).tobytes()
