"""The names of a checkpoint's files and the file that names the latest."""

import pytest

from projector_export.errors import InvalidInputError
from projector_export.formats import tensor_bundle
from projector_export.formats.checkpoint_state import latest_prefix


def test_golden_text():
    assert tensor_bundle.checkpoint_state("embedding.ckpt") == (
        'model_checkpoint_path: "embedding.ckpt"\nall_model_checkpoint_paths: "embedding.ckpt"\n'
    )


def test_the_text_is_ascii():
    assert tensor_bundle.checkpoint_state('é"\n').startswith('model_checkpoint_path: "\\303\\251\\042\\012"\n')


def test_names_of_the_files():
    assert tensor_bundle.STATE_FILE_NAME == "checkpoint"
    assert tensor_bundle.index_file_name("a/b") == "a/b.index"
    assert tensor_bundle.data_file_name("a/b") == "a/b.data-00000-of-00001"
    assert tensor_bundle.data_file_name("b", 3, 12) == "b.data-00003-of-00012"


@pytest.mark.parametrize(("shard", "n_shards"), [(1, 1), (-1, 2), (0, 0)])
def test_a_shard_that_is_not_there_has_no_name(shard, n_shards):
    with pytest.raises(InvalidInputError, match=f"of {n_shards} shards has no shard {shard}"):
        tensor_bundle.data_file_name("b", shard, n_shards)


@pytest.mark.parametrize("prefix", ["", "a[1]", "a[", "a\\b", "a\0b", "\ud800"])
def test_a_prefix_that_tensorflow_does_not_find_is_refused(prefix):
    with pytest.raises(InvalidInputError, match=r"finds no checkpoint.*use a name of letters"):
        tensor_bundle.checkpoint_state(prefix)


@pytest.mark.heavy
@pytest.mark.parametrize(
    "prefix",
    ["plain", 'with "quotes"', "it's", "émbedding 日本 😀", "tab\tnew\nline", "a{1}*?]", "del\x7f", "sub/name"],
)
def test_tensorflow_finds_the_checkpoint(tmp_path, prefix):
    import tensorflow as tf

    (tmp_path / "sub").mkdir()
    (tmp_path / tensor_bundle.index_file_name(prefix)).write_bytes(tensor_bundle.encode_index([]))
    (tmp_path / tensor_bundle.STATE_FILE_NAME).write_text(tensor_bundle.checkpoint_state(prefix), encoding="ascii")
    assert tf.train.latest_checkpoint(str(tmp_path)) == str(tmp_path / prefix)
    assert tf.train.get_checkpoint_state(str(tmp_path)).all_model_checkpoint_paths == [str(tmp_path / prefix)]


@pytest.mark.heavy
@pytest.mark.parametrize("prefix", ["a[1]", "a\\b"])
def test_the_refused_prefixes_are_not_found_by_tensorflow(tmp_path, prefix):
    import tensorflow as tf

    (tmp_path / tensor_bundle.index_file_name(prefix)).write_bytes(tensor_bundle.encode_index([]))
    quoted = prefix.replace("\\", "\\\\")
    (tmp_path / tensor_bundle.STATE_FILE_NAME).write_text(f'model_checkpoint_path: "{quoted}"\n')
    assert tf.train.latest_checkpoint(str(tmp_path)) is None


@pytest.mark.parametrize("name", ["embedding.ckpt", 'é"\n', "/a b/c.ckpt", "'"])
def test_what_is_written_is_found_again(name):
    assert latest_prefix(tensor_bundle.checkpoint_state(name).encode()) == name


@pytest.mark.parametrize(
    ("state", "prefix"),
    [
        (b"# by hand\n  model_checkpoint_path : 'a\\'b'", "a'b"),
        (b'all_model_checkpoint_paths: "old"\nmodel_checkpoint_path: "new"', "new"),
        (b"", None),
        (b'model_checkpoint_path: ""', None),
        (b'model_checkpoint_path: "a\\000b"', None),
        (b'model_checkpoint_path: "broken', None),
        (b'all_model_checkpoint_paths: "only"', None),
        (b'model_checkpoint_path: "\xff"', "\ufffd"),
    ],
)
def test_states_of_others(state, prefix):
    assert latest_prefix(state) == prefix
