import io
import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import projector_export
from projector_export import EmbeddingTable, write
from projector_export.errors import AmbiguousChoiceError, CorruptFileError, NotFoundError
from projector_export.options import ViewerLimits
from projector_export.sources import own_export
from projector_export.table import Layout, Thumbnails

VALUES = np.random.default_rng(2).normal(size=(5, 4)).astype(np.float32)


def written(logdir, *names):
    write([EmbeddingTable.from_array(VALUES * (1 + place), name=name) for place, name in enumerate(names)], logdir)
    return logdir


def broken(logdir, name):
    (logdir / name / "manifest.json").write_text('{"tool": "projector_export"')
    return logdir


def read_values(logdir, name=None):
    table = own_export.read(logdir, name)
    return table.name, table.vectors.read(0, table.n_rows)


def test_a_broken_manifest_does_not_hide_a_tensor_that_is_asked_for(tmp_path):
    logdir = broken(written(tmp_path, "a", "b", "c"), "b")
    for name, factor in {"a": 1, "c": 3}.items():
        found, values = read_values(logdir, name)
        assert found == name
        assert np.array_equal(values, VALUES * factor)


def test_the_only_readable_one_is_taken(tmp_path):
    logdir = broken(written(tmp_path, "a", "b"), "a")
    assert read_values(logdir)[0] == "b"
    assert read_values(logdir, "anything else")[0] == "b"


def test_a_broken_one_that_is_asked_for_is_named(tmp_path):
    logdir = broken(written(tmp_path, "a", "b"), "a")
    with pytest.raises(CorruptFileError, match=r"a.manifest\.json is no manifest"):
        own_export.read(logdir, "a")
    with pytest.raises(CorruptFileError, match=r"\w.manifest\.json is no manifest"):
        own_export.read(broken(logdir, "b"))


def test_a_choice_between_several_names_the_broken_one_too(tmp_path):
    logdir = broken(written(tmp_path, "a", "b", "c"), "b")
    with pytest.raises(AmbiguousChoiceError, match=r"\(a, c\) and none named None: .*b.manifest\.json is no manifest"):
        own_export.read(logdir)


def test_a_folder_without_export(tmp_path):
    with pytest.raises(NotFoundError, match="holds no export of this program"):
        own_export.read(tmp_path)


def laid_out(logdir):
    table = EmbeddingTable.from_array(VALUES, name="a")
    write(replace(table, layouts=(Layout("pca", "pca", VALUES[:, :2]),)), logdir)
    (path,) = (logdir / "a").glob("layout-*.npy")
    return path


def test_layouts_come_back(tmp_path):
    laid_out(tmp_path)
    (layout,) = own_export.read(tmp_path).layouts
    assert (layout.name, layout.method) == ("pca", "pca")
    assert np.array_equal(layout.coordinates, VALUES[:, :2])


def damaged_layouts(path):
    whole = path.read_bytes()
    yield whole[:-3], "damaged or cut off"
    yield whole.replace(b"{", b"["), "describes no array"
    yield whole.replace(b"(5, 2)", b"(2, 5)"), r"float32 of shape \(2, 5\) for 5 rows"
    yield whole.replace(b"<f4", b"<i4"), "holds int32"
    archive = io.BytesIO()
    np.savez(archive, a=VALUES, b=VALUES)
    yield archive.getvalue(), "holds 2 arrays"


def test_damaged_layouts_are_refused(tmp_path):
    path = laid_out(tmp_path)
    for content, words in damaged_layouts(path):
        path.write_bytes(content)
        with pytest.raises(CorruptFileError, match=rf"(?s)({words}).*export that tensor again"):
            own_export.read(tmp_path)


def pictured(logdir, *, n_channels=4, n_rows=5):
    pixels = np.random.default_rng(n_rows).integers(0, 256, (n_rows, 6, 4, n_channels), np.uint8)
    pixels[0, ..., -1] = 0
    table = EmbeddingTable.from_array(np.resize(VALUES, (n_rows, 4)), name="a")
    write(replace(table, thumbnails=Thumbnails(pixels)), logdir)
    return pixels


@pytest.mark.parametrize(("n_channels", "n_rows"), [(4, 5), (3, 9), (4, 2), (4, 7)])
def test_pictures_come_back_and_go_out_again_as_they_were(tmp_path, n_channels, n_rows):
    pixels = pictured(tmp_path / "first", n_channels=n_channels, n_rows=n_rows)
    table = projector_export.read(tmp_path / "first")
    np.testing.assert_array_equal(table.thumbnails.pixels[..., :n_channels], pixels)
    assert not table.provenance.notes
    write(table, tmp_path / "second")
    first, second = (np.asarray(Image.open(tmp_path / run / "a" / "sprite.png")) for run in ("first", "second"))
    np.testing.assert_array_equal(first, second)
    assert own_export.read(tmp_path / "first").thumbnails is None


def test_pictures_of_some_rows_are_left_out_and_told(tmp_path):
    table = EmbeddingTable.from_array(VALUES, name="a")
    pictures = Thumbnails(np.zeros((5, 8, 8, 4), np.uint8))
    write(replace(table, thumbnails=pictures), tmp_path, limits=ViewerLimits(max_rows=3))
    read = projector_export.read(tmp_path)
    assert read.thumbnails is None
    assert read.provenance.notes == ("the thumbnails are left out: the export has them for 3 of 5 rows only",)


def test_without_pillow_the_rest_is_read_and_a_note_says_so(tmp_path, monkeypatch):
    pictured(tmp_path)
    monkeypatch.setitem(sys.modules, "PIL", None)
    read = projector_export.read(tmp_path)
    assert (read.thumbnails, read.n_rows) == (None, 5)
    (note,) = read.provenance.notes
    assert note.startswith("the thumbnails are left out: reading the thumbnails of an export needs the package 'PIL'")


def with_sprite_entry(logdir, **changes):
    path = logdir / "a" / "manifest.json"
    content = json.loads(path.read_text())
    content["viewer"]["sprite"].update(changes)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda logdir: (logdir / "a" / "sprite.png").unlink(), r"cannot read .*sprite\.png"),
        (lambda logdir: (logdir / "a" / "sprite.png").write_bytes(b"GIF89a" + bytes(40)), r"cannot read .*sprite\.png"),
        (
            lambda logdir: Image.new("RGBA", (13, 18)).save(logdir / "a" / "sprite.png"),
            "13 x 18 pixels, and .* 12 x 18",
        ),
        (lambda logdir: with_sprite_entry(logdir, file="../../x.png"), "no name of a file beside it"),
        (lambda logdir: with_sprite_entry(logdir, n_columns=9_000), "do not stand in 9,000 columns"),
        (lambda logdir: with_sprite_entry(logdir, n_columns=2), "do not stand in 2 columns"),
        (lambda logdir: with_sprite_entry(logdir, thumbnail_size=[4, "6"]), "its thumbnails are"),
    ],
)
def test_damaged_pictures_are_refused(tmp_path, harm, words):
    pictured(tmp_path)
    harm(tmp_path)
    with pytest.raises(CorruptFileError, match=rf"{words}.*export that tensor again"):
        projector_export.read(tmp_path)


def test_a_picture_that_breaks_off_is_refused(tmp_path):
    pictured(tmp_path)
    path = tmp_path / "a" / "sprite.png"
    whole = path.read_bytes()
    for size in (0, 20, 40, len(whole) // 2):
        path.write_bytes(whole[:size])
        with pytest.raises(CorruptFileError, match=r"cannot read .*sprite\.png .*export that tensor again"):
            projector_export.read(tmp_path)
