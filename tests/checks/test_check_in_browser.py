"""What the check says of the viewer is what the viewer does: the app in TensorBoard's wheel, in headless Chromium."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cases_assets
import cases_tensorboard
import pytest
import test_check_standalone
from planted import N_ROWS, Standalone

from projector_export.checks import check

pytestmark = pytest.mark.browser

PLANTS = {
    case.name: case.plant for case in [*cases_tensorboard.CASES, *cases_assets.CASES, *test_check_standalone.CASES]
}
PATIENCE_MS = 2000
PAGE = """<!doctype html><body style="height:100vh;margin:0"><vz-projector-app style="height:100%;display:block"
serving-mode="demo" projector-config-json-path="config.json"></vz-projector-app>
<script src="projector_binary.js"></script>"""
FIND = "document.querySelector('vz-projector-app').shadowRoot.querySelector('vz-projector')"
LOADED = f"() => {{ const found = {FIND}; return Boolean(found && found.dataSet); }}"
METADATA = f"() => {FIND}.dataSet.points.map(point => point.metadata)"
NEVER_SHOWN = (
    "header_of_one_column",
    "no_header",
    "row_of_empty_cells",
    "empty_file",
    "no_line_break_in_the_last_chunk",
    "missing_metadata",
    "missing_sprite",
    "sprite_of_text",
    "large_sprite",
    "no_shape",
    "query_after_the_suffix",
    "one_row_without_line_break",
)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def shown(chromium: Any, tmp_path: Path) -> Iterator[Callable[[str], list[dict[str, object]] | None]]:
    """Plant a fault (none: "") and return the metadata of all points; None if nothing is shown in time."""
    import tensorboard

    folder = Standalone(tmp_path / "site").build()
    app = Path(tensorboard.__file__).parent / "plugins/projector/tf_projector_plugin/projector_binary.js"
    shutil.copy(app, folder.root)
    folder.file("index.html").write_text(PAGE)
    page = chromium.new_page()

    def look(plant: str) -> list[dict[str, object]] | None:
        from playwright.sync_api import TimeoutError as Late

        if plant:
            PLANTS[plant](folder)
        assert bool(plant) == bool(check(folder.root).n_faults)
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/index.html")
        try:
            page.wait_for_function(LOADED, timeout=PATIENCE_MS if plant else 15 * PATIENCE_MS)
        except Late:
            return None
        return page.evaluate(METADATA)

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder.root))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield look
        page.close()
        server.shutdown()
        thread.join()


def test_the_clean_folder_is_shown(shown: Callable[..., Any]) -> None:
    assert [row["word"] for row in shown("")] == [f"word {row}" for row in range(N_ROWS)]


@pytest.mark.parametrize("plant", NEVER_SHOWN)
def test_nothing_is_shown(shown: Callable[..., Any], plant: str) -> None:
    assert shown(plant) is None


def test_blank_lines_shift_labels(shown: Callable[..., Any]) -> None:
    rows = shown("blank_label")
    assert [row.get("label") for row in rows[1:4]] == ["word 1", "word 3", "word 4"]


def test_number_like_labels_are_rewritten(shown: Callable[..., Any]) -> None:
    assert shown("leading_zeros")[3]["word"] == 7


def test_the_last_of_doubled_columns_is_shown(shown: Callable[..., Any]) -> None:
    assert shown("doubled_column")[2] == {"word": "word 2", "kind": 2}


def test_windows_lines_stay_in_the_last_column(shown: Callable[..., Any]) -> None:
    assert set(shown("windows_lines")[0]) == {"word", "kind", "count\r"}


def test_a_torn_character_becomes_two_replacements(shown: Callable[..., Any]) -> None:
    assert str(shown("character_across_a_border")[3]["word"]).endswith("w\ufffd\ufffd")


def test_the_last_byte_beyond_a_chunk_is_lost(shown: Callable[..., Any]) -> None:
    written = 1_000_001 - len("".join(f"word {row}\n" for row in range(N_ROWS - 1)))
    assert len(str(shown("last_byte_beyond_the_chunk")[-1]["label"])) == written - 1
