"""``inspect --verify``: the model's own answers in what people and programs read."""

import csv
import json
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from projector_export.cli import main, projector_export

N_TOKENS, UNTRAINED = 300, range(250, 280)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A GPT-2 of random weights with 30 short input rows."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("models") / "asked"
    words = [
        "unk",
        *(f"{'abcdefghij'[n % 10]}{'klmnopqrst'[n // 10 % 10]}{'uvw'[n // 100]}" for n in range(N_TOKENS - 1)),
    ]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="unk"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="unk").save_pretrained(folder)
    torch.manual_seed(0)
    sizes = {"vocab_size": N_TOKENS, "n_positions": 256, "n_embd": 16, "n_layer": 1, "n_head": 1}
    network = GPT2LMHeadModel(GPT2Config(**sizes, tie_word_embeddings=False))
    with torch.no_grad():
        network.transformer.wte.weight.normal_()
        network.transformer.wte.weight[list(UNTRAINED)] *= 0.02
    network.save_pretrained(folder)
    return folder


def run(*arguments):
    return CliRunner().invoke(projector_export, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.mark.heavy
def test_answers_are_in_every_output(model, tmp_path):
    files = ("--csv", tmp_path / "rows.csv", "--html", tmp_path / "report.html", "--logdir", tmp_path / "logs")
    result = run("inspect", model, "--verify", "--verify-top", 12, *files, "--json", "-q")
    assert result.exit_code == 0
    assert result.stderr.count("\n") <= 1, "transformers says nothing of its own"
    document = json.loads(result.stdout)
    suspects = document["candidates"]
    assert set(UNTRAINED) <= {candidate["row"] for candidate in suspects}
    asked = [candidate for candidate in suspects if candidate["probability"] is not None]
    assert asked == suspects[:12]
    assert all(0 < candidate["probability"] < 0.05 for candidate in asked)
    assert f"the 12 most suspicious of {len(suspects)} candidates" in document["notes"][-1]
    with open(tmp_path / "rows.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    told = {row: float(cells["probability"]) for row, cells in enumerate(rows) if cells["probability"]}
    assert told == {candidate["row"]: pytest.approx(candidate["probability"]) for candidate in asked}
    found = json.loads(next((tmp_path / "logs").rglob("findings.json")).read_text())
    assert found["candidates"] == suspects


@pytest.mark.heavy
def test_people_read_the_probability(model):
    result = run("inspect", model, "--verify", "--top", 3)
    assert result.exit_code == 0
    assert " p=0.00" in result.stdout
    assert "Note: the model itself was asked for all" in " ".join(result.stdout.split())


def refused(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["projector-export", "inspect", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    return said.err.strip().splitlines()[-1]


@pytest.mark.heavy
def test_what_is_no_model_cannot_be_asked(tmp_path, monkeypatch, capsys):
    (tmp_path / "projector_config.pbtxt").touch()
    np.save(tmp_path / "table.npy", np.eye(3))
    assert "this is a logdir: give the model's folder or id" in refused(monkeypatch, capsys, tmp_path, "--verify")
    assert "give its folder or id" in refused(monkeypatch, capsys, tmp_path / "table.npy", "--verify")


def test_a_missing_package_is_told_before_anything_is_read(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("projector_export.optional.find_spec", lambda name: None)
    said = refused(monkeypatch, capsys, tmp_path, "--verify")
    assert said.startswith("Error: asking the model (--verify) needs the package 'transformers'")
    assert "pip install 'projector-export[verify]'" in said
