"""Tensors of TensorFlow checkpoints, which TensorFlow writes: every name for one, every type, partitioned variables."""

import numpy as np
import pytest

from projector_export.errors import AmbiguousChoiceError, CorruptFileError, InvalidInputError, NotFoundError
from projector_export.formats.tensor_bundle import TensorEntry, TensorSlice, data_file_name, encode_index
from projector_export.tensor_files import tensor_bundle
from projector_export.tensor_files.checkpoint_path import find_prefix
from projector_export.tensor_files.partitioned_rows import require_whole

VALUES = np.random.default_rng(0).normal(size=(20, 6)).astype("f4")


def write_bundle(prefix, values=VALUES, name="table"):
    """Write a checkpoint with the project's own encoder; the tests of the format hold it to TensorFlow's."""
    from projector_export.formats.checksum import crc32c

    data = values.tobytes()
    entry = TensorEntry(name, str(values.dtype), values.shape, 0, 0, len(data), crc32c(data))
    prefix.with_name(f"{prefix.name}.index").write_bytes(encode_index([entry]))
    prefix.with_name(data_file_name(prefix.name)).write_bytes(data)
    return prefix


def rows(path, name="table"):
    (tensor,) = [tensor for tensor in tensor_bundle.read(path) if tensor.name == name]
    vectors = tensor.open_rows()
    return vectors.read(0, vectors.shape[0])


@pytest.mark.parametrize(
    "name", ["model.ckpt-3", "model.ckpt-3.index", "model.ckpt-3.data-00000-of-00001", ".", "checkpoint"]
)
def test_every_name_of_a_checkpoint(tmp_path, name):
    write_bundle(tmp_path / "model.ckpt-2", VALUES + 1)
    write_bundle(tmp_path / "model.ckpt-3")
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "/somewhere/else/model.ckpt-3"\n')
    np.testing.assert_array_equal(rows(tmp_path / name), VALUES)


def test_a_folder_of_one_checkpoint_needs_no_state(tmp_path):
    write_bundle(tmp_path / "only")
    np.testing.assert_array_equal(rows(tmp_path), VALUES)
    write_bundle(tmp_path / "another")
    with pytest.raises(AmbiguousChoiceError, match="2 checkpoints, 'another', 'only'"):
        tensor_bundle.read(tmp_path)


def test_a_state_never_leads_out_of_the_folder(tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "here").mkdir()
    write_bundle(tmp_path / "secret" / "model")
    (tmp_path / "here" / "checkpoint").write_text('model_checkpoint_path: "../secret/model"\n')
    assert find_prefix(tmp_path / "here") is None


def test_what_is_none(tmp_path):
    (tmp_path / "words.index").write_text("just a text")
    assert find_prefix(tmp_path / "words.index") is None
    assert find_prefix(tmp_path) is None
    with pytest.raises(NotFoundError, match="no TensorFlow checkpoint"):
        tensor_bundle.read(tmp_path)


def test_damage_is_told(tmp_path):
    prefix = write_bundle(tmp_path / "model")
    data, index = tmp_path / "model.data-00000-of-00001", tmp_path / "model.index"
    whole = data.read_bytes()
    data.write_bytes(whole[:-1])
    with pytest.raises(CorruptFileError, match="truncated: 1 bytes of 'table' are missing"):
        rows(prefix)
    data.write_bytes(whole[:100] + b"\x01" + whole[101:])
    with pytest.raises(CorruptFileError, match="do not match their checksum"):
        rows(prefix)
    data.unlink()
    with pytest.raises(NotFoundError, match="a data file of the checkpoint"):
        rows(prefix)
    data.write_bytes(whole)
    index.write_bytes(index.read_bytes()[:-20])
    with pytest.raises(CorruptFileError, match=r"model\.index' is damaged"):
        rows(prefix)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int32", "int8", "bool"])
def test_types(tmp_path, dtype):
    values = (VALUES * 3).astype(dtype)
    np.testing.assert_array_equal(rows(write_bundle(tmp_path / "model", values)), values.astype("f4"))


def test_a_tensor_of_three_axes_is_no_table(tmp_path):
    (tensor,) = tensor_bundle.read(write_bundle(tmp_path / "model", VALUES.reshape(4, 5, 6)))
    with pytest.raises(InvalidInputError, match="shape"):
        tensor.open_rows()


def part(*extents):
    return TensorSlice(extents, 0, 0, 0, 0)


@pytest.mark.parametrize(
    "parts",
    [
        [part((0, 2), (0, 3))],
        [part((0, 2), (0, 3)), part((1, 3), (0, 3))],
        [part((0, 2), (0, 3)), part((3, 1), (0, 3))],
        [part((0, 4), (0, 1)), part((0, 4), (1, 1))],
        [],
    ],
)
def test_parts_with_gaps_or_over_each_other_are_refused(parts):
    with pytest.raises(CorruptFileError, match="do not make up 4 x 3"):
        require_whole("'table'", (4, 3), parts)


def test_parts_that_make_up_the_whole():
    require_whole("'table'", (4, 3), [part((0, 2), (0, 3)), part((2, 2), (0, 1)), part((2, 2), (1, 2))])


@pytest.mark.heavy
@pytest.mark.parametrize("axis", [0, 1])
def test_variables_that_tensorflow_partitions(tmp_path, axis):
    tf = pytest.importorskip("tensorflow")
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        split = v1.fixed_size_partitioner(3, axis=axis)
        whole = tf.concat(list(v1.get_variable("table", (20, 6), partitioner=split)), axis)
        v1.get_variable("half", initializer=tf.cast(VALUES, tf.bfloat16))
        session.run(v1.global_variables_initializer())
        expected = session.run(whole)
        v1.train.Saver(sharded=True).save(session, str(tmp_path / "model.ckpt"), global_step=7)
    for path in (tmp_path, tmp_path / "model.ckpt-7"):
        np.testing.assert_array_equal(rows(path), expected)
    (tensor,) = [tensor for tensor in tensor_bundle.read(tmp_path) if tensor.name == "table"]
    np.testing.assert_array_equal(tensor.open_rows().read(5, 11), expected[5:11])
    half = tf.cast(tf.cast(VALUES, tf.bfloat16), tf.float32).numpy()
    np.testing.assert_array_equal(rows(tmp_path, "half"), half)
