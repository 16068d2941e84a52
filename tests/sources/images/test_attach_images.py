import dataclasses
import io
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from projector_export.errors import AmbiguousChoiceError, CorruptFileError, InvalidInputError, NotFoundError
from projector_export.sources import images
from projector_export.sources.images.thumbnail import checked_size, usual_side
from projector_export.table import Column, EmbeddingTable
from projector_export.targets.sprite import check_sprite

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
COLORS = {"a": RED, "b": GREEN, "c": BLUE}


def table_of(labels=("a", "b", "c"), **columns):
    columns = [Column("label", list(labels)), *(Column(name, values) for name, values in columns.items())]
    return EmbeddingTable.from_array(np.eye(max(3, len(labels)))[: len(labels)], name="things", columns=columns)


def picture(color, size=(40, 20), mode="RGB"):
    return Image.new(mode, size, color)


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.fixture
def folder(tmp_path):
    for name, color in COLORS.items():
        picture(color).save(tmp_path / f"{name}.png")
    return tmp_path


def centres(table):
    pixels = table.thumbnails.pixels
    return [tuple(color) for color in pixels[:, pixels.shape[1] // 2, pixels.shape[2] // 2, :3].tolist()]


def test_names_bring_rows_and_files_together(folder):
    table = images.attach(table_of(["c", "a", "b"]), folder)
    assert centres(table) == [BLUE, RED, GREEN]
    step = table.provenance.steps[-1]
    assert (step.name, step.parameters["matched_by"]) == ("attach_images", "names in column 'label'")
    assert step.parameters["images"] == os.fspath(folder)
    assert table.provenance.notes == ()


def test_names_with_extension_and_below_folders(tmp_path):
    for name, color in {"x/1.png": RED, "y/1.png": GREEN, "y/2.png": BLUE}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        picture(color).save(tmp_path / name)
    assert centres(images.attach(table_of(["y/1.png", "y/2", "x/1"]), tmp_path)) == [GREEN, BLUE, RED]


def test_without_names_the_natural_order_counts(tmp_path):
    for name, color in {
        "p10.png": BLUE,
        "p2.PNG": GREEN,
        "p1.png": RED,
        ".hidden.png": BLUE,
        "notes.txt": None,
    }.items():
        if color:
            picture(color).save(tmp_path / name)
        else:
            (tmp_path / name).write_text("no picture")
    table = images.attach(table_of(["one", "two", "three"]), tmp_path)
    assert centres(table) == [RED, GREEN, BLUE]
    assert "'p1.png' first, 'p10.png' last" in table.provenance.notes[0]


def test_labels_that_repeat_do_not_hide_that_there_is_one_picture_a_row(tmp_path):
    for number, color in enumerate([RED, GREEN, BLUE]):
        picture(color).save(tmp_path / f"{number}.png")
    assert centres(images.attach(table_of(["1", "0", "1"]), tmp_path)) == [RED, GREEN, BLUE]


def test_rows_of_a_class_share_its_picture(folder):
    assert centres(images.attach(table_of(["a", "b", "a", "a"]), folder)) == [RED, GREEN, RED, RED]


def test_nearly_all_names_is_not_the_order(folder):
    with pytest.raises(NotFoundError, match=r"2 of 3 rows, and none for row 1 \('z'\)"):
        images.attach(table_of(["a", "z", "c"]), folder)


def test_other_counts_are_refused_with_both(folder):
    with pytest.raises(InvalidInputError, match="holds 3 pictures and table 'things' has 5 rows"):
        images.attach(table_of(list("vwxyz")), folder)


def test_a_column_of_paths(folder):
    table = images.attach(table_of(path=["b.png", "./a.png", str(folder / "c.png")]), "path", base=folder)
    assert centres(table) == [GREEN, RED, BLUE]


def test_rows_without_picture_show_a_disc_and_are_counted(folder):
    table = images.attach(table_of(path=["b.png", "", None]), "path", base=folder)
    assert centres(table) == [GREEN, (160, 160, 160), (160, 160, 160)]
    assert table.thumbnails.pixels[1, 0, 0, 3] == 0
    assert table.provenance.notes == ("2 of 3 rows have no picture and show a grey disc",)
    with pytest.raises(InvalidInputError, match="no row of table 'things' has a picture"):
        images.attach(table_of(path=["", "", None]), "path", base=folder)


@pytest.mark.parametrize("path", ["../secret.png", "/etc/passwd", "link.png", "inner/../../secret.png"])
def test_paths_of_a_file_stay_below_the_folder(folder, path):
    inside = folder / "inside"
    inside.mkdir()
    picture(RED).save(folder / "secret.png")
    (inside / "link.png").symlink_to(folder / "secret.png")
    with pytest.raises(InvalidInputError, match="row 0: .* leads out of"):
        images.attach(table_of(path=[path, "", ""]), "path", base=inside)


def test_links_in_a_folder_stay_below_it_too(folder):
    inside = folder / "inside"
    inside.mkdir()
    for name in COLORS:
        (inside / f"{name}.png").symlink_to(folder / f"{name}.png")
    with pytest.raises(InvalidInputError, match="'a.png' leads out of"):
        images.attach(table_of(), inside)


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("d.png", NotFoundError, r"row 1: there is no picture 'd.png' in"),
        ("https://example.org/a.png", InvalidInputError, "row 1: .* is an address, and pictures are not fetched"),
        ("a\0b", InvalidInputError, "row 1: 'a.x00b' is no path of a picture"),
        (".", NotFoundError, "row 1: there is no picture '.'"),
    ],
)
def test_paths_that_lead_nowhere(folder, path, error, words):
    with pytest.raises(error, match=words):
        images.attach(table_of(path=["a.png", path, "b.png"]), "path", base=folder)


def test_neither_folder_nor_column(folder, monkeypatch):
    with pytest.raises(
        NotFoundError, match="'nothing' is neither a folder nor a column of table 'things'; its columns: 'label'"
    ):
        images.attach(table_of(), "nothing")
    with pytest.raises(InvalidInputError, match=r"column 'size' holds numbers, .* columns of texts: 'label'"):
        images.attach(table_of(size=np.arange(3)), "size")
    (folder / "path").mkdir()
    monkeypatch.chdir(folder)
    with pytest.raises(AmbiguousChoiceError, match="'path' is a column and a folder"):
        images.attach(table_of(path=["a.png"] * 3), "path")
    with pytest.raises(NotFoundError, match="holds no pictures"):
        images.attach(table_of(), folder / "path")


def test_lists_of_all_kinds_leave_them_as_they_are(folder):
    image = picture(BLUE)
    before = image.tobytes()
    array = np.full((5, 5, 3), 255, np.uint8)
    given = [
        folder / "a.png",
        encoded(picture(GREEN)),
        image,
        array,
        {"bytes": encoded(picture(RED)), "path": None},
        None,
    ]
    table = images.attach(table_of("abcdef"), given)
    assert centres(table)[:5] == [RED, GREEN, BLUE, (255, 255, 255), RED]
    assert image.tobytes() == before
    assert image.size == (40, 20)
    assert array.flags.writeable


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([b"x"] * 2, "2 pictures for 3 rows of table 'things'"),
        (np.zeros((4, 8, 8)), "4 pictures for 3 rows"),
        (7, "not a int"),
        (b"bytes", "not a bytes"),
        ([object()] * 3, "the picture of row 0 is a object"),
        (np.zeros((3, 8)), r"not \(3, 8\)"),
        (np.zeros((3, 8, 8, 2)), r"not \(3, 8, 8, 2\)"),
        (np.zeros((3, 0, 8)), r"not \(3, 0, 8\)"),
        (np.full((3, 8, 8), 16.0), "from 16 to 16"),
        (np.full((3, 8, 8), np.nan), "from nan to nan"),
        (np.zeros((3, 8, 8), np.int64), "holds int64"),
        (np.zeros((3, 8, 8), np.complex64), "holds complex64"),
        ([b"GIF89a nothing"] * 3, "the picture of row 0 is damaged|the picture of row 0 is no picture"),
        ([b"\x89PNG\r\n\x1a\n" + bytes(50)] * 3, "the picture of row 0"),
        ([b"plain text"] * 3, "the picture of row 0 is no picture that can be read here"),
        ([b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"] * 3, "row 0 is no picture that can be read here"),
    ],
)
def test_what_is_no_picture(given, words):
    with pytest.raises(InvalidInputError, match=words):
        images.attach(table_of(), given)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP"])
def test_a_truncated_file_is_refused_by_name(folder, kind):
    generator = np.random.default_rng(1)
    noise = Image.fromarray(generator.integers(0, 256, (64, 64, 3), dtype=np.uint8))
    data = encoded(noise, kind)
    (folder / "b.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(CorruptFileError, match=r"row 1: 'b.png'"):
        images.attach(table_of(), folder)


def test_a_decompression_bomb_is_an_error(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 700)
    data = encoded(picture(RED))
    with pytest.raises(CorruptFileError, match="row 0 claims more than 700 pixels"):
        images.attach(table_of(), [data, None, None])
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert centres(images.attach(table_of(), [data, None, None]))[0] == RED


def test_aspect_is_kept_and_the_rest_transparent():
    table = images.attach(
        table_of(), [picture(RED, (300, 100)), picture(GREEN, (10, 30)), picture(BLUE, (64, 64))], size=60
    )
    pixels = table.thumbnails.pixels
    wide, high, square = (np.argwhere(each[..., 3] == 255) for each in pixels)
    assert (wide.min(axis=0).tolist(), wide.max(axis=0).tolist()) == ([20, 0], [39, 59])
    assert (high.min(axis=0).tolist(), high.max(axis=0).tolist()) == ([0, 20], [59, 39])
    assert len(square) == 3600
    assert set(np.unique(pixels[..., 3])) == {0, 255}


def test_transparent_pixels_do_not_darken_an_edge():
    source = np.zeros((100, 100, 4), np.uint8)
    source[:, 50:] = (255, 0, 0, 255)
    for each in (source, Image.fromarray(source)):
        seen = images.attach(table_of(), [each] * 3, size=30).thumbnails.pixels[0]
        solid = seen[seen[..., 3] > 0]
        assert (solid[:, 0] > 250).all()
        assert (solid[:, 1:3] < 5).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("size", [(60, 60), (20, 60)])
def test_pictures_stand_upright(orientation, size):
    upright = picture(RED, (240, 120))
    upright.paste(GREEN, (120, 0, 240, 60))
    upright.paste(BLUE, (0, 60, 120, 120))
    undo = [None, 0, 3, 1, 5, 2, 6, 4][orientation - 1]
    turned = upright if undo is None else upright.transpose(Image.Transpose(undo))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(turned, "JPEG", exif=exif, quality=95)
    seen, expected = (
        images.attach(table_of(), [given] * 3, size=size).thumbnails.pixels[0].astype(int)
        for given in (data, encoded(upright, "JPEG", quality=95))
    )
    assert np.abs(seen - expected).mean() < 4


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("P", (8, 8)), (0, 0, 0, 255)),
        (Image.new("CMYK", (8, 8), (0, 255, 255, 0)), (255, 0, 0, 255)),
        (Image.new("L", (8, 8), 128), (128, 128, 128, 255)),
        (Image.new("LA", (8, 8), (128, 7)), (128, 128, 128, 7)),
        (Image.new("1", (8, 8), 1), (255, 255, 255, 255)),
        (Image.new("I", (8, 8), 32768), (128, 128, 128, 255)),
        (Image.new("F", (8, 8), 0.5), (128, 128, 128, 255)),
        (Image.fromarray(np.full((8, 8), 32768, np.uint16)), (128, 128, 128, 255)),
        (Image.new("YCbCr", (8, 8), (128, 128, 128)), (128, 128, 128, 255)),
    ],
    ids=lambda value: getattr(value, "mode", None),
)
def test_modes_of_pictures(image, expected):
    seen = images.attach(table_of(), [image] * 3, size=8).thumbnails.pixels[0]
    assert np.abs(seen.astype(int) - expected).max() <= 1


def test_deep_grey_comes_through_a_file():
    deep = Image.fromarray(np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16))
    for data in (encoded(deep), encoded(deep, "TIFF")):
        seen = images.attach(table_of(), [data] * 3, size=16).thumbnails.pixels[0]
        assert np.abs(seen[..., 0].reshape(-1).astype(int) - np.arange(256)).max() <= 1


def test_transparency_of_a_palette_and_the_first_frame():
    frames = [picture(RED), picture(GREEN)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    palette = Image.new("P", (8, 8), 3)
    palette.putpalette([0, 0, 0, 1, 1, 1, 2, 2, 2, 9, 9, 9])
    table = images.attach(
        table_of(), [data, encoded(palette, "GIF", transparency=3), encoded(palette, "PNG", transparency=3)]
    )
    assert centres(table)[0] == RED
    assert (table.thumbnails.pixels[1:, 32, 32, 3] == 0).all()


def test_a_large_jpeg_is_what_it_would_be_without_a_shortcut():
    generator = np.random.default_rng(3)
    small = Image.fromarray(generator.integers(0, 256, (7, 9, 3), dtype=np.uint8))
    large = small.resize((1800, 1400), Image.Resampling.BICUBIC)
    data = encoded(large, "JPEG", quality=95)
    with Image.open(io.BytesIO(data)) as whole:
        expected = np.asarray(whole.convert("RGB").resize((64, 50), Image.Resampling.LANCZOS)).astype(int)
    seen = images.attach(table_of(), [data] * 3).thumbnails.pixels[0]
    assert np.abs(seen[7:57, :, :3] - expected).mean() < 3


@given(
    st.sampled_from(["hw", "hwc", "chw"]),
    st.integers(2, 6),
    st.integers(5, 20),
    st.integers(5, 20),
    st.sampled_from([1, 3, 4]),
    st.sampled_from([np.uint8, np.float32, np.float64, np.bool_]),
)
def test_arrays_of_any_order(order, n_rows, height, width, n_channels, dtype):
    generator = np.random.default_rng(n_rows)
    n_channels = 1 if order == "hw" else n_channels
    eights = generator.integers(0, 2 if dtype == np.bool_ else 256, (n_rows, height, width, n_channels))
    expected = eights * (255 if dtype == np.bool_ else 1)
    given = (eights / 255).astype(dtype) if np.issubdtype(dtype, np.floating) else eights.astype(dtype)
    given = {"hw": given[..., 0], "hwc": given, "chw": np.moveaxis(given, 3, 1)}[order]
    before = given.copy()
    table = EmbeddingTable.from_array(np.ones((n_rows, 3)))
    seen = images.attach(table, given, size=(width, height)).thumbnails.pixels
    assert np.array_equal(seen[..., :3], np.broadcast_to(expected[..., :3], (n_rows, height, width, 3)))
    assert np.array_equal(seen[..., 3], expected[..., 3] if n_channels == 4 else np.full(seen.shape[:3], 255))
    assert np.array_equal(given, before)


def test_small_arrays_are_enlarged_by_a_whole_factor():
    small = np.arange(3 * 24, dtype=np.uint8).reshape(3, 4, 6)
    seen = images.attach(table_of(), small).thumbnails
    assert seen.size == (60, 60)
    assert np.array_equal(seen.pixels[1, 10:50:10, ::10, 0], small[1])
    assert (seen.pixels[:, :10, :, 3] == 0).all()


@pytest.mark.heavy
def test_tensors_of_torch_have_their_channels_first():
    import torch

    both = torch.rand(3, 3, 8, 3, requires_grad=True)
    seen = images.attach(table_of(), both, size=(3, 8)).thumbnails.pixels
    assert np.allclose(seen[..., :3], np.moveaxis(both.detach().numpy(), 1, 3) * 255, atol=1)
    assert images.attach(table_of(), torch.zeros(3, 1, 8, 8, dtype=torch.bfloat16)).thumbnails.size == (64, 64)
    assert images.attach(table_of(), list(torch.zeros(3, 3, 9, 7, dtype=torch.uint8))).thumbnails.size == (63, 63)


@pytest.mark.parametrize("size", [0, -3, 2.5, True, (3,), (3, 0), "8", (3, 4.0)])
def test_sizes_that_are_none(size):
    with pytest.raises(InvalidInputError, match="the size of a thumbnail is"):
        images.attach(table_of(), np.zeros((3, 8, 8)), size=size)


@given(st.integers(2, 262_144))
def test_thumbnails_of_the_usual_size_fit_in_the_viewers_image(n_rows):
    side = usual_side(n_rows, "t")
    assert 16 <= side <= 64
    assert side * int(np.ceil(np.sqrt(n_rows))) <= 8192
    assert checked_size(side, n_rows) == (side, side)


def test_too_many_rows_or_too_large_thumbnails():
    with pytest.raises(InvalidInputError, match="has 300,000 rows, .* has room for 262,144 of 16 x 16"):
        usual_side(300_000, "t")
    with pytest.raises(InvalidInputError, match="10,000 thumbnails of 82 x 82 .* 81 is the largest"):
        checked_size(82, 10_000)
    with pytest.raises(InvalidInputError, match="choose rows first"):
        checked_size(1, 70_000_000)


def test_progress_ends_at_all_rows(folder):
    told = []
    images.attach(table_of(), folder, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_the_table_that_was_given_stays_as_it_was(folder):
    given = table_of()
    changed = images.attach(given, folder)
    assert given.thumbnails is None
    assert changed.vectors is given.vectors
    check_sprite(changed)
    assert dataclasses.replace(changed, thumbnails=None).shape == given.shape
