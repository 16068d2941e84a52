import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from projector_export.formats import raw_tensor, tensor_tsv

FLOATS = st.floats(allow_nan=False, allow_infinity=False, width=32)
TEXTS = st.binary(min_size=4, max_size=64).map(lambda data: data[: len(data) // 4 * 4])
VALID = st.text(min_size=1).map(lambda text: (text.encode() + b"    ")[: (len(text.encode()) + 3) // 4 * 4])


def is_text_for_tensorboard_without_tensorflow(data):
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def is_text_for_tensorboard_with_tensorflow(data):
    first, newline, _ = data.partition(b"\n")
    return is_text_for_tensorboard_without_tensorflow(first + newline)


@given(VALID | TEXTS)
def test_text_is_never_missed(data):
    if is_text_for_tensorboard_with_tensorflow(data) or is_text_for_tensorboard_without_tensorflow(data):
        assert raw_tensor.is_taken_for_text(data)


@given(
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2), elements=FLOATS)
    | VALID.map(lambda data: np.frombuffer(data, "<f4"))
)
def test_a_nudge_closes_the_trap_for_every_input(values):
    if not np.isfinite(values).all():
        return
    before = values.copy()
    moved, index, ulps = raw_tensor.nudged(values)
    data = moved.tobytes()
    assert not is_text_for_tensorboard_with_tensorflow(data)
    assert not is_text_for_tensorboard_without_tensorflow(data)
    assert np.isfinite(moved).all()
    assert np.array_equal(values, before), "the input is left alone"
    changed = np.flatnonzero(moved.view("u4").reshape(-1) != values.view("u4").reshape(-1))
    assert changed.tolist() in ([], [index])
    gap = abs(int(moved.view("<i4").reshape(-1)[index]) - int(values.view("<i4").reshape(-1)[index]))
    assert gap == ulps or (ulps == 0 and moved.reshape(-1)[index] == 0)
    assert ulps <= 128


@pytest.mark.parametrize("shape", [(2, 3), (1000, 64)])
def test_zeros_stay_equal(shape):
    zeros = np.zeros(shape, np.float32)
    assert raw_tensor.is_taken_for_text(zeros.tobytes())
    moved, index, ulps = raw_tensor.nudged(zeros)
    assert (index, ulps) == (0, 0)
    assert np.array_equal(moved, zeros)
    assert np.signbit(moved[0, 0])


def test_ordinary_numbers_are_not_taken_for_text():
    values = np.random.default_rng(0).normal(size=(50, 20)).astype(np.float32)
    assert not raw_tensor.is_taken_for_text(values.tobytes())


@given(hnp.arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(2, 5)), elements=FLOATS))
def test_text_numbers_come_back_bit_by_bit(block):
    assert np.array_equal(tensor_tsv.decode(tensor_tsv.encode(block)).view("u4") << 1, block.view("u4") << 1)


def test_golden_text():
    assert tensor_tsv.encode(np.array([[1, -0.5], [0.1, 2.25]], np.float32)) == b"1.0\t-0.5\n0.1\t2.25\n"


def test_nan_and_single_dimensions_are_refused():
    with pytest.raises(ValueError, match="NaN"):
        tensor_tsv.encode(np.array([[1, np.nan]], np.float32))
    with pytest.raises(ValueError, match="two dimensions"):
        tensor_tsv.encode(np.ones((3, 1), np.float32))


@pytest.mark.parametrize(
    ("data", "words"), [(b"1\t2\n3\n", "line 2 has 1"), (b"a\tb\n", "line 1 is no row"), (b"\n", "no row")]
)
def test_text_that_is_no_table_is_refused(data, words):
    with pytest.raises(ValueError, match=words):
        tensor_tsv.decode(data)
