import ml_dtypes
import numpy as np
import pytest

from projector_export.errors import InvalidInputError
from projector_export.formats import stored_numbers

EIGHT_BIT = {
    "F8_E4M3": ml_dtypes.float8_e4m3fn,
    "F8_E5M2": ml_dtypes.float8_e5m2,
    "F8_E4M3FNUZ": ml_dtypes.float8_e4m3fnuz,
    "F8_E5M2FNUZ": ml_dtypes.float8_e5m2fnuz,
    "F8_E8M0": ml_dtypes.float8_e8m0fnu,
}


def same_bits(left, right):
    nan = np.isnan(left)
    np.testing.assert_array_equal(nan, np.isnan(right))
    np.testing.assert_array_equal(left[~nan].view("u4"), right[~nan].view("u4"))


@pytest.mark.parametrize("dtype", EIGHT_BIT)
def test_every_eight_bit_code_has_the_value_that_ml_dtypes_gives_it(dtype):
    codes = np.arange(256, dtype=np.uint8)
    same_bits(stored_numbers.decoder(dtype)(codes), codes.view(EIGHT_BIT[dtype]).astype(np.float32))


def test_every_bfloat16_code_has_the_value_that_ml_dtypes_gives_it():
    codes = np.arange(65536, dtype="<u2")
    same_bits(stored_numbers.decoder("BF16")(codes.view("u1")), codes.view(ml_dtypes.bfloat16).astype(np.float32))


@pytest.mark.parametrize(
    ("dtype", "code"),
    [("F64", "f8"), ("F32", "f4"), ("F16", "f2"), ("I64", "i8"), ("I8", "i1"), ("U32", "u4"), ("U8", "u1")],
)
def test_numpys_own_types_are_a_view(dtype, code):
    values = np.array([0, 1, 2, 100, 127], dtype=code)
    raw = values.view("u1")
    decoded = stored_numbers.decoder(dtype)(raw)
    assert np.shares_memory(decoded, raw)
    np.testing.assert_array_equal(decoded, values)
    assert stored_numbers.readable_name(dtype) == str(values.dtype)


@pytest.mark.parametrize("dtype", ["F4", "F6_E2M3", "C64", "nonsense"])
def test_what_is_no_real_number_of_whole_bytes_is_refused(dtype):
    with pytest.raises(InvalidInputError, match=f"stored as '{dtype}' cannot be read"):
        stored_numbers.decoder(dtype)
