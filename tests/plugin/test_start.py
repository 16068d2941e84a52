"""TensorBoard starts with the dashboard, whatever state the package is in."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from dashboard_exports import write_run
from tensorboard_server import running_tensorboard

import projector_export
from projector_export.plugin.backend import PLUGIN_NAME

PACKAGE = Path(projector_export.__file__).parent

pytestmark = pytest.mark.heavy


def listing(server):
    with urllib.request.urlopen(f"{server.url}data/plugins_listing", timeout=60) as response:
        return json.load(response)


def ask(server, path):
    with urllib.request.urlopen(f"{server.url}data/{path}", timeout=60) as response:
        return response.read()


@pytest.fixture(autouse=True)
def installed():
    if PLUGIN_NAME not in {each.name for each in entry_points(group="tensorboard_plugins")}:
        pytest.fail("the entry point is not installed: pip install -e '.[test]'")


@pytest.mark.parametrize("fast", [True, False], ids=["fast loader", "slow loader"])
def test_tensorboard_shows_the_tab(tmp_path, fast):
    logdir = tmp_path / "logs"
    for run in ("a", "deep/b"):
        write_run(logdir, run)
    with running_tensorboard(logdir, tmp_path / "log.txt", fast=fast) as server:
        found = runs_of(server, 2)
        entry = listing(server)[PLUGIN_NAME]
        assert (entry["enabled"], entry["tab_name"], entry["disable_reload"]) == (True, "Vocabulary", True)
        assert entry["loading_mechanism"]["type"] == "IFRAME"
        assert found == {"a", "deep/b"}
        write_run(logdir, "later")
        assert runs_of(server, 3) == {"a", "deep/b", "later"}
        page = ask(server, f"plugin_entry.html?name={PLUGIN_NAME}")
        assert b'import("./index.js")' in page
        assert b"render" in ask(server, f"plugin/{PLUGIN_NAME}/index.js")
    log = (tmp_path / "log.txt").read_text()
    assert "Traceback" not in log
    assert "In 3.0, this warning will become an error" not in log


def runs_of(server, count):
    deadline = time.monotonic() + 30
    while True:
        found = json.loads(ask(server, f"plugin/{PLUGIN_NAME}/exports"))
        assert found["problems"] == []
        runs = {each["run"] for each in found["exports"]}
        if len(runs) >= count:
            return runs
        assert time.monotonic() < deadline, runs
        time.sleep(0.2)


BREAKAGES = {
    "raises at import": lambda package: append(
        package / "plugin" / "backend.py", "\nraise RuntimeError('deliberately')\n"
    ),
    "is no Python": lambda package: append(package / "plugin" / "routes.py", "\ndef (:\n"),
    "lacks a room": lambda package: shutil.rmtree(package / "formats"),
    "lacks its page": lambda package: (package / "plugin" / "static" / "index.js").unlink(),
    "fails when made": lambda package: append(
        package / "plugin" / "backend.py",
        "\ndef broken(*_):\n    raise KeyError('x')\nVocabularyPlugin.__init__ = broken\n",
    ),
    "fails when asked": lambda package: append(
        package / "plugin" / "backend.py",
        "\ndef broken(*_):\n    raise KeyError('x')\nVocabularyPlugin.frontend_metadata = broken\n",
    ),
}


def append(path, text):
    path.write_text(path.read_text() + text)


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_tensorboard_starts_although_the_package_is_broken(tmp_path, monkeypatch, breakage):
    copy = tmp_path / "broken" / "projector_export"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    BREAKAGES[breakage](copy)
    write_run(tmp_path / "logs", None)
    monkeypatch.setenv("PYTHONPATH", str(copy.parent))
    with running_tensorboard(tmp_path / "logs", tmp_path / "log.txt") as server:
        found = listing(server)
        assert "projector" in found
        assert PLUGIN_NAME not in found
    log = (tmp_path / "log.txt").read_text()
    assert log.count("TensorBoard goes without the tab Vocabulary (") == 1
    assert "Traceback" not in log


def test_the_loader_brings_nothing_heavy():
    code = (
        "import sys; import tensorboard.plugins.base_plugin; before = set(sys.modules);"
        "import projector_export.plugin.loader; print(*sorted(set(sys.modules) - before))"
    )
    environment = {**os.environ, "PYTHONPATH": ""}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    brought = {name for name in result.stdout.split() if "." not in name or name.startswith("projector_export")}
    ours = {name for name in brought if name.startswith("projector_export")}
    assert ours == {"projector_export", "projector_export.plugin", "projector_export.plugin.loader"}
    assert not brought & {"numpy", "orjson", "google", "tensorflow", "torch", "scipy", "tokenizers"}
