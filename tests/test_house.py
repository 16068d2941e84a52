"""The plan of the code, held by machines: layers, types, style, sizes, the public door."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import projector_export

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "projector_export").rglob("*.py"))
MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 40


def run(*command):
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "command",
    [
        ("-m", "ruff", "check"),
        ("-m", "ruff", "format", "--check"),
        ("-m", "mypy"),
        ("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"),
    ],
    ids=["ruff", "format", "mypy", "import-linter"],
)
@pytest.mark.heavy
def test_the_machines_find_nothing(command):
    result = run(*command)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_modules_and_functions_stay_small(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") < MAX_MODULE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            documentation = ast.get_docstring(node, clean=False) or ""
            length = node.end_lineno - node.lineno + 1 - documentation.count("\n")
            assert length <= MAX_FUNCTION_LINES, f"{node.name} has {length} lines"


def test_no_room_is_called_utils():
    names = {part for path in MODULES for part in path.relative_to(ROOT).with_suffix("").parts}
    assert not names & {"utils", "helpers", "common", "core", "base", "misc", "manager", "handler"}


def test_the_public_door_is_small_sorted_and_opens():
    names = projector_export.__all__
    assert names == sorted(names)
    assert len(names) <= 12
    for name in names:
        assert getattr(projector_export, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        projector_export.nothing  # noqa: B018


def test_every_module_that_names_its_door_names_what_is_there():
    for path in MODULES:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if name.endswith("__main__"):
            continue
        module = importlib.import_module(name)
        for public in getattr(module, "__all__", ()):
            assert hasattr(module, public), f"{name}.{public}"


@pytest.mark.parametrize(
    "name", ["projector_export", "projector_export.pipeline", "projector_export.checks", "projector_export.cli.vocab"]
)
def test_importing_brings_no_framework(name):
    heavy = "torch tensorflow keras transformers sklearn umap tensorboard PIL sentencepiece tiktoken huggingface_hub tokenizers"
    code = f"import sys, {name}; print(*(set({heavy!r}.split()) & set(sys.modules)))"
    result = run("-c", code)
    assert (result.returncode, result.stdout.strip()) == (0, ""), result.stderr
