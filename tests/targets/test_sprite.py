import dataclasses
import hashlib
import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from projector_export import Column, EmbeddingTable, write
from projector_export.checks import check
from projector_export.errors import InvalidInputError
from projector_export.formats import png, projector_config, standalone_config
from projector_export.options import Destination, ViewerLimits
from projector_export.table import Thumbnails
from projector_export.targets.sprite import check_sprite, write_sprite

RNG = np.random.default_rng(5)


def table_of(n_rows=10, size=(6, 6), channels=4, name="pictures"):
    width, height = size
    pixels = RNG.integers(0, 256, (n_rows, height, width, channels), dtype=np.uint8)
    columns = [Column("label", [f"row {row}" for row in range(n_rows)]), Column("id", np.arange(n_rows))]
    vectors = RNG.normal(size=(n_rows, 4))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    table = EmbeddingTable.from_array(vectors, name=name, columns=columns)
    return dataclasses.replace(table, thumbnails=Thumbnails(pixels))


def seen_by_viewer(path, size, row):
    """Cut out what ``scatterPlotVisualizerSprites.ts`` shows for a row."""
    with Image.open(path) as image:
        atlas = np.asarray(image.convert("RGBA"))
    per_row, per_column = atlas.shape[1] / size[0], atlas.shape[0] / size[1]
    x, y = int(row % per_row), int(row // per_column)
    return atlas[y * size[1] : (y + 1) * size[1], x * size[0] : (x + 1) * size[0]]


def shown_in_neighbour_list(path, size, row):
    """Cut out what ``vz-projector-inspector-panel.ts`` shows for a row: its background is moved by shares of the image."""
    with Image.open(path) as image:
        atlas = np.asarray(image.convert("RGBA"))
    n_columns = atlas.shape[1] // size[0]
    top = row // n_columns / (n_columns - 1) * (atlas.shape[0] - size[1])
    left = row % n_columns / (n_columns - 1) * (atlas.shape[1] - size[0])
    return atlas[round(top) :, round(left) :][: size[1], : size[0]]


@settings(max_examples=60)
@given(st.integers(2, 300), st.integers(1, 12), st.integers(1, 12), st.sampled_from([3, 4]), st.data())
def test_each_rows_picture_is_where_the_viewer_looks(tmp_path_factory, n_rows, width, height, channels, data):
    table = table_of(n_rows, (width, height), channels)
    folder = tmp_path_factory.mktemp("sprite")
    sprite = write_sprite(folder, table)
    assert sprite.size == (width, height)
    for row in {0, n_rows - 1, data.draw(st.integers(0, n_rows - 1))}:
        for look in (seen_by_viewer, shown_in_neighbour_list):
            seen = look(folder / sprite.file_name, sprite.size, row)
            assert np.array_equal(seen[..., :channels], table.thumbnails.pixels[row])
            assert channels == 4 or (seen[..., 3] == 255).all()


def test_places_without_a_row_are_transparent(tmp_path):
    sprite = write_sprite(tmp_path, table_of(5))
    assert sprite.n_columns == 3
    assert all((seen_by_viewer(tmp_path / "sprite.png", (6, 6), row)[..., 3] == 0).all() for row in range(5, 9))


def test_the_same_pictures_give_the_same_bytes(tmp_path):
    table = table_of(50)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_sprite(tmp_path / name, table)
    assert (tmp_path / "a" / "sprite.png").read_bytes() == (tmp_path / "b" / "sprite.png").read_bytes()


def test_more_than_the_viewer_takes_is_refused_before_anything_is_written(tmp_path):
    narrow = Thumbnails(np.zeros((101 * 101 - 100, 1, 82, 4), np.uint8))
    table = dataclasses.replace(table_of(narrow.pixels.shape[0], (1, 1)), thumbnails=narrow)
    with pytest.raises(
        InvalidInputError, match=r"10,101 thumbnails of 82 x 1 pixels.* 8,282 x 101.*81 x 81 pixels at most"
    ):
        write(table, tmp_path / "logdir")
    assert not (tmp_path / "logdir").exists()
    check_sprite(dataclasses.replace(table, thumbnails=Thumbnails(narrow.pixels[:, :, :81])))


def both(table, folder, **options):
    write(table, Destination(logdir=folder / "logdir", standalone=folder / "site"), **options)
    (served,) = projector_config.decode((folder / "logdir" / projector_config.FILE_NAME).read_text()).embeddings
    (static,) = standalone_config.decode((folder / "site" / standalone_config.FILE_NAME).read_text())
    return (folder / "logdir", served), (folder / "site", static)


def test_both_targets_name_it_and_their_manifests_tell_its_digest(tmp_path):
    table = table_of(size=(6, 4))
    for folder, info in both(table, tmp_path):
        path = folder / info.sprite_path
        assert info.sprite_size == (6, 4)
        assert np.array_equal(seen_by_viewer(path, (6, 4), 7), table.thumbnails.pixels[7])
        manifest = json.loads((path.parent / "manifest.json").read_text())
        data = path.read_bytes()
        assert manifest["files"]["sprite.png"] == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        assert manifest["viewer"]["sprite"] == {"file": "sprite.png", "thumbnail_size": [6, 4], "n_columns": 4}
        found = check(folder).findings
        assert [each for each in found if each.severity == "fault" or each.code.startswith("sprite")] == []


def test_a_choice_of_rows_has_the_pictures_of_these_rows(tmp_path):
    table = table_of(40)
    for folder, info in both(table, tmp_path, limits=ViewerLimits(max_rows=7)):
        lines = (folder / info.metadata_path).read_text().splitlines()[1:]
        rows = [int(line.split("\t")[1]) for line in lines]
        assert len(rows) == 7
        for place, row in enumerate(rows):
            assert np.array_equal(
                seen_by_viewer(folder / info.sprite_path, (6, 6), place), table.thumbnails.pixels[row]
            )


def test_without_thumbnails_nothing_is_said_of_a_sprite(tmp_path):
    for folder, info in both(dataclasses.replace(table_of(), thumbnails=None), tmp_path):
        assert (info.sprite_path, info.sprite_size) == ("", ())
        assert json.loads(next(folder.glob("*/manifest.json")).read_text())["viewer"]["sprite"] is None
        assert not list(folder.rglob("*.png"))


def test_a_replaced_tensor_leaves_no_sprite_behind(tmp_path):
    write(table_of(), tmp_path)
    write(dataclasses.replace(table_of(), thumbnails=None), tmp_path)
    assert not list(tmp_path.rglob("*.png"))


def test_tensorboards_plugin_serves_it(tmp_path):
    from tensorboard.plugins.projector import projector_plugin
    from werkzeug.test import Client

    table = table_of()
    write(table, tmp_path)
    provider = SimpleNamespace(list_runs=lambda *_, **__: [])
    context = SimpleNamespace(data_provider=provider, logdir=str(tmp_path), multiplexer=None)
    plugin = projector_plugin.ProjectorPlugin(context)
    answer = Client(plugin._serve_sprite_image).get("/?run=.&name=pictures")
    assert answer.status_code == 200, answer.data
    assert answer.mimetype == "image/png"
    assert answer.data == next(tmp_path.rglob("sprite.png")).read_bytes()


@settings(max_examples=40)
@given(st.integers(1, 40), st.integers(1, 30), st.integers(1, 9), st.booleans())
def test_a_png_decodes_to_the_same_pixels(width, height, step, is_smooth):
    pixels = RNG.integers(0, 256, (height, width, 4), dtype=np.uint8)
    if is_smooth:
        pixels = np.cumsum(pixels // 64, axis=1, dtype=np.uint8) + np.arange(height, dtype=np.uint8)[:, None, None]
    bands = [pixels[start : start + step] for start in range(0, height, step)]
    data = b"".join(png.encode(bands, width=width, height=height))
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert (image.mode, image.size) == ("RGBA", (width, height))
        assert np.array_equal(np.asarray(image), pixels)


def test_a_png_of_another_size_than_promised_is_refused():
    pixels = np.zeros((3, 5, 4), np.uint8)
    with pytest.raises(ValueError, match="3 lines of an image that is 4"):
        list(png.encode([pixels], width=5, height=4))
    with pytest.raises(ValueError, match=r"a band of shape \(3, 5, 4\).* 6 pixels wide"):
        list(png.encode([pixels], width=6, height=3))
