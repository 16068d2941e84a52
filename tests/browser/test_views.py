"""Layouts as views, on all-MiniLM-L6-v2, in TensorBoard and in the standalone app: every point at its place, and staying."""

import re
from dataclasses import replace

import numpy as np
import pytest
from projector_page import n_colored, n_hues
from tensorboard_server import running_tensorboard
from test_standalone import write_app

import projector_export
from projector_export.options import Destination
from projector_export.table import Figure, Layout, Quality

pytestmark = pytest.mark.browser

SHAPE = (30522, 384)
NARROW = {"width": 1000, "height": 700}
STAYS_MILLISECONDS = 10_000
QUALITY = Quality(
    Figure(0.943, 0.002), Figure(0.95, 0.002), Figure(0.334, 0.004), Figure(0.6, 0.01), 15, 1000, "cosine"
)
LABELS = [
    "long 2d · trust 0.943 ±0.002 · recall 0.33 · n_neighbors 15",
    "long 3d · trust 0.943 ±0.002 · recall 0.33",
    "tsne 2d · perplexity 30",
]
TRUST_WHEN_WRITTEN = re.compile(r" · trust 0\.\d{3} ±0\.\d{3} · recall 0\.\d\d(?= · perplexity)")
"""The third picture comes without figures and is measured when it is written."""


@pytest.fixture(scope="session")
def pictured(minilm):
    """The vocabulary with pictures that are quickly made: five times as long as wide, a ball, a square."""
    table = projector_export.read(minilm)
    vectors = table.vectors.read(0, table.n_rows).astype(np.float64)
    vectors -= vectors.mean(axis=0)
    axes = np.linalg.eigh(vectors.T @ vectors)[1][:, :-11:-1]
    components = (vectors @ axes).astype(np.float32)
    spread = components / components.std(axis=0)
    long = spread * np.array([5, *[1] * 9], np.float32)
    layouts = (
        Layout("long 2d", "umap", long[:, :2], {"n_neighbors": 15, "seed": 0}, QUALITY),
        Layout("long 3d", "umap", long[:, :3], quality=QUALITY, color="norm"),
        Layout("tsne 2d", "tsne", np.tanh(spread[:, 3:5]), {"perplexity": 30}, color="kind"),
    )
    return replace(table, name="all-MiniLM-L6-v2", layouts=layouts, components=components)


@pytest.fixture(scope="session")
def destination(pictured, tmp_path_factory):
    folder = tmp_path_factory.mktemp("views")
    projector_export.write(pictured, Destination(folder / "logs", folder / "app"))
    write_app(folder / "app")
    return folder


@pytest.fixture(scope="session")
def server(destination, tmp_path_factory):
    with running_tensorboard(destination / "logs", tmp_path_factory.mktemp("log") / "tensorboard.txt") as running:
        yield running


@pytest.fixture(params=["tensorboard", "standalone"])
def show(request, projector, destination, serve):
    """Opens the projector with the vocabulary, in both of its homes."""

    def opened():
        if request.param == "tensorboard":
            projector.open_tensorboard(request.getfixturevalue("server"), SHAPE)
        else:
            projector.open_standalone(f"{serve(destination / 'app')}index.html", SHAPE)
        return projector

    return opened


def assert_drawn_as_stored(positions, layout):
    """Check that what is drawn is the layout, rotated, moved, and scaled by one number: nothing else."""
    assert positions.shape == (SHAPE[0], 3)
    assert np.isfinite(positions).all()
    n_axes = layout.n_components
    assert not positions[:, n_axes:].any()
    stored = layout.coordinates.astype(np.float64)
    stored -= stored.mean(axis=0)
    drawn = positions[:, :n_axes] - positions[:, :n_axes].mean(axis=0)
    left, singular, right = np.linalg.svd(drawn.T @ stored)
    assert np.linalg.det(left @ right) > 0, "it is not mirrored"
    scale = singular.sum() / (stored**2).sum()
    assert np.abs(drawn - scale * stored @ (left @ right).T).max() < 2e-4, "of a picture from -1 to 1"
    assert np.allclose(np.ptp(positions[:, :n_axes], axis=0), 2, atol=1e-6)


def test_every_view_shows_every_point_in_its_place_and_keeps_it(show, pictured, tmp_path):
    opened = show()
    labels = opened.views(3)
    assert TRUST_WHEN_WRITTEN.search(labels[2])
    assert [*labels[:2], TRUST_WHEN_WRITTEN.sub("", labels[2])] == LABELS
    for number, layout in enumerate(pictured.layouts):
        opened.open_view(number)
        first, window = opened.drawn()
        assert_drawn_as_stored(first, layout)
        assert np.abs(window).max() < 1, "all points are in sight"
        assert np.abs(window[:, :2]).max() > 0.6, "and not farther away than it takes"
        assert opened.shape() == SHAPE
        opened.page.screenshot(path=tmp_path / f"{number} {layout.name}.png")
    opened.page.wait_for_timeout(STAYS_MILLISECONDS)
    assert np.array_equal(opened.drawn()[0], first), "t-SNE's too, which the viewer's own slot would move"
    for number in (1, 0):
        opened.open_view(number)
        again = opened.drawn()[0]
        opened.page.wait_for_timeout(STAYS_MILLISECONDS)
        assert np.array_equal(opened.drawn()[0], again)
        assert_drawn_as_stored(again, pictured.layouts[number])
    opened.assert_quiet()


def test_colors_and_labels_are_chosen(show, tmp_path):
    opened = show()
    opened.views(3)
    plain = opened.pixels()
    assert n_hues(plain) < 4
    for number, color in ((0, "kind"), (1, "norm"), (2, "kind")):
        opened.open_view(number)
        assert opened.locate("#colorby input").input_value() == color
        assert opened.locate("#labelby input").input_value() == "token"
        assert opened.run("return projector.selectedColorOption.name;") == color
        opened.page.screenshot(path=tmp_path / f"{number} {color}.png")
        colors = opened.pixels()
        assert n_colored(colors) > 5_000
        assert (n_hues(colors) >= 4) == (color == "kind")
    opened.assert_quiet()


def test_the_pca_tab_is_not_blank_afterwards(show, pictured, tmp_path):
    opened = show()
    opened.views(3)
    opened.open_view(0)
    opened.open_tab("pca")
    usual = pictured.components
    for chosen in ([0, 1, 2], [9, 5, 3], [7, 8, 4], [6, 0, 1]):
        opened.run(
            "[projector.projectionsPanel.pcaX, projector.projectionsPanel.pcaY, projector.projectionsPanel.pcaZ] = argument;",
            chosen,
        )
        opened.page.wait_for_timeout(500)
        drawn = opened.drawn()[0]
        middle = (usual.max(axis=0) + usual.min(axis=0)) / 2
        expected = (usual - middle) / (np.ptp(usual, axis=0) / 2)
        assert np.allclose(drawn, expected[:, chosen], atol=5e-4)
    opened.page.screenshot(path=tmp_path / "pca.png")
    assert n_colored(opened.pixels()) > 5_000
    opened.open_view(1)
    assert_drawn_as_stored(opened.drawn()[0], pictured.layouts[1])
    opened.assert_quiet()


def test_all_points_are_in_sight_in_a_narrow_window(show, projector, tmp_path):
    projector.page.set_viewport_size(NARROW)
    opened = show()
    opened.views(3)
    for number in range(3):
        opened.open_view(number)
        opened.page.screenshot(path=tmp_path / f"{number}.png")
        assert 0.8 < np.abs(opened.drawn()[1][:, :2]).max() < 0.97
    opened.assert_quiet()
