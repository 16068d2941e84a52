import dataclasses

import numpy as np
import pytest

from projector_export.errors import InvalidInputError
from projector_export.provenance import Step
from projector_export.table import EmbeddingTable, Thumbnails
from projector_export.vectors import ArrayVectors

PIXELS = np.arange(6 * 3 * 2 * 4, dtype=np.uint8).reshape(6, 3, 2, 4)


def table(thumbnails=None):
    made = EmbeddingTable.from_array(np.arange(24.0).reshape(6, 4))
    return dataclasses.replace(made, thumbnails=thumbnails)


def test_pixels_are_copied_and_frozen():
    given = PIXELS.copy()
    thumbnails = Thumbnails(given)
    given[:] = 0
    assert np.array_equal(thumbnails.pixels, PIXELS)
    assert (len(thumbnails), thumbnails.size) == (6, (2, 3))
    with pytest.raises(ValueError, match="read-only"):
        thumbnails.pixels[0] = 1


def test_a_view_of_somebodys_array_is_copied_although_it_is_read_only():
    given = PIXELS.copy()
    view = given[:]
    view.flags.writeable = False
    thumbnails = Thumbnails(view)
    given[:] = 0
    assert np.array_equal(thumbnails.pixels, PIXELS)


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (PIXELS.astype(np.float32), "uint8, 0 to 255, not float32"),
        (PIXELS.tolist(), "not list"),
        (PIXELS[0], r"not \(3, 2, 4\)"),
        (PIXELS[..., :2], r"not \(6, 3, 2, 2\)"),
        (PIXELS[:, :0], r"not \(6, 0, 2, 4\)"),
    ],
)
def test_pixels_that_cannot_be(pixels, words):
    with pytest.raises(InvalidInputError, match=words):
        Thumbnails(pixels)


def test_a_table_has_one_for_each_row():
    with pytest.raises(InvalidInputError, match="the thumbnails of table .*: 5 rows instead of 6"):
        table(Thumbnails(PIXELS[:5]))


def test_they_follow_their_rows():
    taken = table(Thumbnails(PIXELS)).take(np.array([1, 4]), Step("take"))
    assert np.array_equal(taken.thumbnails.pixels, PIXELS[[1, 4]])
    assert table().take(np.array([1, 4]), Step("take")).thumbnails is None


def test_other_vectors_keep_them():
    given = table(Thumbnails(PIXELS))
    changed = given.with_vectors(ArrayVectors(np.zeros((6, 2))), Step("center"))
    assert changed.thumbnails is given.thumbnails
