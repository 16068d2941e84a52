"""The command vectors."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from projector_export.cli.vectors import vectors
from projector_export.errors import ProjectorExportError

TABLE = np.random.default_rng(3).normal(size=(12, 4)).astype(np.float32)
WORDS = [f"w{row}" for row in range(12)]


def run(*arguments):
    return CliRunner().invoke(vectors, [str(each) for each in arguments])


@pytest.fixture
def array(tmp_path):
    np.save(tmp_path / "x.npy", TABLE)
    (tmp_path / "l.txt").write_text("\n".join(WORDS) + "\n")
    return tmp_path / "x.npy"


def test_an_array_with_labels(array, tmp_path):
    result = run(array, "--labels", tmp_path / "l.txt", "--logdir", tmp_path / "runs")
    assert result.exit_code == 0, result.output
    assert "x: 12 rows of 4 dimensions" in result.output
    assert "tensorboard --logdir" in result.output
    assert list((tmp_path / "runs").rglob("metadata.tsv"))


def test_the_size_of_thumbnails(array, tmp_path):
    from PIL import Image

    (tmp_path / "pictures").mkdir()
    for row in range(12):
        Image.new("RGB", (30, 20), (row, 0, 0)).save(tmp_path / "pictures" / f"{row:02}.png")
    images = ("--images", tmp_path / "pictures", "--thumbnail-size")
    result = run(array, *images, 90, "--logdir", tmp_path / "runs")
    assert result.exit_code == 0, result.output
    (sprite,) = (tmp_path / "runs").rglob("sprite.png")
    assert Image.open(sprite).size == (4 * 90, 4 * 90)
    for size, words in {2049: "8,192 x 8,192: 2048 is the largest", 9000: "1<=x<=8192", 0: "1<=x<=8192"}.items():
        refused = run(array, *images, size, "--logdir", tmp_path / "other")
        assert words in f"{refused.output}{refused.exception}"
    refused = run(array, "--thumbnail-size", 90, "--logdir", tmp_path / "other")
    assert "give images too (--images), or leave it out" in str(refused.exception)
    assert not (tmp_path / "other").exists()


def test_json_tells_what_was_written(array, tmp_path):
    result = run(array, "--limit", 5, "--name", "mine", "--standalone", tmp_path / "site", "--json", "-q")
    assert result.exit_code == 0, result.output
    (export,) = json.loads(result.stdout)["exports"]
    assert (export["name"], export["shape"], export["target"]) == ("mine", [5, 4], "standalone")


def test_columns_labels_and_treatment_of_records(tmp_path):
    frame = pd.DataFrame(TABLE.astype(float), columns=[f"d{i}" for i in range(4)]).assign(word=WORDS, kind=3)
    frame.to_csv(tmp_path / "x.csv", index=False)
    result = run(
        *(tmp_path / "x.csv", "--column", "d[012]", "--label-column", "kind", "--normalize", "--layout", "pca"),
        *("--logdir", tmp_path / "runs", "--run", "one"),
    )
    assert result.exit_code == 0, result.output
    assert "12 rows of 3 dimensions" in result.output
    assert "the vectors are the 3 columns of numbers 'd0' to 'd2'" in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--labels", "l2.txt"], "2 labels for 12 vectors"),
        (["--column", "y"], "has no array 'y'; it has 'x' (12, 4) float32"),
        (["--label-column", "y"], "has no column 'y'"),
        (["--format", "csv"], "NUL"),
    ],
)
def test_what_cannot_be_done_is_an_error_and_nothing_is_written(array, tmp_path, arguments, words, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "l2.txt").write_text("a\nb\n")
    result = run(array, *arguments, "--logdir", tmp_path / "runs")
    assert isinstance(result.exception, ProjectorExportError)
    assert words in str(result.exception) or arguments[0] == "--format"
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("arguments", [["--limit", "0"], ["--format", "excel"], ["--colour", "x"]])
def test_wrong_usage_is_told(array, arguments):
    assert run(array, *arguments).exit_code == 2


def test_help_shows_examples():
    result = run("--help")
    assert result.exit_code == 0
    assert "projector-export vectors reviews.parquet --column embedding" in result.output


@pytest.mark.heavy
def test_the_program_itself_and_one_sentence_for_a_hostile_name(array, tmp_path):
    command = [sys.executable, "-m", "projector_export", "vectors"]
    done = subprocess.run([*command, array, "--logdir", tmp_path / "runs"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    np.savez(tmp_path / "x.npz", **{"a\x1b[31m": TABLE, "b": TABLE})
    done = subprocess.run([*command, tmp_path / "x.npz"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr
