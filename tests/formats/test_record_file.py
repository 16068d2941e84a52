"""Records with lengths and checksums."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projector_export.errors import CorruptFileError
from projector_export.formats import record_file

# Length 24, its checksum, an event, its checksum: as the documentation of TensorBoard's tf_record.rs prints them.
GOLDEN_RECORD = bytes.fromhex("090000803899d6d7411a0d") + b"brain.Event:2"
GOLDEN = bytes.fromhex("1800000000000000a37f4b22") + GOLDEN_RECORD + bytes.fromhex("124b36ab")


def test_golden_bytes():
    assert record_file.encode([GOLDEN_RECORD]) == GOLDEN


@given(st.lists(st.binary(max_size=50), max_size=5))
def test_records_come_back(records):
    assert list(record_file.decode(record_file.encode(records))) == records


@pytest.mark.parametrize("length", range(1, len(GOLDEN)))
def test_a_cut_record_is_corrupt(length):
    with pytest.raises(CorruptFileError, match="the record at byte 0 is cut short"):
        list(record_file.decode(GOLDEN[:length]))


@pytest.mark.parametrize("position", range(len(GOLDEN)))
def test_a_flipped_byte_is_corrupt(position):
    damaged = bytearray(GOLDEN + GOLDEN)
    damaged[position] ^= 0x40
    with pytest.raises(
        CorruptFileError, match="record at byte 0 does" if position >= 12 else "length of the record at"
    ):
        list(record_file.decode(bytes(damaged)))


def test_whole_records_before_a_cut_one_are_read():
    records = record_file.decode(GOLDEN + GOLDEN[:-1])
    assert next(records) == GOLDEN_RECORD
    with pytest.raises(CorruptFileError, match=f"byte {len(GOLDEN)}"):
        next(records)
