import json
import os
import signal
import subprocess
import sys
import time

import pytest
import text_models
from text_models import texts_of

PROGRAM = [sys.executable, "-m", "projector_export", "texts"]
ENVIRONMENT = {**os.environ, "HF_HUB_OFFLINE": "1", "COLUMNS": "100"}


def run(*arguments, cwd=None):
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, env=ENVIRONMENT, check=False
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return text_models.tiny_static(tmp_path_factory.mktemp("static") / "model")


@pytest.fixture(scope="module")
def transformer(tmp_path_factory):
    return text_models.tiny_bert(tmp_path_factory.mktemp("bert") / "model")


@pytest.fixture
def news(tmp_path):
    path = tmp_path / "news.csv"
    rows = [f'"{text}","{number % 2}"' for number, text in enumerate(texts_of(60))]
    path.write_text("\n".join(["body,class", *rows]), encoding="utf-8")
    return path


pytestmark = pytest.mark.heavy


def test_the_shortest_command(model, news, tmp_path):
    result = run(news, "--text", "body", "--model", model, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "news: 60 rows of 8 dimensions" in result.stdout
    assert "2 of 60 texts are empty" in result.stdout or "3 of 60 texts are empty" in result.stdout
    assert (tmp_path / "projector" / "projector_config.pbtxt").exists()
    assert not (tmp_path / "projector" / ".texts").exists()


@pytest.mark.parametrize("total", [1500, 1_234_567])
def test_time_left_has_its_place_on_a_narrow_terminal(monkeypatch, capsys, total):
    from projector_export.cli.terminal import progress_bars
    from projector_export.cli.texts import _Told
    from projector_export.pipeline.texts import ENCODING, FETCHING

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr("tqdm.std._screen_shape_wrapper", lambda: lambda _: (80, 24))
    with progress_bars(quiet=False) as bars:
        told = _Told().watching(bars)
        for stage, unit in ((ENCODING, 1), (FETCHING, 2**20)):
            for part in (0, 1):
                told(stage, total * unit // 5 * part, total * unit)
                time.sleep(0.6)
            told(stage, total * unit // 5 + 1, total * unit)
    lines = [line for line in capsys.readouterr().err.split("\r") if "|" in line]
    assert any("texts/s" in line for line in lines)
    assert any("B/s" in line for line in lines)
    assert all(line.endswith(" left") and len(line) <= 80 for line in lines)


def test_the_first_texts_only(model, news, tmp_path):
    result = run(news, "--text", "body", "--model", model, "--limit", 7, cwd=tmp_path)
    assert "news: 7 rows of 8 dimensions" in result.stdout


def test_json_layers_and_names(transformer, news, tmp_path):
    options = ("--layer", "all", "--pooling", "cls", "--name", "n", "--json", "-q", "--truncate-dim", 6)
    result = run(news, "--text", "body", "--model", transformer, "--logdir", tmp_path / "l", *options)
    assert result.returncode == 0, result.stderr
    exports = json.loads(result.stdout)["exports"]
    assert [export["name"] for export in exports] == ["n layer-00", "n layer-01", "n layer-02"]
    assert {tuple(export["shape"]) for export in exports} == {(60, 6)}


def test_words_with_a_layout(transformer, news, tmp_path):
    options = ("--granularity", "word", "--layout", "pca", "--color", "class", "--standalone", tmp_path / "s")
    result = run(news, "--text", "body", "--model", transformer, "--logdir", tmp_path / "l", *options)
    assert result.returncode == 0, result.stderr
    assert "they give no rows" in result.stdout


def test_kept_vectors_serve_the_next_command(model, news, tmp_path):
    command = (news, "--text", "body", "--model", model, "--logdir", tmp_path / "l", "--keep-vectors")
    first, second = run(*command), run(*command, "--normalize", "--drop-zero-rows")
    assert "Vectors are kept in" in first.stderr
    assert "60 of 60 texts were encoded before" in second.stderr
    assert second.returncode == 0


def test_a_model_that_is_named_by_nothing_is_the_usual_one(news, tmp_path):
    result = run(news, "--text", "body", "--logdir", tmp_path / "l")
    assert result.returncode == 2
    assert "all-MiniLM-L6-v2" in result.stderr
    assert not (tmp_path / "l" / "projector_config.pbtxt").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--text", "nope"), "no column 'nope'; it has 'body', 'class'"),
        ((), "--text COLUMN, out of 'body', 'class'"),
        (("--text", "body", "--metadata", "nope"), "no column 'nope'"),
        (("--text", "body", "--layer", "last"), "neither a number nor 'all'"),
        (("--text", "body", "--granularity", "word", "--pooling", "mean"), "leave it out"),
        (("--text", "body", "--prompt", "a", "--prompt-name", "b"), "give one of them"),
        (("--text", "body", "--layer", "1"), "static model"),
        (("--text", "body", "--text", "body"), "named twice"),
        (("--text", "body", "--format", "json"), "news.csv"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_written(model, news, tmp_path, arguments, words):
    result = run(news, "--model", model, "--logdir", tmp_path / "l", *arguments)
    assert result.returncode == 2, result.stderr
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "l").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="signals as on Unix")
def test_interrupted_it_says_how_to_go_on(transformer, tmp_path):
    data = tmp_path / "many.txt"
    data.write_text("\n".join(text or "x" for text in texts_of(30_000, longest=30)))
    command = [*PROGRAM, str(data), "--model", str(transformer), "--logdir", str(tmp_path / "l"), "-q"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    while process.poll() is None and len(list((tmp_path / "l").glob(".texts/*/chunk-*"))) < 2:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "of 30,000 texts" in said
    assert "type the same command again to go on" in said
    assert "Traceback" not in said
    again = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    assert "Goes on where it stopped: " in again.stderr.readline()
    again.send_signal(signal.SIGTERM)
    again.communicate(timeout=60)
    assert again.returncode == 130
