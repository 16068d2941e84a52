"""Rows here and there in a file, in any order, close together or far apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projector_export.errors import CorruptFileError
from projector_export.tensor_files.scattered_vectors import ScatteredVectors


@settings(deadline=None)
@given(
    gaps=st.lists(st.integers(0, 9) | st.integers(300, 3_000), min_size=1, max_size=40),
    n_dims=st.integers(1, 5),
    random=st.randoms(use_true_random=False),
)
def test_every_row_comes_from_its_place(tmp_path_factory, gaps, n_dims, random):
    path = tmp_path_factory.mktemp("rows") / "file"
    numbers = np.arange(len(gaps) * n_dims, dtype="<f4").reshape(len(gaps), n_dims)
    offsets, content = [], bytearray()
    for gap, row in zip(gaps, numbers, strict=True):
        content += b"\xff" * gap
        offsets.append(len(content))
        content += row.tobytes()
    path.write_bytes(content)
    order = random.sample(range(len(gaps)), len(gaps))
    vectors = ScatteredVectors(path, np.array(offsets, dtype=np.int64)[order], n_dims)
    assert (vectors.shape, vectors.dtype) == ((len(gaps), n_dims), "float32")
    start, stop = sorted(random.choices(range(len(gaps) + 1), k=2))
    found = vectors.read(start, stop)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, numbers[order][start:stop])


@pytest.mark.parametrize("places", [[0, 8], [0, 8_000]], ids=["close", "far"])
def test_a_file_that_became_shorter_or_went_away_is_told(tmp_path, places):
    path = tmp_path / "file"
    path.write_bytes(bytes(8_007))
    vectors = ScatteredVectors(path, np.array(places, dtype=np.int64), 2)
    path.write_bytes(bytes(9))
    with pytest.raises(CorruptFileError, match="file.*became shorter while it was read.*start again"):
        vectors.read(0, 2)
    path.unlink()
    with pytest.raises(CorruptFileError, match="cannot read .*file.*: start again"):
        vectors.read(0, 2)
