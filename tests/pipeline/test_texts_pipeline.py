"""From texts to an export: what is written, what is kept when the work is ended, what is refused."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import text_models
from filelock import FileLock
from text_models import embed, texts_of

from projector_export import ProjectorExportError
from projector_export.pipeline import Destination, Treatment
from projector_export.pipeline.texts import (
    TEXTS_FOLDER,
    Encoding,
    Running,
    TextColumns,
    TextOptions,
    encoded_texts,
    export_texts,
    read_texts,
)

TESTS = Path(__file__).resolve().parents[1]
N_TEXTS = 3000
TEXTS = texts_of(N_TEXTS, longest=12)


def export_files(logdir):
    """Everything below a logdir but the time at which it was written."""
    found = {}
    for path in sorted(Path(logdir).rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            if path.name == "manifest.json":
                content = {**json.loads(content), "created": None}
            found[path.relative_to(logdir).as_posix()] = content
    return found


class Ending:
    """A model that ends the work at one of its calls."""

    def __init__(self, at=None, error=KeyboardInterrupt):
        self.at, self.error, self.n_calls = at, error, 0

    def __call__(self, texts):
        self.n_calls += 1
        if self.n_calls == self.at:
            raise self.error
        return embed(texts)


def test_rows_are_the_texts_in_their_order(tmp_path):
    given = list(TEXTS)
    (written,) = export_texts(given, embed, tmp_path / "logdir")
    assert written.shape == (N_TEXTS, 4)
    assert given == TEXTS
    stored = np.fromfile(tmp_path / "logdir" / "texts" / "vectors.ckpt.data-00000-of-00001", dtype="<f4")
    np.testing.assert_array_equal(stored.reshape(N_TEXTS, 4), embed(TEXTS).astype(np.float32))
    lines = (tmp_path / "logdir" / "texts" / "metadata.tsv").read_text(encoding="utf-8").splitlines()
    assert lines[:4] == TEXTS[:4]
    assert not (tmp_path / "logdir" / TEXTS_FOLDER).exists()


def test_tables_outlive_nothing_but_their_use():
    (table,) = read_texts(TEXTS, embed)
    folder = table.vectors.paths[0]
    assert folder.exists()
    np.testing.assert_array_equal(table.vectors.read(1000, 1100), embed(TEXTS)[1000:1100].astype(np.float32))
    del table
    assert not folder.exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, RuntimeError])
@pytest.mark.parametrize("at", [2, 3, 6, 9, 13])
def test_ended_and_repeated_it_is_as_if_never_ended(tmp_path, at, error):
    export_texts(TEXTS, Ending(), tmp_path / "whole")
    with pytest.raises(error):
        export_texts(TEXTS, Ending(at, error), tmp_path / "ended")
    assert set(export_files(tmp_path / "ended")) <= {
        f"{TEXTS_FOLDER}/{path.relative_to(tmp_path / 'ended' / TEXTS_FOLDER).as_posix()}"
        for path in (tmp_path / "ended").rglob("*")
        if TEXTS_FOLDER in path.parts
    }
    again = Ending()
    export_texts(TEXTS, again, tmp_path / "ended")
    assert export_files(tmp_path / "ended") == export_files(tmp_path / "whole")
    n_kept = (at - 2) // 4 * 4  # four calls a chunk, after the first one, which asks what the function does
    assert again.n_calls == 13 - n_kept


def test_who_goes_on_is_told(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        export_texts(TEXTS, Ending(8), tmp_path)
    told = []
    destination = Destination(tmp_path)
    with encoded_texts(TEXTS, Ending(), destination, resumed=lambda *count: told.append(count)) as encoded:
        assert (encoded.n_before, encoded.n_texts) == (1024, N_TEXTS)
    assert told == [(1024, N_TEXTS)]
    with encoded_texts(TEXTS, Ending(2), destination) as encoded:  # kept: no call but the first
        assert encoded.n_before == N_TEXTS


def other_embed(texts):
    return embed(texts) + 1


@pytest.mark.parametrize("change", ["text", "order", "prompt", "dims", "batch", "function"])
def test_other_work_is_not_gone_on_with(tmp_path, change):
    with pytest.raises(KeyboardInterrupt):
        export_texts(TEXTS, Ending(11), tmp_path / "logdir")
    texts, model, options = list(TEXTS), Ending(), TextOptions()
    if change == "text":
        texts[0] = "another one"
    elif change == "order":
        texts.reverse()
    elif change == "prompt":
        options = TextOptions(encoding=Encoding(prompt="x"))
    elif change == "dims":
        options = TextOptions(encoding=Encoding(truncate_dim=2))
    elif change == "batch":
        options = TextOptions(running=Running(batch_tokens=7))
    else:
        model = other_embed
    with encoded_texts(texts, model, Destination(tmp_path / "logdir"), options=options) as encoded:
        assert encoded.n_before == 0


def test_columns_of_a_file_go_along(tmp_path):
    path = tmp_path / "news.csv"
    rows = [f'"{number % 3}","{text}","{number / 4}","{"long " * 200}"' for number, text in enumerate(TEXTS)]
    path.write_text("\n".join(["class,body,score,more", *rows]), encoding="utf-8")
    options = TextOptions(TextColumns(text="body", max_characters=20), name="n")
    (table,) = read_texts(path, embed, options)
    assert [column.name for column in table.columns] == ["body", "class", "score", "more"]
    assert table.name == "n"
    assert table.column("class").values.tolist()[:4] == [0, 1, 2, 0]
    assert table.column("score").values[3] == 0.75
    assert set(table.column("more").values) == {"long long long long…"}
    assert all(len(text) <= 20 for text in table.column("body").values)
    np.testing.assert_array_equal(table.vectors.read(0, N_TEXTS), embed(TEXTS).astype(np.float32))
    assert table.provenance.steps[0].parameters["source"] == str(path)
    assert any("3,000 texts of column 'more'" in note for note in table.provenance.notes)


def test_a_file_that_changes_meanwhile_is_told(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text("\n".join(TEXTS[:50]))

    def changing(texts):
        with path.open("a") as file:
            file.write("\none more")
        return embed(texts)

    with pytest.raises(ProjectorExportError, match="changed while it was read"):
        read_texts(path, changing)


def test_treatment_and_targets_as_everywhere(tmp_path):
    destination = Destination(logdir=tmp_path / "l", standalone=tmp_path / "s", run="r")
    options = TextOptions(name="mine")
    written = export_texts(TEXTS[:60], embed, destination, options=options, treatment=Treatment(center=True))
    assert [(each.target, each.name, each.shape) for each in written] == [
        ("tensorboard", "mine", (60, 4)),
        ("standalone", "mine", (60, 4)),
    ]


def test_wishes_that_cannot_come_true_are_told_before_the_model_is_asked(tmp_path):
    (tmp_path / "file").write_text("")
    model = Ending(1)
    with pytest.raises(ProjectorExportError):
        export_texts(TEXTS, model, tmp_path / "file")
    assert not model.n_calls


def test_two_commands_at_the_same_work(tmp_path):
    with encoded_texts(TEXTS, embed, Destination(tmp_path)) as encoded:
        with pytest.raises(ProjectorExportError, match="another command is encoding the same texts"):
            export_texts(TEXTS, embed, tmp_path)
        assert FileLock(encoded.folder / ".lock").is_locked is False
    export_texts(TEXTS, embed, tmp_path)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda texts: np.zeros(3), "has to return an array of shape (3, n_dims) for 3 texts, not (3,)"),
        (lambda texts: np.zeros((2, 4)), "not (2, 4)"),
        (lambda texts: np.zeros((3, 0)), "not (3, 0)"),
        (lambda texts: [[1.0], [1.0, 2.0], [3.0]], "lengths"),
        (lambda texts: np.full((3, 2), np.nan), "NaN or infinite numbers for the text 'The quick"),
        (lambda texts: np.full((3, 2), 1e300), "NaN or infinite"),
        (lambda texts: np.array([["a"]] * 3), "real numbers"),
        (lambda texts: np.zeros((3, 2), dtype=complex), "real numbers, not complex128"),
        (lambda texts: None, "not ()"),
    ],
)
def test_functions_that_return_something_else(function, words):
    with pytest.raises(ProjectorExportError) as refused:
        read_texts(["a", "b"], function)
    assert words in str(refused.value)


def test_a_function_that_changes_its_mind():
    calls = []

    def moody(texts):
        calls.append(len(texts))
        return np.ones((len(texts), 3 if len(calls) < 3 else 2))

    with pytest.raises(ProjectorExportError, match="2 dimensions after some of 3"):
        read_texts(TEXTS, moody)


def test_a_function_makes_one_vector_a_text():
    with pytest.raises(ProjectorExportError, match="a function makes one vector of a text"):
        read_texts(TEXTS, embed, TextOptions(encoding=Encoding(granularity="word")))
    with pytest.raises(ProjectorExportError, match="a model is a folder, a Hub id, or a function"):
        read_texts(TEXTS, 7)


def test_a_function_that_cannot_be_sent():
    def inner(texts):
        return embed(texts)

    with pytest.raises(ProjectorExportError, match="cannot be sent to other processes"):
        read_texts(TEXTS, inner, TextOptions(running=Running(workers=2)))


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("no/such/folder", "no folder 'no/such/folder'"),
        ("sentence-transformers/nothing-like-this", "the Hub cannot be asked"),
    ],
)
def test_models_that_are_not_there(model, words):
    with pytest.raises(ProjectorExportError, match=words):
        read_texts(TEXTS, model)


def test_a_damaged_chunk_is_told(tmp_path):
    with encoded_texts(TEXTS, embed, Destination(tmp_path)) as encoded:
        folder = encoded.folder
    (folder / "chunk-000001" / "vectors.f32").write_bytes(b"short")
    with pytest.raises(ProjectorExportError, match="chunk-000001"):
        export_texts(TEXTS, embed, tmp_path)


def test_a_disk_that_is_too_small_is_told_after_the_first_chunk(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, 30_000))
    model = Ending()
    with pytest.raises(ProjectorExportError, match="where 0 MB are free: what is done is kept"):
        export_texts(TEXTS, model, tmp_path)
    assert model.n_calls == 5
    monkeypatch.undo()
    export_texts(TEXTS, model, tmp_path)
    assert model.n_calls == 5 + 1 + 8


KILLED_BY_ITSELF = """
import os, signal, sys
sys.path.insert(0, {tests!r})
from text_models import embed, texts_of
from projector_export.pipeline.texts import export_texts

calls = 0
def model(texts):
    global calls
    calls += 1
    if calls == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return embed(texts)

export_texts(texts_of({n_texts}, longest=12), model, sys.argv[1])
"""

KILLED_ANY_TIME = """
import sys
sys.path.insert(0, {tests!r})
from text_models import texts_of
from projector_export.pipeline.texts import Encoding, TextOptions, export_texts

options = TextOptions(encoding=Encoding(granularity="token", layer="all"), name="tokens")
export_texts(texts_of(2000), sys.argv[2], sys.argv[1], options=options)
"""


@pytest.mark.heavy
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_killed_by_the_system_at_any_call(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(KILLED_BY_ITSELF.format(tests=str(TESTS), n_texts=N_TEXTS))
    run = [sys.executable, str(script)]
    subprocess.run([*run, str(tmp_path / "whole"), "0"], check=True)
    for at in (2, 7, 5, 3):
        killed = subprocess.run([*run, str(tmp_path / "killed"), str(at)], check=False)
        assert killed.returncode == -signal.SIGKILL
    subprocess.run([*run, str(tmp_path / "killed"), "0"], check=True)
    assert export_files(tmp_path / "killed") == export_files(tmp_path / "whole")


@pytest.mark.heavy
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_killed_at_random_times(tmp_path):
    model = text_models.tiny_bert(tmp_path / "model")
    script = tmp_path / "script.py"
    script.write_text(KILLED_ANY_TIME.format(tests=str(TESTS)))
    run = [sys.executable, str(script)]
    subprocess.run([*run, str(tmp_path / "whole"), str(model)], check=True)
    generator = random.Random(time.time_ns())
    killed = tmp_path / "killed"
    n_killed = 0
    while not (killed / "projector_config.pbtxt").exists():
        process = subprocess.Popen([*run, str(killed), str(model)])
        before = n_chunks(killed)
        while process.poll() is None and n_chunks(killed) < before + 8 and not list(killed.glob("tokens*")):
            time.sleep(0.002)
        time.sleep(generator.random() * 0.05)
        process.kill()
        n_killed += process.wait() != 0
        if n_killed == 6:
            subprocess.run([*run, str(killed), str(model)], check=True)
    assert n_killed >= 2
    shutil.rmtree(killed / TEXTS_FOLDER, ignore_errors=True)
    assert export_files(killed) == export_files(tmp_path / "whole")


def n_chunks(logdir):
    return len(list(logdir.glob(f"{TEXTS_FOLDER}/*/chunk-*")))
