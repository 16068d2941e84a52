"""The sorted table below a checkpoint's index."""

import contextlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projector_export.errors import CorruptFileError, InvalidInputError
from projector_export.formats import sorted_table
from projector_export.formats.checksum import crc32c, masked
from projector_export.formats.protobuf_wire import encode_varint

tables = st.dictionaries(st.binary(max_size=12), st.binary(max_size=20), max_size=60)
shared_prefixes = st.dictionaries(
    st.builds(lambda stem, tail: stem + tail, st.sampled_from([b"", b"layer/", b"\xff\xff", b"a" * 200]), st.binary()),
    st.binary(max_size=3),
    max_size=60,
)


def sealed(block, *, compression=0):
    """Return a block with its trailer."""
    typed = block + bytes([compression])
    return typed + struct.pack("<I", masked(crc32c(typed)))


def block_of(entries, *, restarts=(0,)):
    """Return a block of (shared, key tail, value) entries."""
    data = b"".join(
        encode_varint(shared) + encode_varint(len(tail)) + encode_varint(len(value)) + tail + value
        for shared, tail, value in entries
    )
    return data + struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))


def handle(offset, block):
    return encode_varint(offset) + encode_varint(len(block))


def file_of(block, *, separator=b"\xff", compression=0):
    """Return a table whose only data block is the given one."""
    file = sealed(block, compression=compression)
    metaindex, metaindex_at = block_of([]), len(file)
    file += sealed(metaindex)
    index, index_at = block_of([(0, separator, handle(0, block))]), len(file)
    file += sealed(index)
    footer = (handle(metaindex_at, metaindex) + handle(index_at, index)).ljust(40, b"\0")
    return file + footer + bytes.fromhex("57fb808b247547db")


def test_the_files_built_here_are_tables():
    block = block_of([(0, b"a", b"1"), (1, b"b", b"2")])
    assert list(sorted_table.decode(file_of(block))) == [(b"a", b"1"), (b"ab", b"2")]
    assert sorted_table.encode([(b"a", b"1"), (b"ab", b"2")]) == file_of(block, separator=b"b")


@pytest.mark.parametrize("block_size", [1, 64, 262_144])
@settings(deadline=None)
@given(table=tables | shared_prefixes)
def test_entries_come_back(block_size, table):
    entries = sorted(table.items())
    assert list(sorted_table.decode(sorted_table.encode(entries, block_size=block_size))) == entries


@pytest.mark.parametrize(
    ("last", "following", "separator"),
    [
        (b"the quick", b"the who", b"the r"),
        (b"abc", b"abd", b"abc"),
        (b"abc", b"abcd", b"abc"),
        (b"ab\xff", b"b", b"ab\xff"),
        (b"a", b"\xff", b"b"),
    ],
)
def test_index_keys_are_as_short_as_leveldbs(last, following, separator):
    assert sorted_table.shortest_separator(last, following) == separator


@pytest.mark.parametrize(
    ("last", "successor"), [(b"abc", b"b"), (b"\xff\x01x", b"\xff\x02"), (b"\xff\xff", b"\xff\xff"), (b"", b"")]
)
def test_the_last_index_key_is_as_short_as_leveldbs(last, successor):
    assert sorted_table.short_successor(last) == successor


@pytest.mark.parametrize("keys", [[b"b", b"a"], [b"a", b"a"], [b"ab", b"a"]])
def test_keys_have_to_increase(keys):
    with pytest.raises(InvalidInputError, match="keys of a table have to increase"):
        sorted_table.encode([(key, b"") for key in keys])


TABLE = sorted_table.encode([(b"a%03d" % number, b"value") for number in range(40)], block_size=200)


@pytest.mark.parametrize("length", range(len(TABLE)))
def test_a_cut_file_is_corrupt(length):
    with pytest.raises(CorruptFileError):
        list(sorted_table.decode(TABLE[:length]))


def test_a_flipped_byte_changes_nothing_or_is_corrupt():
    entries = list(sorted_table.decode(TABLE))
    harmless = set()
    for position in range(len(TABLE)):
        damaged = bytearray(TABLE)
        damaged[position] ^= 0x21
        try:
            assert list(sorted_table.decode(bytes(damaged))) == entries
            harmless.add(position)
        except CorruptFileError:
            pass
    # Only the padding of the footer carries no meaning.
    assert harmless <= set(range(len(TABLE) - 48, len(TABLE) - 8))


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (b"", "0 bytes claims to have 0 restart points"),
        (b"\0\0\0", "3 bytes claims"),
        (struct.pack("<I", 0), "claims to have 0 restart"),
        (struct.pack("<I", 2**32 - 1), "claims to have 4294967295 restart"),
        (block_of([(1, b"a", b"")]), "reaches beyond"),
        (block_of([(0, b"a", b""), (2, b"b", b"")]), "reaches beyond"),
        (block_of([(0, b"b", b""), (0, b"a", b"")]), "out of order"),
        (block_of([(0, b"a", b""), (1, b"", b"")]), "out of order"),
        (block_of([(0, b"a", b""), (1, b"b", b"")], restarts=(0, 4)), "restart point 4"),
        (block_of([(0, b"a", b"")], restarts=(0, 77)), "restart point 77"),
        (b"\x00\x7f\x00" + block_of([]), "reaches beyond"),
        (b"\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" + block_of([]), "reaches beyond"),
        (b"\x80" + block_of([]), "reaches beyond|cut short"),
    ],
)
def test_a_block_that_lies_is_corrupt(block, words):
    with pytest.raises(CorruptFileError, match=words):
        list(sorted_table.decode(file_of(block)))


def test_keys_that_unfold_without_end_are_corrupt():
    bomb = block_of([(number, b"a", b"") for number in range(100_000)])
    with pytest.raises(CorruptFileError, match="unfold to more"):
        list(sorted_table.decode(file_of(bomb)))


def test_a_key_beyond_its_index_key_is_corrupt():
    with pytest.raises(CorruptFileError, match="b'ab' is out of order"):
        list(sorted_table.decode(file_of(block_of([(0, b"ab", b"")]), separator=b"a")))


def test_blocks_do_not_overlap():
    block = block_of([])
    index = block_of([(0, b"a", handle(0, block)), (0, b"b", handle(0, block))], restarts=(0, 6))
    file = sealed(block) + sealed(index)
    footer = (handle(0, block) + handle(len(sealed(block)), index)).ljust(40, b"\0")
    with pytest.raises(CorruptFileError, match="begins inside the block before it"):
        list(sorted_table.decode(file + footer + TABLE[-8:]))


@pytest.mark.parametrize(("compression", "words"), [(1, "compressed with Snappy: save"), (7, "unknown compression 7")])
def test_a_compressed_block_is_refused(compression, words):
    with pytest.raises(CorruptFileError, match=words):
        list(sorted_table.decode(file_of(block_of([]), compression=compression)))


@pytest.mark.parametrize("other", [b"", b"PK\x03\x04" * 20, TABLE[:-1] + b"\0", bytes(100)])
def test_another_file_is_corrupt(other):
    with pytest.raises(CorruptFileError, match="do not end as a TensorFlow index file does"):
        list(sorted_table.decode(other))


@given(block=st.binary(max_size=60))
def test_any_block_is_read_or_corrupt(block):
    with contextlib.suppress(CorruptFileError):
        list(sorted_table.decode(file_of(block)))


@given(footer=st.binary(min_size=40, max_size=40), body=st.binary(max_size=60))
def test_any_footer_is_read_or_corrupt(footer, body):
    with contextlib.suppress(CorruptFileError):
        list(sorted_table.decode(body + footer + TABLE[-8:]))
