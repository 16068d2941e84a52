"""Pictures of layouts: what is on them, that they are the same every time, and that nothing else changes."""

import errno
import os
import re
import subprocess
import sys
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from projector_export.errors import InvalidInputError, MissingExtraError, NotFoundError, WriteError
from projector_export.table import Column, EmbeddingTable, Figure, Layout, Quality
from projector_export.targets import plot
from projector_export.targets.plot.density import N_CELLS, Coverage
from projector_export.targets.plot.fonts import drawable, families
from projector_export.targets.plot.palette import CATEGORY_COLORS, MISSING_COLOR, OTHER_COLOR, coloring_of
from projector_export.targets.plot.picture import Panel, Picture, grid
from projector_export.targets.plot.wording import axis_titles, readable, shortened, trust

SUFFIXES = (".png", ".svg", ".html")


def table_of(n_rows=60, n_kinds=3, *, n_components=(2,), columns=None, name="words", **parts):
    random = np.random.default_rng(0)
    vectors = random.normal(size=(n_rows, 5)).astype("f4")
    if columns is None:
        columns = [
            Column("word", [f"word {row}" for row in range(n_rows)]),
            Column("kind", [f"kind {row % n_kinds}" for row in range(n_rows)]),
        ]
    layouts = tuple(
        Layout(f"layout {number}", "x", random.normal(size=(n_rows, k)).astype("f4"), **parts)
        for number, k in enumerate(n_components)
    )
    return replace(EmbeddingTable.from_array(vectors, name=name, columns=columns), layouts=layouts)


def texts_of(path):
    """Return the texts of an svg: matplotlib draws letters as outlines and notes each text in a comment."""
    return [text.strip() for text in re.findall("<!--(.*?)-->", path.read_text(encoding="utf-8"), re.DOTALL)]


def pixels_of(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def n_pixels(pixels, color):
    rgb = np.frombuffer(bytes.fromhex(color[1:]), dtype=np.uint8).astype(int)
    return int((np.abs(pixels - rgb).max(axis=2) <= 30).sum())


@pytest.mark.parametrize("n_kinds", [2, 8, 12])
def test_png_has_the_colour_of_every_category(tmp_path, n_kinds):
    path = plot.write(table_of(400, n_kinds), tmp_path / "p.png", color="kind")
    pixels = pixels_of(path)
    n_colors = n_kinds if n_kinds <= 8 else 7
    for color in CATEGORY_COLORS[:n_colors]:
        assert n_pixels(pixels, color) > 3_000
    for color in {*CATEGORY_COLORS} - {*CATEGORY_COLORS[:n_colors], "#000000"}:
        assert n_pixels(pixels, color) < 1_000
    assert (n_pixels(pixels, OTHER_COLOR) > 3_000) == (n_kinds > 8)


def test_svg_says_name_shape_layouts_trust_and_counts(tmp_path):
    figure = Figure(0.9531, 0.0021)
    quality = Quality(figure, figure, Figure(0.4, 0.0), figure, 15, 2000, "cosine")
    table = table_of(200, 12, n_components=(2, 3), quality=quality)
    texts = texts_of(plot.write(table, tmp_path / "p.svg", color="kind"))
    assert texts.count("trustworthiness 0.953 ± 0.002, recall 0.400 (k = 15)") == 2
    for text in ("words: 200 × 5", "layout 0", "layout 1", "kind", "kind 0 17", "other (5 kinds) 81"):
        assert text in [" ".join(found.split()) for found in texts]
    assert not any(text.startswith("word ") for text in texts)


def test_small_tables_have_their_labels_and_large_ones_none(tmp_path):
    assert "word 3" in texts_of(plot.write(table_of(30), tmp_path / "p.svg"))
    assert "word 3" not in texts_of(plot.write(table_of(151), tmp_path / "p.svg"))


def test_axes_of_pca_tell_their_share(tmp_path):
    shares = {"explained_variance_ratio": [0.1234, 0.05, 0.01]}
    texts = texts_of(plot.write(table_of(30, n_components=(2, 3), parameters=shares), tmp_path / "p.svg"))
    assert texts.count("component 1 (12.3 %)") == 2
    assert texts.count("component 3 (1.0 %)") == 1
    assert axis_titles(table_of().layouts[0]) == ()
    turned = {**shares, "aligned_rows": 30, "disparity": 0.1}
    assert axis_titles(table_of(30, parameters=turned).layouts[0]) == (), "no longer the components"


def test_rare_categories_lie_on_top_and_grey_ones_lowest():
    kinds = ["often"] * 6 + ["rare"] + [None] * 3 + [f"k{i}" for i in range(7)] * 2
    coloring = coloring_of(Column("kind", kinds), len(kinds))
    assert [group.name for group in coloring.groups] == [
        "often",
        *(f"k{i}" for i in range(6)),
        "other (2 kinds)",
        "(missing)",
    ]
    assert [group.color for group in coloring.from_below[:2]] == [MISSING_COLOR, OTHER_COLOR]
    assert [len(group.rows) for group in coloring.from_below[2:]] == [6, 2, 2, 2, 2, 2, 2]
    assert sorted(np.concatenate([group.rows for group in coloring.groups]).tolist()) == list(range(len(kinds)))


def test_few_numbers_are_categories_and_many_a_scale_without_outliers():
    few = coloring_of(Column("n", np.array([1, 2, 2, 3])), 4)
    assert few.scale is None
    assert [group.legend for group in few.groups] == ["2  2", "1  1", "3  1"]
    values = np.append(np.linspace(0, 1, 300), [np.nan, np.inf, 1e6])
    many = coloring_of(Column("n", values), len(values))
    assert [group.legend for group in many.groups] == ["(missing)  2"]
    assert many.scale.high < 1.1
    assert many.scale.beyond == (True, True)
    flags = coloring_of(Column("n", np.array([True, False, True])), 3)
    assert [group.legend for group in flags.groups] == ["yes  2", "no  1"]


def test_png_of_numbers_has_a_colour_bar_from_end_to_end(tmp_path):
    columns = [Column("size", np.linspace(0, 1, 100))]
    pixels = pixels_of(plot.write(table_of(100, columns=columns), tmp_path / "p.png", color="size"))
    bar = pixels[:, -250:]
    assert n_pixels(bar, "#440154") > 100
    assert n_pixels(bar, "#FDE725") > 100


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_same_table_same_bytes(tmp_path, suffix):
    table = table_of(60, n_components=(2, 3))
    first = plot.write(table, tmp_path / f"a{suffix}").read_bytes()
    assert plot.write(table, tmp_path / f"b{suffix.upper()}").read_bytes() == first


def test_many_points_are_pixels_in_an_svg_and_shaded(tmp_path):
    table = table_of(20_001, columns=[])
    path = plot.write(table, tmp_path / "p.svg")
    assert path.stat().st_size < 2_000_000
    assert path.read_text().count("<image") == 2
    assert plot.write(table_of(2_000, columns=[]), path).read_text().count("<image") == 0


def test_crowded_points_are_thinner_and_shaded():
    points = np.concatenate([np.zeros((5_000, 2)), [[0.9, 0.9]]])
    coverage = Coverage.of(points, np.array([[-1.0, 1.0], [-1.0, 1.0]]), point_share=1e-4)
    alpha = coverage.alpha(np.arange(len(points)))
    assert alpha[0] < 0.1
    assert alpha[-1] > 0.8
    assert coverage.shade[N_CELLS // 2, N_CELLS // 2] == coverage.shade.max() > 0.5
    assert coverage.shade[:50].max() == 0
    assert coverage.times().sum() * 1e-4 == pytest.approx(5_001 * 1e-4 * 1e-4 * N_CELLS**2)


def test_hostile_labels_are_drawn_as_they_are_without_a_warning(tmp_path, capfd, recwarn):
    hostile = [
        "$\\frac{1}{2}$",
        "$\\frac{$",
        "\u202eevil",
        "a\nb\0",
        "\ud800",
        "中\U0001f642",
        "x" * 500,
        "-->",
        "e" + "\u0301" * 40,
    ]
    columns = [Column("<b>$", hostile), Column("kind", ["$a_1$", "b"] * 4 + ["b"])]
    table = table_of(9, columns=columns, name="$x^2$ \u202e")
    table = replace(table, layouts=tuple(replace(layout, name="$y$\n") for layout in table.layouts))
    texts = texts_of(plot.write(table, tmp_path / "p.svg", color="kind"))
    for text in (
        "$\\frac{1}{2}$",
        "$\\frac{$",
        "\\u202eevil",
        "a\\nb\\x00",
        "$x^2$ \\u202e: 9 × 5",
        "$y$\\n",
        "x" * 23 + "…",
    ):
        assert text in texts
    plot.write(table, tmp_path / "p.png")
    assert not recwarn.list
    assert capfd.readouterr() == ("", "")


def test_characters_that_no_font_has_are_told_by_number():
    fonts = families(["a"])
    assert fonts == ["DejaVu Sans"]
    assert drawable("a\U00013000é", fonts) == "a\\U00013000é"


def test_texts_are_cut_between_letters():
    assert shortened("a cat sat", 6) == "a cat…"
    assert shortened("e\u0301" * 3, 3) == "e\u0301" * 3 or len(shortened("e\u0301" * 3, 3)) <= 4
    assert readable("a\u0300 b") == "a\u0300 b"
    assert trust(table_of().layouts[0]) == ""


@pytest.mark.parametrize(("n_panels", "expected"), [(1, (1, 1)), (4, (1, 4)), (5, (2, 3)), (9, (3, 3))])
def test_panels_stand_side_by_side(n_panels, expected):
    assert grid(n_panels) == expected


def test_panels_are_square_whatever_the_points():
    for points in ([[0, 0], [10, 1]], [[5, 5], [5, 5]], [[1e6, 1e6], [1e6, 1e6]], [[0, 0]]):
        limits = Panel("", "", np.array(points, dtype="f4"), ()).limits
        sides = limits[:, 1] - limits[:, 0]
        assert sides[0] == pytest.approx(sides[1])
        assert (limits[:, 0] < np.min(points, axis=0)).all()
        assert (limits[:, 1] > np.max(points, axis=0)).all()


def test_a_column_is_chosen_by_layout_then_by_table_but_not_one_that_is_all_different():
    table = table_of(30)
    assert Picture.of(table, None).coloring.title == "kind"
    assert Picture.of(replace(table, columns=table.columns[:1]), None).coloring.title == ""
    size = Column("size", np.arange(30) % 4)
    colored = replace(table, columns=(*table.columns, size), layouts=(replace(table.layouts[0], color="size"),))
    assert Picture.of(colored, None).coloring.title == "size"
    with pytest.raises(InvalidInputError, match="'nothing'"):
        Picture.of(table, "nothing")


def test_matplotlib_stays_as_it_was(tmp_path):
    program = (
        "import sys, numpy as np, matplotlib\n"
        "from projector_export.table import EmbeddingTable, Layout\n"
        "from projector_export.targets import plot\n"
        "from dataclasses import replace\n"
        "matplotlib.rcParams['text.usetex'] = True; matplotlib.rcParams['figure.dpi'] = 31\n"
        "before = matplotlib.rcParams.copy()\n"
        "points = np.eye(3, dtype='f4')\n"
        "table = replace(EmbeddingTable.from_array(points), layouts=(Layout('a', 'x', points), Layout('b', 'x', points[:, :2])))\n"
        "plot.write(table, sys.argv[1])\n"
        "assert all(matplotlib.rcParams[name] == before[name] for name in before if name != 'backend')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    first = tmp_path / "a.png"
    subprocess.run(
        [sys.executable, "-c", program, str(first)],
        check=True,
        env={**os.environ, "DISPLAY": ""},
    )
    assert first.stat().st_size > 1_000


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("p.pdf", InvalidInputError, "'p.pdf' does not say what to draw: name it FILE.png, FILE.svg or FILE.html"),
        ("p", InvalidInputError, "FILE.png, FILE.svg or FILE.html"),
        ("none/p.png", NotFoundError, "there is no folder"),
        ("folder.png", InvalidInputError, "is a folder"),
    ],
)
def test_bad_paths_are_told_before_anything_is_drawn(tmp_path, name, error, words):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(error, match=words):
        plot.check_path(tmp_path / name)
    with pytest.raises(error, match=words):
        plot.write(table_of(), tmp_path / name)


@pytest.mark.parametrize(("suffix", "package"), [(".png", "matplotlib"), (".html", "plotly")])
def test_missing_package_is_told(tmp_path, monkeypatch, suffix, package):
    for module in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr("sys.path", [])
    monkeypatch.setattr("sys.path_importer_cache", {})
    monkeypatch.setattr("sys.meta_path", [finder for finder in sys.meta_path if "editable" in repr(finder)])
    with pytest.raises(
        MissingExtraError, match=rf"drawing p{suffix} needs the package '{package}': pip install .*\[plot\]"
    ):
        plot.check_path(tmp_path / f"p{suffix}")


def test_a_table_without_layouts_is_told(tmp_path):
    with pytest.raises(InvalidInputError, match="table 'words' has no layout to draw: add --layout"):
        plot.write(table_of(n_components=()), tmp_path / "p.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, suffix):
    path = tmp_path / f"p{suffix}"
    path.write_bytes(b"old")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match=r"the disk that holds .* is full"):
        plot.write(table_of(), path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    monkeypatch.undo()
    assert plot.write(table_of(), path) == path
    assert path.read_bytes() != b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_leads_to_the_new_file(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x.png").write_bytes(b"old")
    (tmp_path / "p.png").symlink_to(tmp_path / "real" / "x.png")
    plot.write(table_of(), tmp_path / "p.png")
    assert (tmp_path / "p.png").is_symlink()
    Image.open(BytesIO((tmp_path / "real" / "x.png").read_bytes())).verify()


def test_progress_is_told_and_the_table_is_untouched(tmp_path):
    table, told = table_of(), []
    before = [layout.coordinates.copy() for layout in table.layouts]
    plot.write(table, tmp_path / "p.png", progress=lambda *stage: told.append(stage))
    assert told == [("drawing", 0, 0)]
    np.testing.assert_array_equal(before[0], table.layouts[0].coordinates)
