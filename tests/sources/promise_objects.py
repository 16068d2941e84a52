"""Live objects of each library."""

from functools import partial

import numpy as np
from source_promises import SourceCase

from projector_export.sources import objects

WORDS = ["ein", "zwei", "drei\tvier", "007"]
VALUES = np.array([[0.0, 1.5, -2], [1, 2, 3], [-0.25, 1e-7, 4], [3.0, 0.1, 1e30]], dtype=np.float32)
SMALL = np.where(np.abs(VALUES) > 1e10, 7, VALUES)


def numpy_array(_, dtype="float32"):
    return VALUES.astype(dtype)


def mapped(folder):
    np.save(folder / "v.npy", VALUES)
    return np.load(folder / "v.npy", mmap_mode="r+")


def torch_tensor(_, dtype="float32"):
    import torch

    return torch.tensor(SMALL).to(getattr(torch, dtype)).requires_grad_(dtype.startswith(("float32", "bfloat")))


def torch_embedding(_):
    import torch

    return torch.nn.Embedding.from_pretrained(torch.tensor(VALUES), padding_idx=1, max_norm=1.0)


def torch_model(_):
    import torch

    layers = [torch.nn.EmbeddingBag.from_pretrained(torch.tensor(VALUES)), torch.nn.Linear(3, 3)]
    return torch.nn.Sequential(*layers)


def transformers_model(_):
    from transformers import BertConfig, BertModel

    size = {"hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 4}
    return BertModel(BertConfig(vocab_size=11, max_position_embeddings=4, pad_token_id=2, **size))


def tensorflow_tensor(_, kind="constant", dtype="float32"):
    import tensorflow as tf

    made = tf.cast(tf.constant(SMALL), dtype)
    return tf.Variable(made) if kind == "Variable" else made


def jax_array(_, dtype="float32"):
    import jax.numpy as jnp

    return jnp.asarray(SMALL, dtype=dtype)


def pandas_frame(_):
    import pandas as pd

    numbers = pd.array([1, None, 3, 4], dtype="Int64")
    assert numbers.dtype.kind == "i"  # pandas remembers in the type that it was asked
    return pd.DataFrame({"word": WORDS, "number": numbers, "vector": list(VALUES)}, index=[5, 6, 7, 8])


def pandas_numbers(_):
    import pandas as pd

    return pd.DataFrame(VALUES, columns=["x", "y", "z"], index=WORDS)


def polars_frame(_, is_array=True):
    import polars as pl

    kind = pl.Array(pl.Float32, 3) if is_array else pl.List(pl.Float64)
    return pl.DataFrame({"vector": pl.Series(VALUES.tolist(), dtype=kind), "word": WORDS})


def arrow_table(_, kind="fixed"):
    import pyarrow as pa

    rows = {
        "fixed": lambda: pa.FixedSizeListArray.from_arrays(pa.array(VALUES.ravel()), 3),
        "list": lambda: pa.array(VALUES.tolist(), pa.list_(pa.float32())),
        "half": lambda: pa.FixedSizeListArray.from_arrays(pa.array(SMALL.ravel().astype(np.float16)), 3),
    }[kind]()
    table = pa.table({"vector": rows, "word": WORDS})
    return pa.concat_tables([table.slice(0, 3), table.slice(3)])


def keyed_vectors(_):
    from gensim.models import KeyedVectors

    vectors = KeyedVectors(3)
    vectors.add_vectors(WORDS, VALUES)
    return vectors


def word2vec(_):
    from gensim.models import Word2Vec

    return Word2Vec([WORDS] * 5, vector_size=6, min_count=1, workers=1, seed=1)


class Shared:
    """An array of a library that nobody knows."""

    def __init__(self, *, has_array):
        self.values = VALUES.copy()
        if has_array:
            self.__class__ = SharedByArray

    def __dlpack__(self, **options):
        return self.values.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.values.__dlpack_device__()


class SharedByArray(Shared):
    def __array__(self, dtype=None, copy=None):
        return self.values.astype(dtype or self.values.dtype)


def values_of(_, values=VALUES):
    return values


def as_float(value):
    return np.asarray(value.detach().float() if hasattr(value, "detach") else value, dtype=np.float32)


def case(name, make, **more):
    told = {"vectors": values_of, "labels": lambda given: None, "is_heavy": False, **more}
    return SourceCase(f"objects: {name}", make, objects.read, **told)


def with_numpy(function):
    return lambda folder: function(VALUES)


def with_torch(function):
    def make(folder):
        import torch

        return function(torch)

    return make


def with_pandas(function):
    def make(folder):
        import pandas as pd

        return function(pd)

    return make


def with_polars(function):
    def make(folder):
        import polars as pl

        return function(pl)

    return make


def with_arrow(function):
    def make(folder):
        import pyarrow as pa

        return function(pa)

    return make


def with_tensorflow(function):
    def make(folder):
        import tensorflow as tf

        return function(tf)

    return make


def sparse(folder):
    import scipy.sparse

    return scipy.sparse.csr_matrix(VALUES)


def deleted(folder):
    array = jax_array(folder)
    array.delete()
    return array


NUMPY_DAMAGES = {
    "masked": (with_numpy(np.ma.masked_array), ("masked", "fill them")),
    "structured": (lambda _: np.zeros(3, [("x", "f4")]), ("structured", "'x'")),
    "python objects": (lambda _: np.array([[1, None]], dtype=object), ("row 0 holds None",)),
    "numbers as python objects": (
        with_numpy(lambda values: values.astype(object)),
        ("the array: row 0 holds numbers as Python objects", ".astype('float32')"),
    ),
    "numbers of numpy as python objects": (
        lambda _: np.array([[np.float32(1), np.int8(2)]], dtype=object),
        ("numbers as Python objects", ".astype('float32')"),
    ),
    "complex": (with_numpy(lambda values: values * 1j), ("complex64", "real numbers")),
    "texts": (lambda _: np.array([["a", "b"]]), ("<U1", "real numbers")),
    "one axis": (with_numpy(lambda values: values[0]), ("(3,)", "reshape")),
    "three axes": (with_numpy(lambda values: values[None]), ("(1, 4, 3)", "flatten")),
    "no rows": (with_numpy(lambda values: values[:0]), ("empty", "0 rows of 3")),
}
LIST_DAMAGES = {
    "rows of different lengths": (lambda _: [[1, 2], [3]], ("row 1 has 1 number and", "row 0 has 2")),
    "a row is missing": (lambda _: [[1, 2], None], ("row 1 is None",)),
    "a number is missing": (lambda _: [[1, 2], [3, None]], ("row 1 holds None",)),
    "no rows": (lambda _: [], ("empty",)),
    "numbers": (lambda _: [1, 2], ("row 0 is 1",)),
    "sparse": (sparse, ("(4, 3)", "TruncatedSVD", "toarray()")),
    "of no known kind": (lambda _: {1, 2}, ("type set", "numpy array")),
}
TORCH_DAMAGES = {
    "sparse": (with_torch(lambda torch: torch.eye(3).to_sparse()), ("sparse_coo", "to_dense()")),
    "compressed rows": (with_torch(lambda torch: torch.eye(3).to_sparse_csr()), ("sparse_csr", "to_dense()")),
    "quantised": (
        with_torch(lambda torch: torch.quantize_per_tensor(torch.eye(3), 0.1, 0, torch.quint8)),
        ("quantised", "dequantize()"),
    ),
    "without values": (with_torch(lambda torch: torch.empty(3, 3, device="meta")), ("meta", "load the weights")),
    "complex": (with_torch(lambda torch: torch.eye(3) * 1j), ("complex64",)),
    "one axis": (with_torch(lambda torch: torch.zeros(3)), ("(3,)", "reshape")),
}
MODEL_DAMAGES = {
    "two layers": (
        with_torch(lambda torch: torch.nn.ModuleDict({n: torch.nn.Embedding(3, 2) for n in "ab"})),
        ("2 embedding layers", "'a', 'b'", "vectors=NAME"),
    ),
    "no layer": (with_torch(lambda torch: torch.nn.Linear(2, 3)), ("Linear", "no embedding layer")),
}
TENSORFLOW_DAMAGES = {
    "ragged": (with_tensorflow(lambda tf: tf.ragged.constant([[1.0], [1.0, 2.0]])), ("RaggedTensor", "to_tensor()")),
    "sparse": (with_tensorflow(lambda tf: tf.sparse.eye(3)), ("SparseTensor", "to_dense")),
}
PANDAS_DAMAGES = {
    "two columns of vectors": (
        with_pandas(lambda pd: pd.DataFrame({"a": list(VALUES), "b": list(VALUES)})),
        ("'a', 'b'", "vectors=NAME"),
    ),
    "no column of vectors": (
        with_pandas(lambda pd: pd.DataFrame({"a": ["x"], "b": [1.0]})),
        ("no column holds lists", "'b'", "vectors=["),
    ),
    "a vector is missing": (
        with_pandas(lambda pd: pd.DataFrame({"a": [VALUES[0], None]})),
        ("column 'a'", "row 1 is None"),
    ),
    "vectors of different lengths": (
        with_pandas(lambda pd: pd.DataFrame({"a": [[1.0], [1.0, 2.0]]})),
        ("row 1 has 2", "row 0 has 1"),
    ),
    "a column twice": (with_pandas(lambda pd: pd.DataFrame(VALUES, columns=["x", "x", "y"])), ("'x'", "rename")),
    "a number is missing": (
        with_pandas(lambda pd: pd.DataFrame({"x": [1.0, None], "y": [1, 2]})),
        ("column 'x'", "row 1"),
    ),
}
POLARS_DAMAGES = {
    "not computed": (with_polars(lambda pl: pl.LazyFrame({"a": [[1.0]]})), ("LazyFrame", "collect()")),
    "a vector is missing": (with_polars(lambda pl: pl.DataFrame({"a": [[1.0], None]})), ("row 1 is None",)),
    "a number is missing": (with_polars(lambda pl: pl.DataFrame({"a": [[1.0], [None]]})), ("row 1 holds None",)),
    "different lengths": (with_polars(lambda pl: pl.DataFrame({"a": [[1.0], [1.0, 2.0]]})), ("row 1 has 2",)),
}
ARROW_DAMAGES = {
    "a vector is missing": (with_arrow(lambda pa: pa.table({"a": [[1.0], None]})), ("row 1 is None",)),
    "a number is missing": (with_arrow(lambda pa: pa.table({"a": [[1.0], [None]]})), ("row 1 holds None",)),
    "different lengths": (with_arrow(lambda pa: pa.table({"a": [[1.0], [1.0, 2.0]]})), ("row 1 has 2",)),
}

CASES = [
    case("numpy", numpy_array, damaged=NUMPY_DAMAGES),
    case("numpy float64, big-endian", partial(numpy_array, dtype=">f8")),
    case("numpy, columns first", lambda _: np.asfortranarray(VALUES)),
    case("numpy, mapped", mapped),
    case("list", lambda _: VALUES.tolist(), damaged=LIST_DAMAGES),
    case("list of arrays", lambda _: list(VALUES)),
    case("dictionary", lambda _: dict(zip(WORDS, VALUES.tolist(), strict=True)), labels=lambda _: WORDS),
    case("DLPack", lambda _: Shared(has_array=False)),
    case("__array__", lambda _: Shared(has_array=True)),
    case("torch tensor", torch_tensor, vectors=as_float, is_heavy=True, damaged=TORCH_DAMAGES),
    *(
        case(f"torch {dtype}", partial(torch_tensor, dtype=dtype), vectors=as_float, is_heavy=True)
        for dtype in ("float16", "bfloat16", "float64", "float8_e4m3fn", "float8_e5m2", "int64")
    ),
    case("torch embedding", torch_embedding, labels=lambda _: [f"row {n}" for n in range(4)], is_heavy=True),
    case(
        "torch model",
        torch_model,
        labels=lambda _: [f"row {n}" for n in range(4)],
        is_heavy=True,
        damaged=MODEL_DAMAGES,
    ),
    case(
        "transformers model",
        transformers_model,
        vectors=lambda model: model.get_input_embeddings().weight.detach().numpy(),
        labels=lambda _: [f"row {n}" for n in range(11)],
        is_heavy=True,
    ),
    case("TensorFlow tensor", tensorflow_tensor, vectors=as_float, is_heavy=True, damaged=TENSORFLOW_DAMAGES),
    case("TensorFlow variable", partial(tensorflow_tensor, kind="Variable"), vectors=as_float, is_heavy=True),
    case("TensorFlow bfloat16", partial(tensorflow_tensor, dtype="bfloat16"), vectors=as_float, is_heavy=True),
    case("JAX", jax_array, vectors=as_float, is_heavy=True, damaged={"deleted": (deleted, ("deleted",))}),
    case("JAX bfloat16", partial(jax_array, dtype="bfloat16"), vectors=as_float, is_heavy=True),
    case("pandas", pandas_frame, labels=lambda _: WORDS, is_heavy=True, damaged=PANDAS_DAMAGES),
    case("pandas, columns of numbers", pandas_numbers, labels=lambda _: WORDS, is_heavy=True),
    case("polars arrays", polars_frame, labels=lambda _: WORDS, damaged=POLARS_DAMAGES),
    case("polars lists", partial(polars_frame, is_array=False), labels=lambda _: WORDS),
    case("pyarrow lists of fixed length", arrow_table, labels=lambda _: WORDS, damaged=ARROW_DAMAGES),
    case("pyarrow lists", partial(arrow_table, kind="list"), labels=lambda _: WORDS),
    case(
        "pyarrow float16",
        partial(arrow_table, kind="half"),
        vectors=lambda _: SMALL.astype(np.float16),
        labels=lambda _: WORDS,
    ),
    case("gensim KeyedVectors", keyed_vectors, labels=lambda _: WORDS, is_heavy=True),
    case(
        "gensim Word2Vec",
        word2vec,
        vectors=lambda model: model.wv.vectors,
        labels=lambda model: model.wv.index_to_key,
        is_heavy=True,
    ),
]
