"""The dashboard's page: its files are delivered, its types fit, no text becomes markup."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import projector_export
from projector_export.plugin.static_files import CONTENT_TYPES, STATIC_FILES

FOLDER = Path(projector_export.__file__).parent / "plugin" / "static"
ROOT = FOLDER.parents[2]
SCRIPTS = sorted(FOLDER.glob("*.js"))
MAX_LINES = 300
TYPESCRIPT = "typescript@5.9.3"
OPTIONS = {
    "allowJs": True,
    "checkJs": True,
    "noEmit": True,
    "strict": True,
    "noUnusedLocals": True,
    "noUnusedParameters": True,
    "target": "es2022",
    "module": "es2022",
    "lib": ["es2023", "dom", "dom.iterable"],
    "types": [],
}


def test_what_is_served_is_what_is_there():
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(STATIC_FILES)
    assert {path.suffix for path in FOLDER.iterdir()} <= set(CONTENT_TYPES)


def test_the_wheel_holds_the_page():
    from hatchling.builders.wheel import WheelBuilder

    builder = WheelBuilder(str(ROOT))
    files = {Path(each.distribution_path).as_posix() for each in builder.recurse_included_files()}
    assert {f"projector_export/plugin/static/{name}" for name in STATIC_FILES} <= files


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_text_becomes_markup_or_program(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("// @ts-check\n")
    assert text.count("\n") < MAX_LINES
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|https?://|createContextualFragment|setHTML"
    assert not re.findall(forbidden, text)


@pytest.mark.heavy
def test_types(tmp_path):
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm to fetch the TypeScript compiler with")
    config = tmp_path / "tsconfig.json"
    config.write_text(json.dumps({"compilerOptions": OPTIONS, "include": [f"{FOLDER.as_posix()}/*.js"]}))
    fetched = subprocess.run(
        [npm, "exec", "--yes", f"--package={TYPESCRIPT}", "--", "tsc", "--version"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if fetched.returncode:
        pytest.skip(f"npm cannot fetch {TYPESCRIPT}: {fetched.stderr.strip()[-200:]}")
    checked = subprocess.run(
        [npm, "exec", "--yes", f"--package={TYPESCRIPT}", "--", "tsc", "-p", str(config)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout
