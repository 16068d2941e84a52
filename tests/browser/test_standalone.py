"""The standalone folder in the standalone app that TensorBoard's wheel carries: by ``?config=`` and by the upload dialog."""

import importlib.resources
import shutil
from pathlib import Path
from urllib.parse import quote

import pytest
from exports import hostile_table
from projector_page import digest_of, n_colored

import projector_export
from projector_export.formats import metadata_cell
from projector_export.options import Destination

pytestmark = pytest.mark.browser

PAGE = """<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<body style="margin: 0; height: 100vh">
<vz-projector-app style="height: 100%; display: block" serving-mode="demo" projector-config-json-path="config.json"></vz-projector-app>
<script src="projector_binary.js"></script>
"""


def write_app(folder):
    """Put the page and TensorBoard's own projector program into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    plugin = importlib.resources.files("tensorboard.plugins.projector") / "tf_projector_plugin"
    with importlib.resources.as_file(plugin / "projector_binary.js") as program:
        shutil.copyfile(program, folder / "projector_binary.js")


@pytest.fixture(scope="session")
def hostile():
    return hostile_table()


@pytest.fixture(scope="session")
def exported(demonstration, hostile, serve, tmp_path_factory):
    """A standalone folder for a page of another origin; yields the folder and the address of its config."""
    folder = tmp_path_factory.mktemp("standalone")
    address = serve(folder)
    projector_export.write([demonstration, hostile], Destination(standalone=folder, base_url=address))
    return folder, f"{address}config.json"


@pytest.fixture(scope="session")
def app(serve, tmp_path_factory):
    folder = tmp_path_factory.mktemp("app")
    write_app(folder)
    return serve(folder)


def assert_holds(projector, table):
    """Check every label and every vector that the viewer holds."""
    assert projector.shape() == table.shape
    names, rows = projector.metadata()
    assert names == [column.name for column in table.columns]
    spelled = table.column("token").spelled
    labels = [metadata_cell.encode(label, spelled=spelled) for label in table.column("token").values]
    assert [row[0] for row in rows] == labels
    assert [row[1] for row in rows] == list(range(table.n_rows))
    assert projector.vector_digest() == digest_of(table.vectors.read(0, table.n_rows))


def test_config_of_another_origin(app, exported, demonstration, hostile, projector, tmp_path):
    projector.open_standalone(f"{app}index.html?config={quote(exported[1], safe='')}", demonstration.shape)
    assert list(projector.offered_tensors()) == [demonstration.name, hostile.name]
    assert projector.tensor_name() == demonstration.name
    assert_holds(projector, demonstration)
    assert n_colored(projector.pixels()) > 10_000
    projector.page.screenshot(path=tmp_path / "demo.png")
    projector.select_tensor(hostile.name, hostile.shape)
    assert_holds(projector, hostile)
    assert n_colored(projector.pixels()) > 10_000
    projector.assert_quiet()


def test_page_in_the_folder_itself(serve, hostile, projector, tmp_path):
    projector_export.write(hostile, Destination(standalone=tmp_path / "folder"))
    write_app(tmp_path / "folder")
    projector.open_standalone(f"{serve(tmp_path / 'folder')}index.html", hostile.shape)
    assert_holds(projector, hostile)
    projector.assert_quiet()


def test_upload_dialog(app, exported, demonstration, hostile, projector, tmp_path):
    projector.open_standalone(f"{app}index.html?config={quote(exported[1], safe='')}", demonstration.shape)
    folder = next(path.parent for path in Path(exported[0]).glob("hostile*/vectors.tsv"))
    projector.locate("#upload").click()
    projector.locate("#dataDialog").wait_for(state="visible")
    projector.page.screenshot(path=tmp_path / "dialog.png")
    projector.locate("#file").set_input_files(folder / "vectors.tsv")
    projector.wait_for(hostile.shape)
    projector.locate("#file-metadata").set_input_files(folder / "metadata.tsv")
    projector.wait_for_columns(len(hostile.columns))
    projector.page.keyboard.press("Escape")
    projector.locate("#dataDialog").wait_for(state="hidden")
    projector.locate("iron-overlay-backdrop").wait_for(state="hidden")
    assert_holds(projector, hostile)
    assert n_colored(projector.pixels()) > 10_000
    projector.assert_quiet()
