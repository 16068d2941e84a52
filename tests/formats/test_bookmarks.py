import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from projector_export.checks.bookmark_rules import REQUIRED
from projector_export.errors import CorruptFileError
from projector_export.formats import bookmarks
from projector_export.formats.bookmarks import COMPONENT_STEPS, STEPS, Camera, View, decode, encode

CAMERA = Camera((0.5, 1.0, 2.0))


def view_of(coordinates, components, **options):
    return View("umap", np.asarray(coordinates, float), np.asarray(components, float), 384, CAMERA, **options)


def encoded(*views):
    return b"".join(encode(views))


def test_golden_bytes():
    view = view_of([[2, -1], [-2, 1]], [[5, 0], [-5, 0]], color="kind", text="token")
    assert encoded(view) == (
        b'[{"label":"umap","selectedProjection":"umap","isSelected":false,"selectedPoints":[],'
        b'"forceCategoricalColoring":false,"tSNEIteration":0,"tSNEPerplexity":25,"tSNELearningRate":1,"tSNEis3d":true,'
        b'"umapNeighbors":15,"umapMinDist":0.1,"pcaComponentDimensions":[0,1,2],"customXLeftText":"","customXRightText":"",'
        b'"customYUpText":"","customYDownText":"","umapIs3d":false,"dataSetDimensions":[2,384],'
        b'"selectedColorOptionName":"kind","selectedLabelOption":"token","customSelectedSearchByMetadataOption":"token",'
        b'"cameraDef":{"orthographic":false,"position":[0.5,1.0,2.0],"target":[0.0,0.0,0.0],"zoom":1.0},'
        b'"projections":[{"umap-0":99999,"umap-1":-50000,"pca-0":9999,"pca-1":0},'
        b'{"umap-0":-99999,"umap-1":50000,"pca-0":-9999,"pca-1":0}]}]\n'
    )


def test_every_view_has_what_the_viewer_fails_without():
    (state,) = json.loads(encoded(view_of(np.eye(3), np.eye(3))))
    assert all(isinstance(state[name], types) for name, types in REQUIRED.items())
    assert not {"shuffledDataIndices", "filteredPoints"} & set(state)
    assert state["umapIs3d"] is True


finite = st.floats(-(2.0**100), 2.0**100, width=32)


@given(
    st.integers(1, 40).flatmap(
        lambda n_rows: st.tuples(
            st.sampled_from([2, 3]).flatmap(lambda n: hnp.arrays(np.float32, (n_rows, n), elements=finite)),
            st.integers(2, 10).flatmap(lambda n: hnp.arrays(np.float32, (n_rows, n), elements=finite)),
        )
    )
)
def test_views_come_back_as_precise_as_the_eye_needs(arrays):
    coordinates, components = arrays
    view = view_of(coordinates, components)
    (found,) = decode(encoded(view))
    for given_values, values, axis, steps in (
        (coordinates, found.coordinates, None, STEPS),
        (components, found.components, 0, COMPONENT_STEPS),
    ):
        largest = np.abs(given_values.astype(float)).max(axis=axis)
        assert np.abs(values - given_values / np.where(largest > 0, largest, 1)).max() <= 0.5001 / steps
    assert (found.label, found.n_dims, found.camera) == (view.label, view.n_dims, view.camera)
    assert (found.color, found.text) == (bookmarks.NO_COLOR, "__index__")


@pytest.mark.parametrize("n_rows", [1, bookmarks.BLOCK_ROWS, bookmarks.BLOCK_ROWS + 1])
def test_several_views_of_many_rows(n_rows):
    values = np.random.default_rng(0).normal(size=(n_rows, 5))
    views = [view_of(values[:, :2], values), view_of(values[:, :3], values)]
    pieces = list(encode(views))
    assert max(map(len, pieces)) < 2_000_000, "never whole in memory"
    found = decode(b"".join(pieces))
    assert [each.coordinates.shape for each in found] == [(n_rows, 2), (n_rows, 3)]
    assert np.allclose(found[1].coordinates, values[:, :3] / np.abs(values[:, :3]).max(), atol=1e-5)


def test_no_view_is_an_empty_list():
    assert encoded() == b"[]\n"
    assert decode(encoded()) == ()


def test_hostile_labels_stay_labels():
    view = view_of([[0, 1]], [[1, 0]])
    object.__setattr__(view, "label", '"}],\n<script> \u2028')
    assert json.loads(encoded(view))[0]["label"] == view.label


@pytest.mark.parametrize(
    "data", [b"", b"[", b"7", b"[7]", b"[{}]", b'{"a": 1}', b'[{"projections": [], "cameraDef": {}}]']
)
def test_other_files_are_told(data):
    with pytest.raises(CorruptFileError, match=r"my\.json is not a file of views.*export it again"):
        decode(data, where="my.json")
