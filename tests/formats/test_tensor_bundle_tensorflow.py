"""The index of a checkpoint, judged by TensorFlow's own reader and writer."""

from itertools import pairwise

import numpy as np
import pytest

from projector_export.formats import tensor_bundle
from projector_export.formats.checksum import Checksum
from projector_export.formats.data_type import NAMES, item_size
from projector_export.formats.tensor_bundle import TensorEntry

pytestmark = pytest.mark.heavy


def write_bundle(prefix, tensors):
    """Write a checkpoint with the formats alone."""
    entries = []
    with open(tensor_bundle.data_file_name(prefix), "wb") as file:
        for name, array in tensors.items():
            checksum = Checksum()
            checksum.update(array)
            entries.append(
                TensorEntry(name, str(array.dtype), array.shape, 0, file.tell(), array.nbytes, checksum.value)
            )
            file.write(array.tobytes())
    with open(tensor_bundle.index_file_name(prefix), "wb") as file:
        file.write(tensor_bundle.encode_index(entries))


def save(prefix, tensors):
    """Write a checkpoint with TensorFlow's writer."""
    import tensorflow as tf

    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=list(tensors),
        shape_and_slices=[""] * len(tensors),
        tensors=[tf.constant(array) for array in tensors.values()],
    )


def index_bytes(prefix):
    with open(tensor_bundle.index_file_name(prefix), "rb") as file:
        return file.read()


def assert_tensorflow_reads(prefix, tensors):
    import tensorflow as tf

    reader = tf.train.load_checkpoint(prefix)
    for name, array in tensors.items():
        restored = np.asarray(reader.get_tensor(name))
        assert (restored.dtype, restored.shape, restored.tobytes()) == (array.dtype, array.shape, array.tobytes())


def random_tensors():
    random = np.random.default_rng(0)
    bits = random.integers(0, 256, 4096, dtype=np.uint8)
    tensors = {
        f"{dtype}/all bits": bits.view(dtype).reshape(4, -1).copy()
        for dtype in ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
                      "uint64", "complex64", "complex128")
    }  # fmt: skip
    return tensors | {
        "bool": np.array([[True, False]]),
        "scalar": np.array(3.5, np.float32),
        "no rows": np.zeros((0, 5), np.float32),
        "4-D": random.normal(size=(2, 3, 4, 5)).astype(np.float32),
        "name with spaces, 日本語 😀 \t\n": np.array([1.0]),
        "layer_with_weights-0/embeddings/.ATTRIBUTES/VARIABLE_VALUE": random.normal(size=(7, 3)).astype(np.float32),
    }


def test_types_are_named_and_sized_as_in_tensorflow():
    import tensorflow as tf

    for number, name in NAMES.items():
        dtype = tf.dtypes.as_dtype(number)
        assert dtype.name == name
        assert dtype.size == (item_size(name) or 0)


def test_tensorflow_reads_every_bit_and_would_have_written_the_same_bytes(tmp_path):
    import tensorflow as tf

    tensors = random_tensors()
    write_bundle(str(tmp_path / "ours"), tensors)
    save(str(tmp_path / "theirs"), tensors)
    assert_tensorflow_reads(str(tmp_path / "ours"), tensors)
    assert dict(tf.train.list_variables(str(tmp_path / "ours"))) == {
        name: list(array.shape) for name, array in tensors.items()
    }
    assert index_bytes(str(tmp_path / "ours")) == index_bytes(str(tmp_path / "theirs"))
    assert (tmp_path / "ours.data-00000-of-00001").read_bytes() == (
        tmp_path / "theirs.data-00000-of-00001"
    ).read_bytes()


def test_thousands_of_tensors_in_several_blocks_are_read(tmp_path):
    import tensorflow as tf

    tensors = {
        f"encoder/layer_{number:05d}/attention/kernel/.ATTRIBUTES/VARIABLE_VALUE": np.array([number], np.int32)
        for number in range(8_000)
    }
    write_bundle(str(tmp_path / "ours"), tensors)
    save(str(tmp_path / "theirs"), tensors)
    assert len(index_bytes(str(tmp_path / "ours"))) > 262_144
    assert index_bytes(str(tmp_path / "ours")) == index_bytes(str(tmp_path / "theirs"))
    names = list(tensors)[::97]
    restored = tf.raw_ops.RestoreV2(
        prefix=str(tmp_path / "ours"),
        tensor_names=names,
        shape_and_slices=[""] * len(names),
        dtypes=[tf.int32] * len(names),
    )
    assert [int(tensor[0]) for tensor in restored] == list(range(0, 8_000, 97))


def test_a_very_long_name_has_a_block_of_its_own_as_tensorflow_writes_it(tmp_path):
    tensors = {name: np.array([1.0], np.float32) for name in ("a", "b" * 600_000, "c", "\U0010ffff" * 3)}
    write_bundle(str(tmp_path / "ours"), tensors)
    save(str(tmp_path / "theirs"), tensors)
    assert index_bytes(str(tmp_path / "ours")) == index_bytes(str(tmp_path / "theirs"))
    assert len(tensor_bundle.decode_index(index_bytes(str(tmp_path / "ours")))) == 4


def test_tensorflow_notices_a_flipped_byte_of_ours(tmp_path):
    import tensorflow as tf

    write_bundle(str(tmp_path / "ours"), {"w": np.arange(6, dtype=np.float32)})
    path = tmp_path / "ours.data-00000-of-00001"
    path.write_bytes(b"\1" + path.read_bytes()[1:])
    with pytest.raises(Exception, match="Checksum does not match"):
        tf.train.load_checkpoint(str(tmp_path / "ours")).get_tensor("w")


def assert_same_as_tensorflows_reader(prefix):
    import tensorflow as tf

    reader = tf.train.load_checkpoint(prefix)
    shapes = {name: tuple(shape) for name, shape in reader.get_variable_to_shape_map().items()}
    types = {name: dtype.name for name, dtype in reader.get_variable_to_dtype_map().items()}
    entries = tensor_bundle.decode_index(index_bytes(prefix))
    assert {entry.name: entry.shape for entry in entries} == shapes
    assert {entry.name: entry.dtype for entry in entries} == types
    for entry in entries:
        if entry.dtype != "string" and not entry.slices:
            with open(tensor_bundle.data_file_name(prefix), "rb") as file:
                file.seek(entry.offset)
                data = file.read(entry.size)
            assert data == np.asarray(reader.get_tensor(entry.name)).tobytes()
            checksum = Checksum()
            checksum.update(data)
            assert checksum.value == entry.crc32c
    assert tensor_bundle.encode_index(entries) == index_bytes(prefix)
    return {entry.name for entry in entries}


def test_a_checkpoint_of_tensorflow_2_is_read(tmp_path):
    import tensorflow as tf

    layer = tf.Module()
    layer.embeddings = tf.Variable(tf.random.normal((20, 4)))
    layer.half = tf.Variable(tf.cast(tf.random.normal((20, 4)), tf.bfloat16))
    prefix = tf.train.Checkpoint(step=tf.Variable(3, dtype=tf.int64), **{"layer_with_weights-0": layer}).write(
        str(tmp_path / "ckpt")
    )
    assert assert_same_as_tensorflows_reader(prefix) == {
        "_CHECKPOINTABLE_OBJECT_GRAPH",
        "layer_with_weights-0/embeddings/.ATTRIBUTES/VARIABLE_VALUE",
        "layer_with_weights-0/half/.ATTRIBUTES/VARIABLE_VALUE",
        "step/.ATTRIBUTES/VARIABLE_VALUE",
    }


def test_a_checkpoint_of_keras_2_is_read(tmp_path):
    keras = pytest.importorskip("tf_keras")

    model = keras.Sequential([keras.layers.Embedding(11, 3), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    model.build((None, 5))
    model.save_weights(str(tmp_path / "weights"), save_format="tf")
    names = assert_same_as_tensorflows_reader(str(tmp_path / "weights"))
    assert "layer_with_weights-0/embeddings/.ATTRIBUTES/VARIABLE_VALUE" in names


def test_a_merged_checkpoint_of_several_shards_is_read_and_written(tmp_path):
    import tensorflow as tf

    save(str(tmp_path / "part0"), {"a": np.arange(3.0), "c": np.arange(4)})
    save(str(tmp_path / "part1"), {"b": np.arange(5.0)})
    tf.raw_ops.MergeV2Checkpoints(
        checkpoint_prefixes=[str(tmp_path / "part0"), str(tmp_path / "part1")],
        destination_prefix=str(tmp_path / "whole"),
    )
    index = index_bytes(str(tmp_path / "whole"))
    entries = tensor_bundle.decode_index(index)
    shards = {entry.name: entry.shard for entry in entries}
    assert shards["a"] == shards["c"] != shards["b"]
    assert tensor_bundle.encode_index(entries, n_shards=2) == index
    for entry in entries:
        assert (tmp_path / tensor_bundle.data_file_name("whole", entry.shard, 2)).stat().st_size >= entry.size


@pytest.mark.parametrize("name", ["plain", "with\0zero\0\1", "ÿ", "日本"])
def test_a_partitioned_tensor_is_read_with_its_parts(tmp_path, name):
    import tensorflow as tf

    table = np.arange(60_000, dtype=np.float32).reshape(30_000, 2)
    cuts = [0, 10, 63, 64, 100, 5_000, 8_191, 8_192, 20_000, 30_000]
    ranges = list(pairwise(cuts))
    prefix = str(tmp_path / "sliced")
    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=[name] * len(ranges),
        shape_and_slices=[f"30000 2 {start},{stop - start}:-" for start, stop in ranges],
        tensors=[tf.constant(table[start:stop]) for start, stop in ranges],
    )
    (entry,) = tensor_bundle.decode_index(index_bytes(prefix))
    assert (entry.name, entry.dtype, entry.shape) == (name, "float32", (30_000, 2))
    data = (tmp_path / tensor_bundle.data_file_name("sliced")).read_bytes()
    restored = np.full_like(table, np.nan)
    for part in entry.slices:
        (start, length), columns = part.extents
        assert columns == (0, 2)
        restored[start : start + length] = np.frombuffer(data, "<f4", length * 2, part.offset).reshape(length, 2)
    assert np.array_equal(restored, table)
