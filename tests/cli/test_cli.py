import io
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import safetensors.numpy
from tqdm import tqdm

from projector_export.cli.terminal import human_size, safe

PROGRAM = [sys.executable, "-m", "projector_export"]


def run(*arguments, cwd=None, **variables):
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "COLUMNS": "100", **variables}
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, env=environment, check=False
    )


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "hello", "##ing", "007"]) + "\n")
    (folder / "config.json").write_text("{}")
    values = np.random.default_rng(0).normal(size=(5, 6)).astype(np.float32)
    safetensors.numpy.save_file({"embeddings.word_embeddings.weight": values}, folder / "model.safetensors")
    return folder


def test_the_shortest_command_does_the_right_thing(model, tmp_path):
    result = run("vocab", model, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "projector" / "projector_config.pbtxt").exists()
    assert "tiny: 5 rows of 6 dimensions" in result.stdout
    assert "--logdir projector" in result.stdout
    assert "Traceback" not in result.stderr


def test_json_for_machines(model, tmp_path):
    result = run("vocab", model, "--logdir", tmp_path / "l", "--standalone", tmp_path / "s", "--json", "--name", "x")
    document = json.loads(result.stdout)
    assert [export["target"] for export in document["exports"]] == ["tensorboard", "standalone"]
    assert document["exports"][0]["shape"] == [5, 6]
    assert document["kinds"]["x"]["special"] == 2


def test_every_option_of_vocab(model, tmp_path):
    result = run(
        *(
            "vocab",
            model,
            "--logdir",
            tmp_path / "l",
            "--run",
            "a/b",
            "--name",
            "n",
            "--tensor",
            "embeddings.word_embeddings.weight",
        ),
        *(
            "--tokenizer",
            model / "vocab.txt",
            "--table",
            "input",
            "--rows",
            4,
            "--viewer-mb",
            1,
            "--dims",
            4,
            "--center",
        ),
        *(
            "--all-but-the-top",
            1,
            "--normalize",
            "--drop-bad-rows",
            "--quiet",
            "--standalone",
            tmp_path / "s",
            "--base-url",
            "https://e.org/",
        ),
    )
    assert result.returncode == 0, result.stderr
    manifest = json.loads((tmp_path / "l" / "a" / "b" / "n" / "manifest.json").read_text())
    names = [step["name"] for step in manifest["viewer"]["provenance"]["steps"]]
    assert names == ["read_vocabulary", "center", "all_but_the_top", "normalize", "principal_components", "choose_rows"]
    assert "https://projector.tensorflow.org/?config=https%3A%2F%2Fe.org%2Fconfig.json" in result.stdout


def test_check_says_with_its_exit_code_whether_there_are_faults(model, tmp_path):
    run("vocab", model, "--logdir", tmp_path / "l")
    clean = run("check", tmp_path / "l")
    assert clean.returncode == 0, clean.stdout
    assert "no faults" in clean.stdout
    (tmp_path / "l" / "tiny" / "metadata.tsv").unlink()
    broken = run("check", tmp_path / "l", "--json")
    assert broken.returncode == 1
    assert any(finding["severity"] == "fault" for finding in json.loads(broken.stdout)["findings"])
    assert "metadata.tsv" in run("check", tmp_path / "l", "--quiet").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["vocab", "./nothing-here"], "there is no file"),
        (["vocab", "some/model"], "HF_HUB_OFFLINE"),
        (["vocab", "a b"], "a b"),
        (["check", "nothing-here"], "nothing-here"),
        (["vocab", "{model}", "--run", "../x"], "cannot be a run"),
        (["vocab", "{model}", "--name", "C#"], "name it 'C-'"),
        (["vocab", "{model}", "--tensor", "wrong"], "wrong"),
        (["vocab", "{model}", "--dims", "7"], "choose 1 to 5"),
        (["vocab", "{model}", "--all-but-the-top", "x"], "no number of directions"),
        (["vocab", "{model}", "--tokenizer", "nothing"], "nothing"),
        (["vocab", "{model}/config.json"], "config.json"),
        (["vocab", "{model}", "--base-url", "http://x/"], "standalone"),
        (["vocab"], "Missing argument 'SOURCE'"),
        (["vocab", "{model}", "--nonsense"], "No such option"),
        (["nonsense"], "No such command"),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_code_2(arguments, words, model, tmp_path):
    result = run(*(argument.format(model=model) for argument in arguments), cwd=tmp_path)
    assert result.returncode == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: ")
    assert not (tmp_path / "projector").exists(), "nothing half-written"


@pytest.mark.parametrize("command", [[], ["vocab"], ["check"], ["demo"]])
def test_help_has_examples(command):
    result = run(*command, "--help")
    assert result.returncode == 0
    assert "Examples:" in result.stdout


def test_version():
    assert run("--version").stdout.startswith("projector-export, version ")


@pytest.mark.heavy
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="sends POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_is_clean(number, tmp_path):
    process = subprocess.Popen(
        [*PROGRAM, "demo", "--logdir", str(tmp_path / "l")],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # a background job may have been told to ignore it
    )
    time.sleep(4)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Cancelled" in err
    assert "Traceback" not in err
    assert not (tmp_path / "l").exists()


def test_text_cannot_steer_the_terminal():
    assert safe("\x1b[2Jé\u202e日\n") == "\\x1b[2Jé\\u202e日\\n"


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 bytes"), (999, "999 bytes"), (48_956_147, "49 MB"), (4_200_000_000, "4.2 GB")]
)
def test_sizes_as_people_write_them(size, text):
    assert human_size(size) == text


def test_progress_of_every_kind_is_drawn_and_taken_away(monkeypatch, capsys):
    from projector_export.cli import terminal

    monkeypatch.setattr(terminal, "PATIENCE", 0.5)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with terminal.progress_bars(quiet=False) as progress:
        progress("solving", 0, 0)
        time.sleep(1.0)
        progress("walking", 1, 4)
        time.sleep(1.0)
        progress("walking", 2, 4)
        progress("never seen", 0, 0)
    said = capsys.readouterr().err
    assert "solving …" in said
    assert "walking:  50%" in said
    assert "never seen" not in said


def test_a_stage_that_learns_how_long_it_is_gets_a_bar(monkeypatch, capsys):
    from projector_export.cli import terminal

    monkeypatch.setattr(terminal, "PATIENCE", 0.2)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with terminal.progress_bars(quiet=False) as progress, tqdm(total=4, file=io.StringIO()):
        progress("umap", 0, 0)
        progress("umap", 1, 4)
        time.sleep(0.5)
        progress("umap", 2, 4)
    said = capsys.readouterr().err
    assert "umap:  50%" in said
    assert "\n" not in said, "it stays on its line although the library has a bar of its own"


def test_time_left_has_its_place_on_a_narrow_terminal(monkeypatch, capsys):
    from projector_export.cli import terminal

    monkeypatch.setattr(terminal, "PATIENCE", 0.1)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setattr("tqdm.std._screen_shape_wrapper", lambda: lambda _: (80, 24))
    with terminal.progress_bars(quiet=False) as progress:
        progress("principal components for the viewer", 0, 10**6)
        time.sleep(0.4)
        progress("principal components for the viewer", 1, 10**6)
    (line,) = [line for line in capsys.readouterr().err.split("\r") if "so far" in line]
    assert line.endswith(" left")
    assert len(line) == 80


def test_nobody_watching_means_no_progress():
    from projector_export.cli.terminal import progress_bars

    with progress_bars(quiet=True) as progress:
        assert progress is None
