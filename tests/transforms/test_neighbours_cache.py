import os
import pickle
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from projector_export.table import EmbeddingTable
from projector_export.transforms.neighbours import attach, graph_cache, neighbours

VALUES = np.random.default_rng(4).normal(size=(300, 16)).astype(np.float32)


def table_of(values=VALUES):
    return EmbeddingTable.from_array(values, name="t")


def from_cache(result):
    return result.provenance.steps[-1].parameters["from_cache"]


def the_file(folder):
    (path,) = folder.glob("neighbours-*.npz")
    return path


@pytest.fixture
def folder(tmp_path):
    neighbours(table_of(), 12, cache=tmp_path / "cache")
    return tmp_path / "cache"


@pytest.mark.parametrize("k", [12, 5])
def test_kept_neighbours_serve_the_next_command(folder, k, monkeypatch):
    monkeypatch.setattr(attach, "_find", None)
    result = neighbours(table_of(), k, cache=folder)
    expected = neighbours(table_of(), k, cache=folder).neighbours
    assert from_cache(result)
    assert result.neighbours.indices.tobytes() == expected.indices.tobytes()
    assert result.neighbours.k == k


def test_more_neighbours_replace_fewer(folder):
    assert not from_cache(neighbours(table_of(), 20, cache=folder))
    assert from_cache(neighbours(table_of(), 20, cache=folder))
    assert the_file(folder)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_other_rows_and_metrics_have_graphs_of_their_own(folder, metric):
    values = VALUES.copy()
    values[299, 15] += 1e-6 if metric == "cosine" else 0
    assert not from_cache(neighbours(table_of(values), 12, metric=metric, cache=folder))
    assert len(list(folder.iterdir())) == 2


@pytest.mark.heavy
def test_an_approximate_graph_serves_its_own_seed_only(folder):
    pytest.importorskip("pynndescent")
    told = [
        from_cache(neighbours(table_of(), k, method="nn_descent", seed=seed, cache=folder))
        for k, seed in [(12, 1), (12, 1), (12, 2), (11, 1)]
    ]
    assert told == [False, True, False, False]


def changed(path, **arrays):
    with np.load(path) as kept:
        whole = {name: kept[name] for name in kept.files}
    whole |= {name: change(whole[name]) for name, change in arrays.items()}
    np.savez(path, **whole)


def damage_bytes(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def compress(path):
    with np.load(path) as kept:
        whole = {name: kept[name] for name in kept.files}
    whole["more"] = np.zeros(10**6)
    np.savez_compressed(path, **whole)


def with_nan(distances):
    distances[5, 3] = np.nan
    return distances


DAMAGES = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("neighbours"),
    "pickle": lambda path: path.write_bytes(pickle.dumps({"indices": [1]})),
    "pickled array": lambda path: changed(path, indices=lambda a: a.astype(object)),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "one byte": damage_bytes,
    "compressed": compress,
    "array missing": lambda path: np.savez(path, indices=np.zeros((300, 12), np.int32)),
    "wrong dtype": lambda path: changed(path, indices=lambda a: a.astype(np.int64)),
    "fewer rows": lambda path: changed(path, indices=lambda a: a[:200] % 200, distances=lambda a: a[:200]),
    "out of range": lambda path: changed(path, indices=lambda a: a + 200),
    "negative": lambda path: changed(path, indices=lambda a: a - 200),
    "itself": lambda path: changed(path, indices=lambda a: np.where(a == a[:, :1], np.arange(300)[:, None], a)),
    "twice": lambda path: changed(path, indices=lambda a: a[:, [0, 0, *range(2, 12)]]),
    "nan": lambda path: changed(path, distances=with_nan),
    "falling": lambda path: changed(path, distances=lambda a: a[:, ::-1]),
    "shifted": lambda path: changed(path, distances=lambda a: a + np.float32(0.01)),
    "other rows": lambda path: changed(path, indices=lambda a: np.roll(a, 1, axis=0)),
    "not the nearest": lambda path: changed(path, indices=lambda a: a[:, 1:], distances=lambda a: a[:, 1:]),
    "recall": lambda path: changed(path, recall=lambda a: a + 1),
    "folder": lambda path: (path.unlink(), path.mkdir()),
    "pipe": lambda path: (path.unlink(), os.mkfifo(path)),
}


@pytest.mark.parametrize("damage", sorted(DAMAGES))
def test_what_cannot_be_believed_is_computed_again(folder, damage):
    expected = neighbours(table_of(), 11).neighbours
    DAMAGES[damage](the_file(folder))
    result = neighbours(table_of(), 11, cache=folder)
    assert not from_cache(result)
    assert result.neighbours.indices.tobytes() == expected.indices.tobytes()
    assert result.neighbours.distances.tobytes() == expected.distances.tobytes()


def test_a_file_written_again_is_believed(folder):
    """The damages above are seen for what they are, not for having been written by somebody else."""
    changed(the_file(folder))
    assert from_cache(neighbours(table_of(), 12, cache=folder))


def test_at_most_four_graphs_are_kept_and_nothing_else_removed(folder):
    others = ["neighbours.npz", "neighbours-1.npz", "notes.txt", ".neighbours-x.tmp"]
    for name in others:
        (folder / name).write_text("mine")
    oldest = the_file_of_default = next(path for path in folder.iterdir() if len(path.name) > 60)
    for age, values in enumerate([VALUES * 2 + 1, VALUES + 1, VALUES + 2, VALUES + 3]):
        os.utime(oldest, (1000, 1000))
        neighbours(table_of(values), 5, cache=folder)
        assert age == 3 or oldest.exists()
    assert not the_file_of_default.exists()
    graphs = [path for path in folder.iterdir() if path.name not in others]
    assert len(graphs) == graph_cache.N_KEPT
    assert all((folder / name).read_text() == "mine" for name in others)


def test_half_written_files_of_the_day_before_are_removed(folder):
    names = [f".neighbours-{'a' * 64}.{letter * 32}.tmp" for letter in "ab"]
    for name in names:
        (folder / name).write_bytes(b"half")
    os.utime(folder / names[0], (1000, 1000))
    neighbours(table_of(VALUES + 1), 5, cache=folder)
    assert [(folder / name).exists() for name in names] == [False, True]


def test_a_folder_that_cannot_be_made_is_told_and_no_more(tmp_path):
    (tmp_path / "cache").write_text("a file")
    result = neighbours(table_of(), 5, cache=tmp_path / "cache")
    assert result.neighbours.k == 5
    assert "could not be kept for the next command: File exists" in result.provenance.notes[0]


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(file, neighbours):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(graph_cache, "_write", full)
    result = neighbours(table_of(), 5, cache=tmp_path)
    assert "No space left on device" in result.provenance.notes[0]
    assert list(tmp_path.iterdir()) == []


def test_the_graph_is_stored_not_pickled(folder):
    with zipfile.ZipFile(the_file(folder)) as archive:
        assert sorted(archive.namelist()) == ["distances.npy", "indices.npy", "recall.npy"]
    with np.load(the_file(folder), allow_pickle=False) as arrays:
        assert (arrays["indices"].dtype, arrays["distances"].dtype) == (np.int32, np.float32)


PROGRAM = """
import sys
import numpy as np
from pathlib import Path
from projector_export.table import EmbeddingTable
from projector_export.transforms.neighbours import neighbours
values = np.random.default_rng(4).normal(size=(300, 16)).astype(np.float32)
for k in range(3, 23):
    found = neighbours(EmbeddingTable.from_array(values), k, cache=Path(sys.argv[1])).neighbours
    assert found.indices.shape == (300, k)
"""


@pytest.mark.heavy
def test_two_commands_at_once(tmp_path):
    commands = [subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path)]) for _ in range(2)]
    assert [command.wait(timeout=100) for command in commands] == [0, 0]
    assert len(list(tmp_path.iterdir())) == 1
