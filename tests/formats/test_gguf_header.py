"""Headers of GGUF files against the package gguf, and headers that are damaged."""

import contextlib

import gguf
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projector_export import ProjectorExportError
from projector_export.formats import gguf_header
from projector_export.formats.ggml_types import GGML_TYPES


@pytest.fixture(scope="module", params=[gguf.GGUFEndian.LITTLE, gguf.GGUFEndian.BIG], ids=["little", "big"])
def written(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("gguf") / "model.gguf"
    writer = gguf.GGUFWriter(path, "llama", endianess=request.param)
    writer.add_uint32("a.whole", 7)
    writer.add_float32("a.float", 0.25)
    writer.add_bool("a.truth", True)
    writer.add_string("a.text", "Grüße")
    writer.add_int64("a.negative", -(2**40))
    writer.add_array("a.numbers", [1, -2, 3])
    writer.add_array("a.floats", [0.5, 1.5])
    writer.add_token_list(["<s>", "日本", ""])
    writer.add_tensor("token_embd.weight", np.arange(15, dtype=np.float32).reshape(5, 3))
    writer.add_tensor("half", np.arange(4, dtype=np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path.read_bytes(), request.param == gguf.GGUFEndian.BIG


def test_what_the_package_wrote(written):
    raw, is_big = written
    header = gguf_header.decode(raw)
    assert (header.version, header.byte_order) == (3, ">" if is_big else "<")
    assert header.number("a.whole") == 7
    assert header.metadata["a.float"] == 0.25
    assert header.metadata["a.truth"] is True
    assert header.text("a.text") == "Grüße"
    assert header.number("a.negative") == -(2**40)
    assert header.metadata["a.numbers"].tolist() == [1, -2, 3]
    assert header.metadata["a.floats"].tolist() == [0.5, 1.5]
    assert header.metadata["tokenizer.ggml.tokens"] == (b"<s>", "日本".encode(), b"")
    assert header.number("a.text") is header.text("a.whole") is header.number("a.truth") is None
    table, half = header.tensors
    assert (table.name, table.type.name, table.shape) == ("token_embd.weight", "f32", (5, 3))
    assert (half.name, half.type.name, half.shape) == ("half", "f16", (4,))
    order = ">" if is_big else "<"
    assert np.frombuffer(raw[table.begin : table.end], f"{order}f4").tolist() == list(range(15))
    assert np.frombuffer(raw[half.begin : half.end], f"{order}f2").tolist() == [0, 1, 2, 3]


def test_sizes_of_all_types_are_those_of_the_package():
    """Except q8_1, which no file holds: ``ggml-common.h`` says 36 bytes, the package 40."""
    sizes = gguf.constants.GGML_QUANT_SIZES.items()
    known = {int(kind): size for kind, size in sizes if kind in GGML_TYPES and kind.name != "Q8_1"}
    assert {
        number: (kind.block_values, kind.block_bytes) for number, kind in GGML_TYPES.items() if number in known
    } == known
    assert len(known) >= 30
    for kind in gguf.GGMLQuantizationType:
        if kind in GGML_TYPES:
            assert GGML_TYPES[kind].name.upper() == kind.name


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
def test_a_header_that_is_cut_off_is_refused(written, data):
    raw, _ = written
    end = gguf_header.decode(raw).tensors[0].begin
    with pytest.raises(ProjectorExportError):
        gguf_header.decode(raw[: data.draw(st.integers(0, end - 32))])


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=500)
def test_a_header_with_any_other_bytes_is_refused_or_read(written, data):
    raw = bytearray(written[0])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, 500))
        piece = data.draw(st.binary(min_size=1, max_size=8))
        raw[place : place + len(piece)] = piece
    with contextlib.suppress(ProjectorExportError):
        gguf_header.decode(bytes(raw))


def test_names_that_stand_twice(written):
    with pytest.raises(ProjectorExportError, match=r"tells 'a\.float' twice"):
        gguf_header.decode(written[0].replace(b"a.whole", b"a.float"))


def test_names_that_are_no_text(written):
    assert "a.t\ufffdxt" in gguf_header.decode(written[0].replace(b"a.text", b"a.t\xffxt")).metadata
