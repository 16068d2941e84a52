"""The index of a checkpoint, without TensorFlow."""

import contextlib
import math
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projector_export.errors import CorruptFileError, InvalidInputError
from projector_export.formats import sorted_table, tensor_bundle
from projector_export.formats.checksum import crc32c
from projector_export.formats.data_type import NAMES, item_size
from projector_export.formats.protobuf_wire import encode_bytes_field, encode_integer_field
from projector_export.formats.tensor_bundle import TensorEntry, TensorSlice

# Written by TensorFlow 2.21's SaveV2: w [[0, 1, 2], [3, 4, 5]], w/half [1, 2], count 7, text ["a", "bcd", ""],
# empty of shape (0, 4), é [True, False].
GOLDEN_INDEX = bytes.fromhex(
    "00000608011a02080100050d636f756e7408091200201c280835bbd79f11000511656d70747908021206120012020804202f35d8ea82a20004"
    "117465787408071204120208032024280b3540a8f4fa00011377080112081202080212020803281835c0db3d170105112f68616c6608131204"
    "120208022018280435c267f736000211c3a9080a120412020802202f2802355fb0ce81000000000100000000b63b086e000000000100000000"
    "c0f2a1b0000103c4009d01000000000100000000db3f8375a20108af010f00000000000000000000000000000000000000000000000000000000"
    "00000000000057fb808b247547db"
)
GOLDEN_DATA = bytes.fromhex(
    "000000000000803f0000004000004040000080400000a040003c00400700000000000000010300836d8c6e616263640100"
)
GOLDEN_ENTRIES = (
    TensorEntry("count", "int64", (), 0, 28, 8, 1987164046),
    TensorEntry("empty", "float64", (0, 4), 0, 47, 0, 0),
    TensorEntry("text", "string", (3,), 0, 36, 11, 3736349752),
    TensorEntry("w", "float32", (2, 3), 0, 0, 24, 2020883037),
    TensorEntry("w/half", "float16", (2,), 0, 24, 4, 1047874106),
    TensorEntry("é", "bool", (2,), 0, 47, 2, 3804491685),
)

# Written by TensorFlow 2.21's SaveV2: a 200 x 2 float32 tensor in the parts 0,63:-  63,1:0,2  64,136:0,2.
SLICED_INDEX = bytes.fromhex(
    "00000608011a020801000a1400700001010280bf807f080112081202083f1202080228f80335b12efa18060416bf8180820801120812020801"
    "1202080220f80328083592a7cd08060618c040c08880820801120912030888011202080220800428c00835bec56a9c00012e70080112091203"
    "08c801120208023a060a02103f0a003a0a0a04083f10010a0210023a0b0a0508401088010a0210020000000001000000007f79b81500000000"
    "0100000000c0f2a1b00001037100a201000000000100000000c0b3a1a9a70108b4010f000000000000000000000000000000000000000000000000"
    "0000000000000000000057fb808b247547db"
)


@st.composite
def entries(draw):
    dtype = draw(st.sampled_from(sorted(NAMES.values())))
    shape = tuple(draw(st.lists(st.integers(0, 2**10), max_size=5)))
    itemsize = item_size(dtype)
    size = draw(st.integers(0, 2**40)) if itemsize is None else math.prod(shape) * itemsize
    offset, shard = draw(st.integers(0, 2**40)), draw(st.integers(0, 2))
    return TensorEntry(draw(st.text(min_size=1)), dtype, shape, shard, offset, size, draw(st.integers(0, 2**32 - 1)))


def test_golden_bytes():
    assert tensor_bundle.encode_index(reversed(GOLDEN_ENTRIES)) == GOLDEN_INDEX


def test_golden_bytes_are_read():
    assert tensor_bundle.decode_index(GOLDEN_INDEX) == GOLDEN_ENTRIES


def test_the_checksum_is_that_of_the_tensors_bytes():
    for entry in GOLDEN_ENTRIES:
        if entry.dtype != "string":
            assert entry.crc32c == crc32c(GOLDEN_DATA[entry.offset : entry.offset + entry.size])


def test_a_partitioned_tensor_is_read_with_its_parts():
    (entry,) = tensor_bundle.decode_index(SLICED_INDEX)
    parts = (
        TensorSlice(((0, 63), (0, 2)), 0, 0, 504, 2716646203),
        TensorSlice(((63, 1), (0, 2)), 0, 504, 8, 1583166245),
        TensorSlice(((64, 136), (0, 2)), 0, 512, 1088, 3983768819),
    )
    assert entry == TensorEntry("p", "float32", (200, 2), 0, 0, 0, 0, parts)
    with pytest.raises(InvalidInputError, match="'p' is partitioned: write it whole"):
        tensor_bundle.encode_index([entry])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(entries(), max_size=30, unique_by=lambda entry: entry.name))
def test_entries_come_back_sorted_by_their_bytes(wanted):
    index = tensor_bundle.encode_index(wanted, n_shards=3)
    assert tensor_bundle.decode_index(index) == tuple(sorted(wanted, key=lambda entry: entry.name.encode()))


def test_an_empty_checkpoint_comes_back():
    assert tensor_bundle.decode_index(tensor_bundle.encode_index([])) == ()


def test_thousands_of_names_with_shared_prefixes_come_back():
    wanted = [
        TensorEntry(
            f"encoder/layer_{number:05d}/attention/kernel/.ATTRIBUTES/VARIABLE_VALUE",
            "int8",
            (3,),
            0,
            3 * number,
            3,
            number,
        )
        for number in range(8_000)
    ]
    index = tensor_bundle.encode_index(wanted)
    assert len(index) > 262_144
    assert tensor_bundle.decode_index(index) == tuple(wanted)


GOOD = TensorEntry("table", "float32", (2, 3), 0, 0, 24, 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "without a name"),
        ({"name": "a\ud800"}, r"'a\\ud800' is not valid Unicode"),
        ({"dtype": "float31"}, "TensorFlow has no type 'float31'"),
        ({"dtype": "DT_77"}, "TensorFlow has no type 'DT_77'"),
        ({"size": 25}, r"'table': 25 bytes cannot hold float32 of shape \[2, 3\], which takes 24"),
        ({"shape": (2, -3)}, r"\[2, -3\] is not the shape"),
        ({"shape": (2**62, 2), "dtype": "string"}, "is not the shape"),
        ({"shape": (2**40, 2**40, 0), "size": 0}, "is not the shape"),
        ({"shape": (1,) * 255}, "255 dimensions, and TensorFlow's limit is 254"),
        ({"shard": 1}, "shard 1, and the checkpoint's shards are 0 to 0"),
        ({"shard": -1}, "shard -1"),
        ({"offset": -1}, "24 bytes at byte -1 lie outside"),
        ({"offset": 2**63 - 1}, "lie outside any file"),
        ({"crc32c": 2**32}, "4294967296 is no CRC-32C"),
    ],
)
def test_an_impossible_tensor_is_refused(change, words):
    with pytest.raises(InvalidInputError, match=words):
        tensor_bundle.encode_index([replace(GOOD, **change)])


def test_two_tensors_of_one_name_are_refused():
    with pytest.raises(InvalidInputError, match="two tensors named 'table'"):
        tensor_bundle.encode_index([GOOD, GOOD])


@pytest.mark.parametrize("n_shards", [0, -1, 100_000])
def test_an_impossible_number_of_shards_is_refused(n_shards):
    with pytest.raises(InvalidInputError, match="1 to 99,999 data shards"):
        tensor_bundle.encode_index([], n_shards=n_shards)


@pytest.mark.parametrize("index", [GOLDEN_INDEX, SLICED_INDEX], ids=["golden", "sliced"])
def test_every_cut_index_is_corrupt(index):
    for length in range(len(index)):
        with pytest.raises(CorruptFileError):
            tensor_bundle.decode_index(index[:length])


@pytest.mark.parametrize("index", [GOLDEN_INDEX, SLICED_INDEX], ids=["golden", "sliced"])
def test_every_flipped_bit_changes_nothing_or_is_corrupt(index):
    wanted = tensor_bundle.decode_index(index)
    n_detected = 0
    for position in range(len(index)):
        for bit in range(8):
            damaged = bytearray(index)
            damaged[position] ^= 1 << bit
            try:
                assert tensor_bundle.decode_index(bytes(damaged)) == wanted
            except CorruptFileError:
                n_detected += 1
    assert n_detected >= 8 * (len(index) - 40)


@pytest.mark.parametrize("index", [GOLDEN_INDEX, SLICED_INDEX], ids=["golden", "sliced"])
def test_a_flipped_byte_under_a_right_checksum_never_raises_anything_else(index):
    table = list(sorted_table.decode(index))
    for row, (key, value) in enumerate(table):
        for position in range(len(value)):
            for flip in (1, 2, 8, 0x80, 0xFF):
                damaged = value[:position] + bytes([value[position] ^ flip]) + value[position + 1 :]
                with contextlib.suppress(CorruptFileError):
                    tensor_bundle.decode_index(sorted_table.encode([*table[:row], (key, damaged), *table[row + 1 :]]))


HEADER = (b"", b"\x08\x01\x1a\x02\x08\x01")
FLOAT = encode_integer_field(1, 1)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([], "no header entry"),
        ([(b"w", b"")], "no header entry"),
        ([(b"", b"\x08\x01\x10\x01")], "big-endian machine: save it again"),
        ([(b"", b"\x08\x01\x1a\x02\x10\x02")], "needs a reader of version 2, and this one is 1"),
        ([(b"", b"")], "cannot have 0 data shards"),
        ([(b"", encode_integer_field(1, -1))], "cannot have -1 data shards"),
        ([(b"", b"\x0a\x01a")], "b'' of the index: field 1 .* wire type 2 instead of 0"),
        ([HEADER, (b"w", b"\x08")], "b'w' of the index: the integer at byte 1"),
        ([HEADER, (b"w", b"")], "0 is no element type"),
        ([HEADER, (b"w", encode_integer_field(1, -1))], "is no element type"),
        ([HEADER, (b"w\xff", FLOAT)], r"b'w\\xff' of the index: the tensor's name is not UTF-8"),
        ([HEADER, (b"w", FLOAT)], "0 bytes cannot hold float32"),
        ([HEADER, (b"w", FLOAT + encode_bytes_field(2, b"\x18\x01"))], "number of dimensions is unknown"),
        (
            [HEADER, (b"w", FLOAT + encode_bytes_field(2, encode_bytes_field(2, encode_integer_field(1, -1))))],
            "not the shape",
        ),
        ([HEADER, (b"w", FLOAT + encode_bytes_field(2, b"\x12\x00" * 255))], "255 dimensions"),
        ([HEADER, (b"w", FLOAT + encode_integer_field(3, 1) + encode_integer_field(5, 4))], "shard 1"),
        ([HEADER, (b"w", FLOAT + encode_integer_field(4, -4) + encode_integer_field(5, 4))], "at byte -4"),
        ([HEADER, (b"w", FLOAT + encode_bytes_field(7, b""))], "parts has no entry"),
        ([HEADER, (b"w", b"\x0b")], "wire type 3"),
        ([HEADER, (b"n" * 500, b"\x0b")], "b'n{80}' of the index"),
    ],
)
def test_an_index_that_lies_is_corrupt(table, words):
    with pytest.raises(CorruptFileError, match=words):
        tensor_bundle.decode_index(sorted_table.encode(table))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda table: table[:1] + table[2:], "parts has no entry or is listed twice"),
        (
            lambda table: [*table[:4], (table[4][0], table[4][1] + table[4][1][-13:])],
            "parts has no entry or is listed twice",
        ),
        (lambda table: [*table[:3], (table[3][0], b"\x08\x02" + table[3][1][2:]), table[4]], "not all float32"),
        (
            lambda table: [*table[:4], (table[4][0], table[4][1].replace(b"\xc8\x01", b"\xc7\x01"))],
            "no part of the shape",
        ),
        (
            lambda table: [*table[:3], (table[3][0], table[3][1] + encode_integer_field(5, 4)), table[4]],
            "4 bytes cannot",
        ),
    ],
    ids=["missing part", "part twice", "dtype", "extent", "size"],
)
def test_a_partitioned_tensor_that_lies_is_corrupt(change, words):
    table = list(sorted_table.decode(SLICED_INDEX))
    assert table[4][0] == b"p"
    with pytest.raises(CorruptFileError, match=words):
        tensor_bundle.decode_index(sorted_table.encode(change(table)))


def test_a_type_of_a_later_tensorflow_is_named_by_its_number():
    index = sorted_table.encode([HEADER, (b"w", encode_integer_field(1, 77) + encode_integer_field(5, 3))])
    (entry,) = tensor_bundle.decode_index(index)
    assert (entry.dtype, entry.size) == ("DT_77", 3)
