"""README, CHANGELOG, examples and configuration may not disagree with the code."""

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
import safetensors.numpy

from projector_export.cli import COMMANDS, projector_export
from projector_export.optional import EXTRAS

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def declared_extras():
    section = PROJECT.split("[project.optional-dependencies]")[1].split("\n[")[0]
    return set(re.findall(r"^([a-z0-9]+) = \[", section, re.MULTILINE))


def shown_commands():
    """Every call of the program that the README shows, also behind && and inside an environment."""
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    calls = [call.strip() for line in lines for call in line.split("&&")]
    words = [shlex.split(call) for call in calls if call]
    return [[Path(first).name, *rest] for first, *rest in words if Path(first).name == "projector-export"]


def test_the_table_of_extras_is_the_projects():
    table = README.split("## Extras")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z0-9]+)`", table, re.MULTILINE)) == declared_extras()


def test_errors_name_extras_that_exist():
    assert set(EXTRAS.values()) <= declared_extras()


def test_the_readme_shows_every_command():
    assert {command[1] for command in shown_commands()} == set(COMMANDS)


@pytest.mark.parametrize("command", shown_commands(), ids=" ".join)
def test_shown_commands_parse(command):
    name, *arguments = command[1:]
    context = click.Context(projector_export)
    found = projector_export.get_command(context, name)
    found.make_context(name, list(arguments))


def test_options_in_the_text_exist():
    context = click.Context(projector_export)
    commands = [projector_export.get_command(context, name) for name in COMMANDS]
    known = {option for command in commands for parameter in command.params for option in parameter.opts} | {"--help"}
    shown = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", README))
    assert "--dims" in shown
    assert shown <= known, shown - known


def test_nothing_is_left_to_fill_in():
    assert not re.search(r"BENCHMARKS|TODO|FIXME|XXX", README)


def beginning_of(model, folder, n_rows=1200):
    """A model with the first rows of another one."""
    folder.mkdir()
    with safetensors.safe_open(model / "model.safetensors", framework="numpy") as file:
        values = file.get_slice("embeddings.word_embeddings.weight")[:n_rows]
    safetensors.numpy.save_file({"embeddings.word_embeddings.weight": values}, folder / "model.safetensors")
    tokens = (model / "vocab.txt").read_text(encoding="utf-8").splitlines()
    (folder / "vocab.txt").write_text("\n".join(tokens[:n_rows]) + "\n", encoding="utf-8")
    (folder / "config.json").write_text("{}")
    return folder


def test_the_readmes_python_runs(tmp_path, minilm, monkeypatch):
    monkeypatch.chdir(tmp_path)
    minilm = beginning_of(minilm, tmp_path / "model")
    source = "\n".join(re.findall(r"```python\n(.*?)```", README, re.DOTALL))
    source = source.replace("sentence-transformers/all-MiniLM-L6-v2", minilm.as_posix())
    exec(compile(source, "README.md", "exec"), {})
    assert (tmp_path / "runs" / "projector_config.pbtxt").exists()


def test_what_the_readme_shows_of_frameworks_imports_what_is_there():
    """Blocks that need a model or a training in progress are shown, not run: their imports are."""
    blocks = re.findall(r"```py\n(.*?)```", README, re.DOTALL)
    imports = [line for block in blocks for line in block.splitlines() if line.startswith("from projector_export")]
    assert len(imports) >= 4
    for block in blocks:
        ast.parse(block)
    for line in imports:
        exec(line, {})


EXAMPLES = {
    "arrays.py": lambda minilm, folder: [folder],
    "vocabulary.py": lambda minilm, folder: [minilm, folder],
    "check_logdir.py": lambda minilm, folder: [folder],
    "dataframes.py": lambda minilm, folder: [folder],
    "keras_callback.py": lambda minilm, folder: [folder],
    "keras_sentiment.py": lambda minilm, folder: [folder],
    "lightning_callback.py": lambda minilm, folder: [folder],
    "pytorch.py": lambda minilm, folder: [folder],
    "thumbnails.py": lambda minilm, folder: [folder],
    "texts_any_encoder.py": lambda minilm, folder: [folder],
    "texts_layers.py": lambda minilm, folder: [minilm, folder],
    "trainer_callback.py": lambda minilm, folder: [folder],
    "vectors_files.py": lambda minilm, folder: [folder],
    "word_vectors.py": lambda minilm, folder: [folder],
}
QUICK_EXAMPLES = {"arrays.py", "vocabulary.py", "check_logdir.py", "vectors_files.py"}


def test_every_example_is_run():
    assert {path.name for path in (ROOT / "examples").glob("*.py")} == set(EXAMPLES)
    assert all(name in README for name in EXAMPLES)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in QUICK_EXAMPLES else [pytest.mark.heavy]) for name in sorted(EXAMPLES)],
)
def test_examples_run(name, minilm, tmp_path):
    folder = tmp_path / "out"
    if name == "check_logdir.py":
        import numpy as np

        import projector_export as package

        package.write(package.EmbeddingTable.from_array(np.eye(60)), folder)
    arguments = map(str, EXAMPLES[name](minilm, folder))
    result = subprocess.run(
        [sys.executable, ROOT / "examples" / name, *arguments],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert result.returncode == 0, result.stderr + result.stdout
    assert result.stdout or name == "check_logdir.py"


def test_the_runner_of_the_machines_runs_the_readmes_test_command():
    script = (ROOT / ".ci" / "run").read_text()
    assert "<!-- test command -->" in script
    assert README.count("<!-- test command -->") == 1
    assert re.search(r"<!-- test command -->\n```sh\n[^\n]*pytest\n```", README)


def test_pictures_in_the_readme_exist():
    for path in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README):
        assert (ROOT / path).is_file(), path


def test_no_machine_path_is_named():
    for path in [*ROOT.glob("*.md"), *(ROOT / "projector_export").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.*")]:
        if path.suffix in {".py", ".md"}:
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"/(?:work|root)/|/tmp/[a-z]", text), path
