"""The checksums of TensorFlow's files."""

import google_crc32c
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projector_export.errors import InvalidInputError
from projector_export.formats.checksum import Checksum, crc32c, masked, unmasked


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (b"\x00" * 32, 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(reversed(range(32))), 0x113FDB5C),
    ],
)
def test_checksums_are_those_of_rfc_3720(data, expected):
    assert crc32c(data) == expected


@given(st.lists(st.binary(max_size=40)))
def test_pieces_give_the_checksum_of_the_whole(pieces):
    checksum = Checksum()
    for piece in pieces:
        checksum.update(piece)
    assert checksum.value == crc32c(b"".join(pieces))


@pytest.mark.parametrize("implementation", ["c", "python"])
@pytest.mark.parametrize(
    "buffer",
    [
        bytearray(b"0123456789ab"),
        memoryview(b"0123456789ab"),
        memoryview(bytearray(b"0123456789ab")),
        np.frombuffer(b"0123456789ab", "<f4"),
        np.frombuffer(b"0123456789ab", "u1").reshape(3, 2, 2),
        np.frombuffer(b"__0123456789ab", "u1")[2:],
        np.frombuffer(b"0123456789ab", "<f2").reshape(2, 3),
    ],
    ids=["bytearray", "memoryview", "writable memoryview", "float32", "3-D", "unaligned", "2-D float16"],
)
def test_a_buffer_is_its_bytes(buffer, implementation, monkeypatch):
    if implementation == "python":
        pure = pytest.importorskip("google_crc32c.python")
        monkeypatch.setattr(google_crc32c, "extend", pure.extend)
    assert crc32c(buffer) == google_crc32c.value(b"0123456789ab")


@pytest.mark.parametrize("empty", [b"", bytearray(), np.zeros((0, 4)), np.zeros((3, 0), np.float32)])
def test_nothing_leaves_the_checksum_as_it_is(empty):
    checksum = Checksum()
    checksum.update(b"abc")
    before = checksum.value
    checksum.update(empty)
    assert checksum.value == before


@pytest.mark.parametrize("view", [np.eye(4)[:, :2], np.eye(4)[::2], np.asfortranarray(np.eye(4))])
def test_bytes_out_of_order_are_refused(view):
    with pytest.raises(InvalidInputError, match=r"C order.*ascontiguousarray"):
        crc32c(view)


def test_an_array_is_read_in_place(monkeypatch):
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    seen = []

    def extend(value, piece):
        seen.append(piece)
        return value

    monkeypatch.setattr(google_crc32c, "extend", extend)
    crc32c(array)
    assert np.shares_memory(seen[0], array)


def test_masking_is_tensorflows():
    # The first record of every events file: length 24, whose stored checksum the data server's own test spells out.
    assert masked(crc32c(b"\x18" + b"\x00" * 7)) == 0x224B7FA3


@given(st.integers(0, 2**32 - 1))
def test_unmasking_undoes_masking(crc):
    assert 0 <= masked(crc) < 2**32
    assert unmasked(masked(crc)) == crc
