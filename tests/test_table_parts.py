import dataclasses

import numpy as np
import pytest

from projector_export.errors import InvalidInputError
from projector_export.provenance import Step
from projector_export.table import Column, EmbeddingTable, Figure, Layout, Neighbours, Quality, Selection
from projector_export.vectors import ArrayVectors

N_ROWS = 6
INDICES = (np.arange(N_ROWS)[:, None] + [1, 2]) % N_ROWS
DISTANCES = np.tile([0.5, 1.0], (N_ROWS, 1))
PLACES = np.arange(2 * N_ROWS).reshape(N_ROWS, 2)


def table():
    vectors = np.arange(4 * N_ROWS).reshape(N_ROWS, 4)
    made = EmbeddingTable.from_array(vectors, columns=[Column("token", list("abcdef"))])
    made = made.with_neighbours(Neighbours(INDICES, DISTANCES, "cosine"), Step("neighbours"))
    made = made.with_layout(Layout("umap 2d", "umap", PLACES), Step("umap"), "a note")
    return dataclasses.replace(made, components=np.zeros((N_ROWS, 3), np.float32))


def test_neighbours_are_frozen_and_shorten():
    near = Neighbours(INDICES, DISTANCES, "cosine", "exact", 1.0)
    assert (near.k, near.indices.dtype, near.distances.dtype) == (2, np.int32, np.float32)
    assert near.first(1).indices.tolist() == INDICES[:, :1].tolist()
    with pytest.raises(ValueError, match="read-only"):
        near.indices[0, 0] = 3
    with pytest.raises(InvalidInputError, match="2 neighbours a row, not 3"):
        near.first(3)


@pytest.mark.parametrize(
    ("indices", "distances", "metric", "words"),
    [
        (INDICES, DISTANCES[:, :1], "cosine", "two arrays of one shape"),
        (INDICES[0], DISTANCES[0], "cosine", "two arrays of one shape"),
        (INDICES[:2], DISTANCES[:2], "cosine", "k below n_rows"),
        (INDICES + 1, DISTANCES, "cosine", "outside 0 to 5"),
        (INDICES - 1, DISTANCES, "cosine", "outside 0 to 5"),
        (INDICES, DISTANCES, "manhattan", "cosine or euclidean"),
    ],
)
def test_neighbours_that_cannot_be(indices, distances, metric, words):
    with pytest.raises(InvalidInputError, match=words):
        Neighbours(indices, distances, metric)


def test_layouts_are_copied_and_frozen():
    places = PLACES.astype(np.float32)
    layout = Layout("umap 2d", "umap", places)
    places[:] = 7
    assert np.array_equal(layout.coordinates, PLACES)
    assert layout.n_components == 2
    with pytest.raises(ValueError, match="read-only"):
        layout.coordinates[0, 0] = 1


@pytest.mark.parametrize(
    ("places", "words"),
    [
        (np.zeros((3, 4)), "2 or 3 dimensions"),
        (np.zeros(3), "2 or 3 dimensions"),
        (np.full((3, 2), np.nan), "NaN or infinite"),
    ],
)
def test_layouts_that_cannot_be(places, words):
    with pytest.raises(InvalidInputError, match=words):
        Layout("x", "umap", places)


def test_figures_as_json():
    figure = Figure(0.9, 0.01)
    quality = Quality(figure, figure, figure, figure, 15, 2000, "cosine")
    told = Layout("umap 2d", "umap", PLACES, {"seed": 1}, quality).as_json()
    assert told["quality"]["trustworthiness"] == {"value": 0.9, "standard_error": 0.01}
    assert told["parameters"] == {"seed": 1}
    assert "coordinates" not in told


def test_taking_rows_keeps_pictures_and_drops_neighbours():
    taken = table().take(np.array([1, 4]), Step("take"))
    assert taken.layouts[0].coordinates.tolist() == PLACES[[1, 4]].tolist()
    assert taken.components.shape == (2, 3)
    assert taken.neighbours is None


def test_other_vectors_have_other_neighbours_and_the_same_picture():
    changed = table().with_vectors(ArrayVectors(np.zeros((N_ROWS, 2))), Step("center"))
    assert changed.neighbours is None
    assert changed.components is None
    assert changed.layouts[0].name == "umap 2d"
    assert changed.provenance.notes == ("a note",)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (
            {"neighbours": Neighbours(INDICES[:4] % 4, DISTANCES[:4], "cosine")},
            "the neighbours of table .*: 4 rows instead of 6",
        ),
        ({"layouts": (Layout("a", "umap", PLACES[:4]),)}, "layout 'a' of table .*: 4 rows instead of 6"),
        ({"components": np.zeros((5, 2), np.float32)}, "the principal components of table .*: 5 rows instead of 6"),
        ({"layouts": (Layout("a", "umap", PLACES),) * 2}, "two layouts named 'a'"),
    ],
)
def test_parts_that_do_not_fit(parts, words):
    with pytest.raises(InvalidInputError, match=words):
        dataclasses.replace(table(), **parts)


def test_selections_are_sorted_and_follow_their_rows():
    selected = dataclasses.replace(table(), selections=(Selection("odd", [5, 1, 3, 3], "they are odd"),))
    assert selected.selections[0].rows.tolist() == [1, 3, 5]
    taken = selected.take(np.array([0, 3, 4, 5]), Step("take"))
    assert taken.selections[0].rows.tolist() == [1, 3]
    assert taken.selections[0].reason == "they are odd"
    assert selected.take(np.array([0, 2]), Step("take")).selections[0].rows.tolist() == []


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Selection("x", [[1]]), "a list of row numbers"),
        (lambda: Selection("x", [0.5]), "a list of row numbers"),
        (lambda: Selection("x", [-1]), "row number -1"),
        (lambda: dataclasses.replace(table(), selections=(Selection("x", [6]),)), "row number 6, and there are 6 rows"),
        (lambda: dataclasses.replace(table(), selections=(Selection("x", [1]),) * 2), "two selections named 'x'"),
    ],
)
def test_selections_that_cannot_be(make, words):
    with pytest.raises(InvalidInputError, match=words):
        make()
