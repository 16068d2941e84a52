"""The command ``inspect``: what a person reads, what programs read, what is written, what is refused."""

import csv
import hashlib
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from made_findings import HOSTILE, made

from projector_export.checks import check
from projector_export.cli import main, projector_export
from projector_export.cli.cells import cell_width, clipped, padded, shared
from projector_export.cli.findings_summary import show_findings
from projector_export.cli.inspection_options import wishes_of
from projector_export.formats import findings as findings_format

N_TOKENS, N_UNUSED = 300, 30


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "small"
    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"[unused{n}]" for n in range(N_UNUSED))]
    words += [f"w{'abcdefghij'[n % 10]}{n}" for n in range(N_TOKENS - len(words))]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n")
    (folder / "config.json").write_text("{}")
    values = np.random.default_rng(0).normal(size=(N_TOKENS, 16)).astype("f4")
    values[5 : 5 + N_UNUSED] *= 0.02
    values[-1] = 0
    safetensors.numpy.save_file({"embeddings.word_embeddings.weight": values}, folder / "model.safetensors")
    return folder


def run(*arguments):
    """Run the program as a person does, in this process."""
    return CliRunner().invoke(projector_export, [str(argument) for argument in arguments], catch_exceptions=False)


def refused(monkeypatch, capsys, *arguments):
    """Run the program where it has to refuse; return what it says."""
    monkeypatch.setattr(sys, "argv", ["projector-export", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


@pytest.mark.parametrize("columns", [40, 60, 80, 100, 160])
def test_no_line_is_wider_than_the_terminal(columns, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(columns))
    show_findings(made()[1], top=len(HOSTILE) + 5)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 20
    assert max(map(cell_width, lines)) <= columns
    assert all(line.isprintable() for line in lines), "nothing steers the terminal"


def test_what_is_found_is_said(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "120")
    show_findings(made()[1], top=2)
    said = capsys.readouterr().out
    for words in (
        "30 tokens look under-trained (7.50% of 400 rows).",
        "zero 2 · identical 2 in 1 group · near-duplicate 3 in 1 group · beyond the tokenizer 2",
        "adaptive: 30 rows at 0.3 or below",
        "output cosine  0.6 ± 0.1  adaptive: no row stands out",
        "12 reference rows (bytes that UTF-8 never uses): 177-187, 190",
        "… and 28 more",
        "participation ratio",
        "Note: the table is quantised",
    ):
        assert words in said
    assert "\x1b" not in said, "no colour where it is not a terminal"


def test_nothing_found_is_an_answer(capsys):
    from dataclasses import replace

    show_findings(replace(made()[1], candidates=()), top=20)
    assert "No under-trained token stands out." in capsys.readouterr().out


@given(st.text(max_size=60), st.integers(1, 30))
def test_clipped_texts_fit_and_steer_nothing(text, n_cells):
    cut = clipped(text, n_cells)
    assert cell_width(cut) <= n_cells
    assert cut.isprintable()
    assert cell_width(padded(cut, n_cells)) == n_cells


def test_cells_of_wide_and_combining_characters():
    assert [cell_width(text) for text in ("日本", "e\u0301", "ｱ", "\u1112\u1161\u11ab", "😀")] == [4, 1, 1, 2, 2]
    assert (clipped("日本語", 5), clipped("日本語", 4), clipped("日本語", 6)) == ("日本…", "日…", "日本語")
    assert clipped("a" + "\u0301" * 9, 5) == "a\u0301\u0301"


@given(st.lists(st.integers(0, 50), min_size=1, max_size=6), st.integers(0, 120))
def test_columns_share_what_there_is(needs, n_cells):
    given_ = shared(needs, n_cells)
    assert sum(given_) <= n_cells
    assert all(cells <= need for cells, need in zip(given_, needs, strict=True))
    assert sum(given_) == sum(needs) or sum(given_) > n_cells - len(needs)


@pytest.mark.parametrize(
    ("text", "rows"),
    [("177-187", tuple(range(177, 188))), ("3, 5,90-92", (3, 5, 90, 91, 92)), ("7", (7,)), ("5,5,4-6", (4, 5, 6))],
)
def test_references_as_people_type_them(text, rows):
    options = {"reference": text, "mode": "adaptive", "percentile": 2.0, "directions": None}
    assert wishes_of(options).references == rows


def test_everything_is_written_in_one_go(model, tmp_path):
    files = ("--csv", tmp_path / "rows.csv", "--html", tmp_path / "report.html")
    result = run("inspect", model, "--logdir", tmp_path / "logs", *files, "--json", "-q")
    document = json.loads(result.stdout)
    assert result.exit_code == 0
    unused = set(range(5, 5 + N_UNUSED))
    assert unused <= {candidate["row"] for candidate in document["candidates"]}
    assert document["dead"]["zero"] == [N_TOKENS - 1]
    folder = Path(document["exports"][0]["folder"])
    written = (folder / findings_format.FILE_NAME).read_bytes()
    found = findings_format.decode(written)
    assert (found.name, found.n_rows) == ("small", N_TOKENS)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["files"]["findings.json"]["sha256"] == hashlib.sha256(written).hexdigest()
    assert manifest["selections"][0]["name"] == "under-trained suspects"
    assert "input norm" in manifest["columns"]
    assert check(tmp_path / "logs").n_faults == 0
    with open(tmp_path / "rows.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row for row, cells in enumerate(rows) if cells["suspect"]} >= unused
    assert b"small" in (tmp_path / "report.html").read_bytes()


def test_people_read_the_same(model, tmp_path):
    result = run("inspect", model, "--top", 3, "--html", tmp_path / "report.html")
    assert result.exit_code == 0
    assert re.search(r"^\d+ tokens look under-trained", result.stdout, re.MULTILINE)
    assert "[unused" in result.stdout
    assert "Written: " in result.stdout
    assert "Open it" not in result.stdout, "no logdir was asked for"
    assert "Done in" in result.stderr


def test_an_earlier_export_is_inspected(model, tmp_path):
    run("vocab", model, "--logdir", tmp_path / "logs", "--name", "first")
    again = json.loads(run("inspect", tmp_path / "logs", "--logdir", tmp_path / "logs", "--json").stdout)
    assert again["name"] == "first"
    assert again["exports"][0]["replaced"]
    once_more = json.loads(run("inspect", tmp_path / "logs", "--json").stdout)
    assert [each["row"] for each in once_more["candidates"]] == [each["row"] for each in again["candidates"]]


def test_vocab_does_both(model, tmp_path):
    both = ("--logdir", tmp_path / "l", "--standalone", tmp_path / "s")
    result = run(
        "vocab", model, "--inspect", "--layout", "pca", "--metric", "euclidean", *both, "--json", "--name", "mine", "-q"
    )
    document = json.loads(result.stdout)
    assert document["findings"]["mine"]["n_rows"] == N_TOKENS
    for export in document["exports"]:
        views = json.loads((Path(export["folder"]) / "bookmarks.json").read_text())
        assert [view["label"].split(" · ")[0] for view in views][:2] == ["pca 2d", "under-trained suspects"]
        assert set(range(5, 5 + N_UNUSED)) <= set(views[1]["selectedPoints"])
        assert views[1]["projections"] == views[0]["projections"]
        assert findings_format.decode((Path(export["folder"]) / "findings.json").read_bytes()).name == "mine"
    assert check(tmp_path / "l").n_faults == check(tmp_path / "s").n_faults == 0
    text = run("vocab", model, "--inspect", "--logdir", tmp_path / "l").stdout
    assert "look under-trained" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{model}", "--reference", "9-3"], "no row number and no range"),
        (["{model}", "--reference", "0-99999999"], "no row number and no range"),
        (["{model}", "--reference", "5000"], "5,?000"),
        (["{model}", "--percentile", "100"], "percentile"),
        (["{model}", "--csv", "{tmp}/no/rows.csv"], "there is no folder"),
        (["{model}", "--csv", "{tmp}/x", "--html", "{tmp}/x"], "same file"),
        (["{model}", "--csv", "{tmp}"], "is a directory"),
        (["{empty}"], "no model that can be read"),
        (["{tmp}/nothing"], "there is no file"),
        (["{half}"], "export|inspect"),
        (["{runs}"], r"lie in its runs \(epoch-1\): give one of them, as in .*epoch-1"),
        (["{events}"], "is a logdir without an export"),
        (["{logs}", "--tensor", "x"], "is for a model"),
    ],
)
def test_bad_input_gets_a_sentence(arguments, words, model, tmp_path, monkeypatch, capsys):
    half = tmp_path / "half"
    half.mkdir()
    (half / "projector_config.pbtxt").write_text('embeddings { tensor_name: "a" tensor_path: "a/vectors.bytes" }\n')
    run("vocab", model, "--logdir", tmp_path / "logs")
    run("vocab", model, "--logdir", tmp_path / "runs", "--run", "epoch-1")
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "events.out.tfevents.1").touch()
    (tmp_path / "empty").mkdir()
    places = {name: tmp_path / name for name in ("logs", "runs", "events", "empty")}
    places |= {"model": model, "tmp": tmp_path, "half": half}
    said = refused(monkeypatch, capsys, "inspect", *(each.format(**places) for each in arguments))
    assert re.search(words, said), said
    assert said.strip().splitlines()[-1].startswith("Error: ")


def test_rows_that_are_dropped_cannot_be_named(model, tmp_path, monkeypatch, capsys):
    said = refused(monkeypatch, capsys, "vocab", model, "--inspect", "--drop-zero-rows", "--logdir", tmp_path / "l")
    assert "leave out --drop-bad-rows and --drop-zero-rows" in said
    assert not (tmp_path / "l").exists()


def without(model, folder, missing):
    folder.mkdir()
    for path in model.iterdir():
        if path.name != missing:
            (folder / path.name).write_bytes(path.read_bytes())
    return folder


def test_a_tokenizer_without_model_is_refused(model, tmp_path, monkeypatch, capsys):
    said = refused(monkeypatch, capsys, "inspect", without(model, tmp_path / "half", "model.safetensors"))
    assert said.startswith("Error: ")
    assert len(said.splitlines()) == 1


def test_a_model_without_tokenizer_is_inspected_by_rows(model, tmp_path):
    result = run("inspect", without(model, tmp_path / "half", "vocab.txt"), "--logdir", tmp_path / "l")
    assert result.exit_code == 0
    assert "Note: kinds of tokens are not known without a tokenizer" in " ".join(result.stdout.split())
    assert "row 20" in result.stdout
    assert check(tmp_path / "l").n_faults == 0


def test_a_file_that_may_not_be_written_is_told_before_anything_is_read(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("os.access", lambda *_, **__: False)
    assert "cannot write to" in refused(monkeypatch, capsys, "inspect", tmp_path / "nothing", "--csv", tmp_path / "x")
