"""What live objects tell beside their vectors, what stays lazy, and that nothing changes later."""

import subprocess
import sys

import numpy as np
import pytest

from projector_export.errors import AmbiguousChoiceError, InvalidInputError, NotFoundError
from projector_export.sources import objects
from projector_export.vectors import ArrayVectors

VALUES = np.arange(12, dtype=np.float32).reshape(4, 3)


def rows_of(table):
    return table.vectors.read(0, table.n_rows)


def texts_of(table):
    return {column.name: list(column.values) for column in table.columns if not column.is_numeric}


def change_array():
    array = VALUES.copy()
    return array, lambda: array.fill(-1)


def change_tensor():
    import torch

    tensor = torch.tensor(VALUES)
    return tensor, lambda: tensor.fill_(-1)


def change_layer():
    import torch

    layer = torch.nn.Embedding.from_pretrained(torch.tensor(VALUES))
    return layer, layer.weight.data.zero_


def change_state():
    import torch

    layer = torch.nn.Embedding.from_pretrained(torch.tensor(VALUES))
    return layer.state_dict(), layer.weight.data.zero_


def change_variable():
    import tensorflow as tf

    variable = tf.Variable(VALUES)
    return variable, lambda: variable.assign(-variable)


def change_frame():
    import pandas as pd

    frame = pd.DataFrame({"vector": list(VALUES.copy()), "n": [1, 2, 3, 4]})
    return frame, lambda: [row.fill(-1) for row in frame["vector"]]


def change_words():
    from gensim.models import KeyedVectors

    vectors = KeyedVectors(3)
    vectors.add_vectors(list("abcd"), VALUES)
    return vectors, lambda: vectors.vectors.fill(-1)


@pytest.mark.heavy
@pytest.mark.parametrize(
    "make", [change_array, change_tensor, change_layer, change_state, change_variable, change_frame, change_words]
)
def test_a_table_that_is_kept_does_not_change_with_its_object(make):
    given, change = make()
    table = objects.read(given)
    change()
    np.testing.assert_array_equal(rows_of(table), VALUES)


def test_an_array_in_a_file_stays_there(tmp_path):
    np.save(tmp_path / "v.npy", VALUES)
    mapped = np.load(tmp_path / "v.npy", mmap_mode="r")
    for given in (mapped, mapped[1:], np.asarray(mapped)):
        vectors = objects.read(given).vectors
        assert isinstance(vectors, ArrayVectors)
        assert np.shares_memory(vectors.array, mapped)


def test_what_is_written_at_once_is_not_copied():
    array = VALUES.copy()
    vectors = objects.read(array, is_kept=False).vectors
    assert isinstance(vectors, ArrayVectors)
    assert np.shares_memory(vectors.array, array)
    assert array.flags.writeable


def test_lists_of_fixed_length_are_not_copied():
    import pyarrow as pa

    flat = pa.array(VALUES.ravel())
    vectors = objects.read(pa.FixedSizeListArray.from_arrays(flat, 3)).vectors
    assert isinstance(vectors, ArrayVectors)
    assert np.shares_memory(vectors.array, flat.to_numpy())


@pytest.mark.heavy
def test_the_padding_row_is_told_by_its_kind():
    import torch

    table = objects.read(torch.nn.Embedding(4, 3, padding_idx=-2, max_norm=0.5))
    assert texts_of(table)["kind"] == ["row", "row", "padding", "row"]
    assert table.provenance.notes == (
        "row 2 is the padding: kind 'padding'",
        "the layer shortens rows to the length 0.5 when they are used; here they are as stored",
    )
    np.testing.assert_allclose(table.column("norm").values, np.linalg.norm(rows_of(table), axis=1), rtol=1e-6)


@pytest.mark.heavy
def test_a_layer_is_chosen_by_name():
    import torch

    layers = torch.nn.ModuleDict({name: torch.nn.Embedding(3, 2) for name in "ab"})
    table = objects.read(layers, vectors="b")
    assert table.name == "b"
    np.testing.assert_array_equal(rows_of(table), layers["b"].weight.detach().numpy())
    with pytest.raises(NotFoundError, match="no layer 'c'; its embedding layers are 'a', 'b'"):
        objects.read(layers, vectors="c")
    state = objects.read(layers.state_dict(), vectors="a.weight")
    np.testing.assert_array_equal(rows_of(state), layers["a"].weight.detach().numpy())
    with pytest.raises(AmbiguousChoiceError, match="2 matrices, 'a.weight', 'b.weight'"):
        objects.read(layers.state_dict())


@pytest.mark.heavy
def test_the_input_layer_of_a_model_inside_a_model_is_found():
    import torch
    from transformers import BertConfig, BertModel

    size = {"hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 4}
    model = BertModel(BertConfig(vocab_size=11, max_position_embeddings=5, **size))
    outer = torch.nn.ModuleDict({"encoder": model, "head": torch.nn.Linear(4, 2)})
    table = objects.read(outer)
    assert (table.name, table.shape) == ("encoder.embeddings.word_embeddings", (11, 4))
    assert objects.read(model).shape == (11, 4)
    assert objects.read(model, vectors="embeddings.position_embeddings").shape == (5, 4)
    outer["other"] = BertModel(model.config)
    with pytest.raises(AmbiguousChoiceError, match="holds 6 embedding layers"):
        objects.read(outer)


@pytest.mark.heavy
def test_adapters_are_refused():
    import torch

    adapted = type("Embedding", (torch.nn.Embedding,), {"__module__": "peft.tuners.lora.layer"})
    with pytest.raises(InvalidInputError, match=r"carry an adapter .*merge_and_unload\(\)"):
        objects.read(torch.nn.Sequential(adapted(3, 2)))


class OnDevice:
    """As CuPy's arrays are: on a device, and not converted without being asked."""

    __cuda_array_interface__ = None

    def __array__(self, dtype=None, copy=None):
        raise TypeError("implicit conversion is not allowed")

    def get(self):
        return VALUES


class Elsewhere:
    """An array that only says where it is."""

    def __dlpack__(self, **options):
        raise AssertionError("it was asked for")

    def __dlpack_device__(self):
        return 2, 0


def test_arrays_on_devices():
    np.testing.assert_array_equal(rows_of(objects.read(OnDevice())), VALUES)
    with pytest.raises(
        InvalidInputError, match=r"Elsewhere cannot be had \(it lies on another device than the CPU\): give them as"
    ):
        objects.read(Elsewhere())


@pytest.mark.heavy
def test_views_of_tensors_are_read_as_they_are():
    import torch

    tensor = torch.tensor(VALUES)
    for given in (tensor.T.contiguous().T, torch._neg_view(-tensor), tensor.repeat(1, 2)[:, :3]):
        np.testing.assert_array_equal(rows_of(objects.read(given)), VALUES)
    np.testing.assert_array_equal(rows_of(objects.read(tensor[:1].expand(4, 3))), VALUES[[0, 0, 0, 0]])


def frames():
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    told = {"title": ["a", None, "c", "d"], "year": [1.5, None, 3.0, 4.0], "tags": [["x"], [], ["y", "z"], None]}
    yield pd.DataFrame({**told, "one": list(VALUES), "two": list(-VALUES)})
    yield pl.DataFrame({**told, "one": VALUES, "two": -VALUES})
    yield pa.table({**told, "one": VALUES.tolist(), "two": (-VALUES).tolist()})


@pytest.mark.heavy
def test_other_columns_of_a_frame_come_along():
    for frame in frames():
        table = objects.read(frame, vectors="two")
        assert table.name == "two"
        np.testing.assert_array_equal(rows_of(table), -VALUES)
        assert texts_of(table) == {"title": ["a", None, "c", "d"], "tags": ['["x"]', "[]", '["y","z"]', None]}
        np.testing.assert_array_equal(table.column("year").values, [1.5, np.nan, 3.0, 4.0])
        assert table.provenance.notes == ("column 'one' holds vectors too and is left out",)
        with pytest.raises(NotFoundError, match="no column 'three'; there are 'title', 'year'"):
            objects.read(frame, vectors="three")
        with pytest.raises(InvalidInputError, match="column 'title' holds values such as 'a'"):
            objects.read(frame, vectors="title")
        with pytest.raises(InvalidInputError, match="column 'year' has no number in row 1"):
            objects.read(frame, vectors=["year"])


@pytest.mark.heavy
def test_columns_that_are_dimensions():
    import pandas as pd

    told = {"word": list("abcd"), "count": [1, 2, 3, 4]}
    numbered = pd.DataFrame({**told, **{f"dim_{place}": VALUES[:, place] for place in range(3)}})
    spelled = pd.DataFrame({**told, **dict(zip("xyz", VALUES.T, strict=True))})
    for frame, options in (
        (numbered, {}),
        (numbered, {"vectors": "dim_*"}),
        (spelled, {"vectors": ["x", "y", "z"]}),
        (pd.DataFrame(VALUES), {}),
    ):
        table = objects.read(frame, **options)
        np.testing.assert_array_equal(rows_of(table), VALUES)
        assert bool(table.provenance.notes) == (not options)
        assert [column.name for column in table.columns] == ([] if "word" not in frame else ["word", "count"])
    with pytest.raises(AmbiguousChoiceError, match=r"columns of numbers are 'count', 'x', 'y', 'z': name those"):
        objects.read(spelled)
    with pytest.raises(NotFoundError, match=r"no column 'dim_\*'"):
        objects.read(spelled, vectors="dim_*")


@pytest.mark.heavy
def test_types_of_pandas_become_plain():
    import pandas as pd

    frame = pd.DataFrame(
        {
            "text": pd.array(["a", pd.NA, "c"], dtype="string"),
            "whole": pd.array([1, pd.NA, 3], dtype="Int64"),
            "day": pd.to_datetime(["2020-01-01", None, "2020-01-03"]),
            "moment": pd.to_datetime(["2020-01-01 10:30", None, "2020-01-03 00:00"]),
            "class": pd.Categorical(["x", "y", "x"]),
            "flag": pd.array([True, None, False], dtype="boolean"),
            ("two", "levels"): [1, 2, 3],
            "vector": list(VALUES[:3]),
        },
        index=pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", 1)]),
    )
    table = objects.read(frame)
    assert texts_of(table) == {
        "index": ["a / 1", "a / 2", "b / 1"],
        "text": ["a", None, "c"],
        "day": ["2020-01-01", None, "2020-01-03"],
        "moment": ["2020-01-01T10:30:00", None, "2020-01-03T00:00:00"],
        "class": ["x", "y", "x"],
        "flag": ["true", None, "false"],
    }
    np.testing.assert_array_equal(table.column("whole").values, [1, np.nan, 3])
    np.testing.assert_array_equal(table.column("two.levels").values, [1, 2, 3])


@pytest.mark.heavy
def test_documents_of_gensim_are_taken_before_its_words():
    from gensim.models.doc2vec import Doc2Vec, TaggedDocument

    documents = [TaggedDocument(["a", "b"], [f"document {number}"]) for number in range(3)]
    model = Doc2Vec(documents, vector_size=4, min_count=1, workers=1)
    assert texts_of(objects.read(model))["document"] == [f"document {number}" for number in range(3)]
    assert sorted(texts_of(objects.read(model, vectors="wv"))["word"]) == ["a", "b"]
    with pytest.raises(NotFoundError, match="no vectors 'xy'"):
        objects.read(model, vectors="xy")


def test_a_part_of_what_has_none_is_refused():
    with pytest.raises(InvalidInputError, match="an array has no parts to choose from: leave vectors='x' away"):
        objects.read(VALUES, vectors="x")


def test_recognising_imports_nothing():
    code = (
        "import sys, numpy; from projector_export.sources import objects; known = set(sys.modules);"
        "objects.read(numpy.eye(3)); objects.read([[1, 2]]); objects.read({'a': [1, 2]}); objects.recognises(object());"
        "heavy = 'torch tensorflow keras jax pandas polars pyarrow gensim scipy'.split();"
        "print(*(name for name in heavy if name in sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout.strip()) == (0, ""), result.stderr
