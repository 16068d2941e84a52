"""Layouts in the targets: views for people, exact coordinates for programs."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from projector_export.cli.check import check
from projector_export.errors import InvalidInputError
from projector_export.formats import bookmarks, projector_config, standalone_config
from projector_export.formats.bookmarks import NO_COLOR
from projector_export.provenance import Step
from projector_export.table import Column, EmbeddingTable, Figure, Layout, Quality
from projector_export.targets import standalone, tensorboard
from projector_export.targets.camera import camera_of
from projector_export.targets.coloring import color_column, text_column, viewer_name
from projector_export.targets.layout_file import file_names
from projector_export.targets.orientation import equal_extents
from projector_export.targets.pictures import expected_bytes, write_pictures
from projector_export.targets.views import label_of, views_of

TARGETS = {"tensorboard": tensorboard, "standalone": standalone}
RNG = np.random.default_rng(3)
VALUES = RNG.normal(size=(300, 12)).astype(np.float32)
PLACES = VALUES * np.array([5, *[1] * 11], np.float32)
QUALITY = Quality(Figure(0.9432, 0.0021), Figure(0.9, 0.01), Figure(0.334, 0.0), Figure(0.6, 0.01), 15, 100, "cosine")
LAYOUTS = (
    Layout("umap 2d", "umap", PLACES[:, :2], {"n_neighbors": 15, "seed": 0}, QUALITY),
    Layout("tsne 3d", "tsne", PLACES[:, :3], {"perplexity": 30.0}, color="id"),
)
COLUMNS = (
    Column("id", np.arange(300)),
    Column("token", [f"w{row}" for row in range(300)]),
    Column("kind", ["word", "number", "special"] * 100),
)


def table_of(values=VALUES, columns=COLUMNS, layouts=LAYOUTS):
    table = EmbeddingTable.from_array(values, name="words", columns=columns)
    return replace(table, layouts=layouts, components=VALUES[: len(values), :10])


def entry_of(target, folder):
    if target == "tensorboard":
        (entry,) = projector_config.decode((folder / projector_config.FILE_NAME).read_text()).embeddings
    else:
        (entry,) = standalone_config.decode((folder / standalone_config.FILE_NAME).read_text())
    return entry


@pytest.fixture(params=sorted(TARGETS))
def target(request):
    return request.param


def test_every_layout_is_a_view_and_a_file(target, tmp_path):
    table = table_of()
    (written,) = TARGETS[target].write([(table, table)], tmp_path)
    entry = entry_of(target, tmp_path)
    assert entry.bookmarks_path == "words/bookmarks.json"
    views = bookmarks.decode((tmp_path / entry.bookmarks_path).read_bytes())
    manifest = json.loads((written.folder / "manifest.json").read_text())
    for view, layout, told in zip(views, LAYOUTS, manifest["layouts"], strict=True):
        assert np.load(written.folder / told["file"], allow_pickle=False).tobytes() == layout.coordinates.tobytes()
        assert {"sha256", "bytes"} == set(manifest["files"][told["file"]])
        assert {**layout.as_json(), "view": True}.items() <= told.items()
        places = layout.coordinates @ np.array(told["view_rotation"]).T
        places -= (places.max(axis=0) + places.min(axis=0)) / 2
        assert np.allclose(view.coordinates, places / np.abs(places).max(), atol=2e-5), "the shape survives"
        assert np.allclose(np.corrcoef(view.components[:, 4], VALUES[:, 4])[0, 1], 1)
        assert view.components.shape == (300, 10)
        assert (view.n_dims, view.text) == (12, "token")
    assert [view.color for view in views] == ["kind", "id"]
    assert [told["file"] for told in manifest["layouts"]] == ["layout-umap-2d.npy", "layout-tsne-3d.npy"]
    assert any("2 views" in note and "Bookmarks" in note for note in written.notes)


def test_the_checker_finds_nothing(target, tmp_path):
    table = table_of()
    bare = replace(table, name="bare", columns=(), layouts=LAYOUTS[:1])
    lone = replace(table, name="lone", columns=COLUMNS[2:], layouts=LAYOUTS[:1])
    TARGETS[target].write([(each, each) for each in (table, bare, lone)], tmp_path)
    result = CliRunner().invoke(check, [str(tmp_path), "--json"])
    found = [finding for finding in json.loads(result.stdout)["findings"] if "bookmark" in str(finding)]
    assert (result.exit_code, found) == (0, [])


def test_the_viewer_gets_views_of_its_rows_and_programs_all_rows(target, tmp_path):
    table = table_of()
    viewer = table.take(np.arange(0, 300, 3), Step("sample"))
    (written,) = TARGETS[target].write([(table, viewer)], tmp_path)
    views = bookmarks.decode((written.folder / "bookmarks.json").read_bytes())
    assert views[0].coordinates.shape == (100, 2)
    assert np.array_equal(np.load(written.folder / "layout-umap-2d.npy"), LAYOUTS[0].coordinates)


def test_tensorboard_shows_the_first_rows_only(tmp_path):
    table = table_of()
    pictures = write_pictures(tmp_path, table, table, max_rows=120)
    (state, _) = json.loads((tmp_path / pictures.bookmarks).read_text())
    assert (len(state["projections"]), state["dataSetDimensions"]) == (120, [120, 12])
    assert len(np.load(tmp_path / "layout-umap-2d.npy")) == 300


def test_without_layouts_nothing_is_added(target, tmp_path):
    table = table_of(layouts=())
    (written,) = TARGETS[target].write([(table, table)], tmp_path)
    assert entry_of(target, tmp_path).bookmarks_path == ""
    assert not [path for path in written.folder.iterdir() if path.suffix == ".npy" or path.name == "bookmarks.json"]
    assert written.notes == ()


def test_layouts_without_components_are_refused(target, tmp_path):
    table = replace(table_of(), components=None)
    with pytest.raises(InvalidInputError, match="no principal components"):
        TARGETS[target].write([(table, table)], tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_the_room_that_is_asked_for_is_enough(tmp_path):
    table = table_of()
    pictures = write_pictures(tmp_path, table, table)
    needed = sum(record.n_bytes for record in pictures.files)
    assert needed - 3000 < expected_bytes(table, table) < 1.3 * needed


def test_as_many_components_as_the_menus_offer():
    for n_dims, n_offered in ((3, 3), (12, 10)):
        table = replace(table_of(VALUES[:, :n_dims]), components=VALUES[:, :2])
        view, _ = next(views_of(table))
        assert np.array_equal(view.components[:, :2], VALUES[:, :2])
        assert view.components.shape == (300, n_offered)
        assert not view.components[:, 2:].any()


def test_files_of_layouts_do_not_collide():
    names = ["umap 2d", "UMAP/2d", "umap-2d", "umap-2d-2", "é", "../../x", "a" * 99, "a" * 98]
    files = file_names([replace(LAYOUTS[0], name=name) for name in names])
    assert files[:4] == ["layout-umap-2d.npy", "layout-UMAP-2d-2.npy", "layout-umap-2d-3.npy", "layout-umap-2d-2-2.npy"]
    assert len({file.casefold() for file in files}) == len(names)
    assert all(Path(file).name == file and len(file) < 90 for file in files)


def test_coordinates_are_written_as_numpy_writes_them(tmp_path):
    write_pictures(tmp_path, table_of(), table_of())
    expected = io.BytesIO()
    np.lib.format.write_array(expected, LAYOUTS[1].coordinates, version=(1, 0), allow_pickle=False)
    assert (tmp_path / "layout-tsne-3d.npy").read_bytes() == expected.getvalue()


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"token": 300, "kind": 3}, "kind"),
        ({"script": 4, "kind": 3}, "kind"),
        ({"script": 4, "kind": 1}, "script"),
        ({"token": 300, "script": 50}, "script"),
        ({"token": 51, "kind": 1}, "number"),
        ({}, "number"),
    ],
)
def test_the_usual_color(columns, expected):
    made = [Column(name, [f"v{row % n}" for row in range(300)]) for name, n in columns.items()]
    found = color_column(table_of(columns=[Column("number", np.arange(300) % 3), *made]))
    assert (found and found.name) == expected


def test_a_wanted_color_is_one_that_the_viewer_offers():
    table = table_of(columns=[*COLUMNS, Column("same", np.full(300, 2.0)), Column("holes", [None, "a", "b"] * 100)])
    assert color_column(table, "id").name == "id"
    assert color_column(table, "holes").name == "holes"
    for wanted in ("nothing", "token", "same"):
        with pytest.raises(InvalidInputError, match=rf"coloured by '{wanted}'.*\('id', 'kind', 'holes'\)"):
            color_column(table, wanted)
    with pytest.raises(InvalidInputError, match="there is no such column"):
        color_column(table_of(columns=()), "kind")
    with pytest.raises(InvalidInputError, match="coloured by 'nothing'"):
        list(views_of(table_of(layouts=(replace(LAYOUTS[0], color="nothing"),))))


def test_columns_are_named_as_the_viewer_names_them():
    def names(columns):
        view, _ = next(views_of(table_of(columns=columns)))
        return view.text, view.color

    assert names(COLUMNS) == ("token", "kind")
    assert names(()) == ("__index__", NO_COLOR)
    assert names(COLUMNS[2:]) == ("label", "label"), "a lone column has no header"
    assert names(COLUMNS[:1]) == ("label", NO_COLOR)
    assert names([COLUMNS[0], Column("a\tkind", COLUMNS[2].values)]) == ("a\\tkind", "a\\tkind")
    table = table_of(columns=[Column("7", COLUMNS[1].values), COLUMNS[0]])
    assert viewer_name(table, text_column(table)) == '"7"'


def test_labels_say_the_important_first():
    parameters = {"seed": 0, "min_dist": 0.1, "n_neighbors": 15, "target": None}
    layout = Layout("umap 2d", "umap", PLACES[:, :2], parameters, QUALITY)
    assert label_of(layout) == "umap 2d · trust 0.943 ±0.002 · recall 0.33 · n_neighbors 15 · min_dist 0.1"
    layout = replace(layout, name="umap 2d n_neighbors=15", quality=None)
    assert label_of(layout) == "umap 2d n_neighbors=15 · min_dist 0.1"
    assert label_of(LAYOUTS[1]) == "tsne 3d · perplexity 30"
    exact = replace(QUALITY, trustworthiness=Figure(1.0, 0.0))
    assert label_of(Layout("pca 2d", "pca", PLACES[:, :2], quality=exact)) == "pca 2d · trust 1.000 · recall 0.33"


def in_window(camera, points, aspect):
    """Return where three.js puts points in a window, -1 to 1, by its own matrices."""
    backward = np.array(camera.position) - np.array(camera.target)
    distance = np.linalg.norm(backward)
    backward /= distance
    right = np.cross([0, 1, 0], backward)
    right /= np.linalg.norm(right)
    seen = (points - np.array(camera.position)) @ np.array([right, np.cross(backward, right), backward]).T
    return seen[:, :2] / (-seen[:, 2:] * np.tan(np.radians(35)) * [aspect, 1])


@pytest.mark.parametrize("scale", [(1, 1, 1), (9, 1, 1), (1, 9, 1), (1, 1, 9), (1, 9, 9), (0, 0, 0)])
def test_all_points_are_in_sight_and_not_small(scale):
    points = equal_extents(VALUES[:, :3] * np.array(scale)).coordinates
    points /= np.abs(points).max() or 1
    camera = camera_of(points)
    seen = in_window(camera, points, aspect=0.65)
    assert np.abs(seen).max() <= 0.951
    assert np.abs(in_window(camera, points, aspect=1.8)).max() <= 0.951
    if any(scale):
        assert np.abs(seen).max() > 0.94
        widths = np.sort(np.sqrt(np.linalg.eigvalsh(np.cov((seen - seen.mean(axis=0)).T))))
        assert widths[1] > 0.18
