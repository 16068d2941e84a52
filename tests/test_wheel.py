"""What users install: the wheel alone, in a fresh environment, runs the demo."""

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.heavy


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_every_module(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "projector_export").rglob("*.py")}
    assert modules <= names
    assert "projector_export/py.typed" in names
    assert not any(name.startswith(("tests", "benchmarks", "examples")) for name in names)


def test_the_wheel_alone_runs_the_demo(wheel, tmp_path):
    venv.create(tmp_path / "fresh", with_pip=True)
    scripts = tmp_path / "fresh" / ("Scripts" if sys.platform == "win32" else "bin")
    install = [scripts / "python", "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", wheel]
    installed = subprocess.run(install, capture_output=True, text=True, check=False)
    assert installed.returncode == 0, installed.stderr
    packages = subprocess.run(
        [scripts / "python", "-m", "pip", "list"], capture_output=True, text=True, check=True
    ).stdout
    assert not {"torch", "tensorflow", "tensorflow-cpu", "scikit-learn", "transformers"} & set(packages.split())
    command = [scripts / "projector-export", "demo", "--logdir", tmp_path / "runs", "--json"]
    result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["training"]["never_seen"] > 0
    assert document["exports"][0]["shape"] == [8000, 64]
    checked = subprocess.run(
        [scripts / "projector-export", "check", tmp_path / "runs"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
