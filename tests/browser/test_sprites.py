"""Thumbnails on screen: the handwritten digits of scikit-learn, each at its point, in TensorBoard and in the standalone app."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_digits
from tensorboard_server import running_tensorboard
from test_standalone import write_app

import projector_export
from projector_export import Column, EmbeddingTable
from projector_export.options import Destination
from projector_export.sources import images
from projector_export.table import Layout

pytestmark = pytest.mark.browser

N_COLUMNS = 43
SIDE = 16
"""Pixels of a digit; in this window the grid's points lie some 20 apart, so that no digit hides another."""
WINDOW = {"width": 1900, "height": 1400}


@pytest.fixture(scope="session")
def digits():
    """All 1,797 digits, laid out row by row on a grid (a view turns it); numbers as labels, so that nothing is tinted."""
    found = load_digits()
    table = EmbeddingTable.from_array(found.data, name="digits", columns=[Column("digit", found.target)])
    table = images.attach(table, found.images / 16, size=SIDE)
    rows = np.arange(table.n_rows)
    places = np.stack([rows % N_COLUMNS, -(rows // N_COLUMNS)], axis=1).astype(np.float32)
    components = (found.data - found.data.mean(axis=0))[:, :10].astype(np.float32)
    return replace(table, layouts=(Layout("grid", "umap", places),), components=components)


@pytest.fixture(scope="session")
def destination(digits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sprites")
    projector_export.write(digits, Destination(folder / "logs", folder / "app"))
    write_app(folder / "app")
    return folder


def patches(projector):
    """Yield what is seen around each row's point, shape (n_rows, SIDE, SIDE), moved by up to a pixel: points lie between pixels."""
    _, places = projector.drawn()
    drawing = projector.pixels().mean(axis=2)
    height, width = drawing.shape
    left = np.rint((places[:, 0] + 1) / 2 * width - SIDE / 2).astype(int)
    top = np.rint((1 - places[:, 1]) / 2 * height - SIDE / 2).astype(int)
    for down, right in itertools.product((-1, 0, 1), repeat=2):
        corners = zip(top + down, left + right, strict=True)
        yield np.stack([drawing[y : y + SIDE, x : x + SIDE] for y, x in corners])


def likeness(seen, expected):
    """Return the correlation of what is seen at each row's point with each row's digit, shape (n_rows, n_rows)."""
    first, second = (pixels.reshape(len(pixels), -1).astype(float) for pixels in (seen, expected))
    first, second = (each - each.mean(axis=1, keepdims=True) for each in (first, second))
    return first @ second.T / np.outer(np.linalg.norm(first, axis=1), np.linalg.norm(second, axis=1))


def assert_every_digit_is_at_its_point(projector, table):
    projector.views(1)
    projector.open_view(0)
    expected = table.thumbnails.pixels[..., 0]
    found = np.max([likeness(seen, expected) for seen in patches(projector)], axis=0)
    own = np.diag(found)
    n_likelier = (found > own[:, None]).sum(axis=1)
    assert np.median(own) > 0.9
    assert np.mean(n_likelier == 0) > 0.95
    assert n_likelier.max() < 50, "a point shows another row's digit"


def test_digits_in_tensorboard(destination, digits, projector, tmp_path):
    projector.page.set_viewport_size(WINDOW)
    with running_tensorboard(destination / "logs", tmp_path / "log.txt") as server:
        projector.open_tensorboard(server, digits.shape)
        assert_every_digit_is_at_its_point(projector, digits)
        projector.assert_quiet()


def test_digits_in_the_standalone_app(destination, serve, digits, projector):
    projector.page.set_viewport_size(WINDOW)
    projector.open_standalone(f"{serve(destination / 'app')}index.html", digits.shape)
    assert_every_digit_is_at_its_point(projector, digits)
    projector.assert_quiet()
