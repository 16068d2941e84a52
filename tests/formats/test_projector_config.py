import contextlib

import pytest
from google.protobuf import text_format
from hypothesis import given
from hypothesis import strategies as st

from projector_export.errors import CorruptFileError
from projector_export.formats import projector_config, standalone_config
from projector_export.formats.projector_config import EmbeddingInfo, ProjectorConfig

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
SIZES = st.lists(st.integers(0, 2**32 - 1), max_size=2).map(tuple)
INFOS = st.builds(EmbeddingInfo, WORDS, WORDS, SIZES, WORDS, WORDS, WORDS.map(lambda word: word + ".png"), SIZES)


@given(st.builds(ProjectorConfig, st.lists(INFOS, max_size=3).map(tuple), WORDS, WORDS))
def test_tensorboards_own_class_reads_what_we_write(config):
    from tensorboard.plugins.projector import ProjectorConfig as Judge

    text = projector_config.encode(config)
    judged = text_format.Parse(text, Judge())
    assert judged.model_checkpoint_path == config.model_checkpoint_path
    for entry, info in zip(judged.embeddings, config.embeddings, strict=True):
        assert entry.tensor_name == info.tensor_name
        assert entry.tensor_path == info.tensor_path
        assert tuple(entry.tensor_shape) == info.tensor_shape
        assert entry.metadata_path == info.metadata_path
        assert entry.bookmarks_path == info.bookmarks_path
        assert entry.sprite.image_path == info.sprite_path
        assert tuple(entry.sprite.single_image_dim) == info.sprite_size
    assert projector_config.decode(text) == config


def test_golden_text():
    config = ProjectorConfig((EmbeddingInfo("a b", "a/v.data", (2, 3), "a/m.tsv"),))
    assert projector_config.encode(config) == (
        'embeddings {\n  tensor_name: "a b"\n  metadata_path: "a/m.tsv"\n  tensor_shape: 2\n  tensor_shape: 3\n'
        '  tensor_path: "a/v.data"\n}\n'
    )


def test_merge_replaces_by_the_name_that_tensorboard_compares():
    old = ProjectorConfig((EmbeddingInfo("a:0", "1"), EmbeddingInfo("b", "2"), EmbeddingInfo("a", "3")), "ckpt", "dir")
    merged = projector_config.merge(old, [EmbeddingInfo("a", "new")])
    assert [info.tensor_path for info in merged.embeddings] == ["2", "new"]
    assert (merged.model_checkpoint_path, merged.model_checkpoint_dir) == ("ckpt", "dir")


@pytest.mark.parametrize("text", ["embeddings {", "bogus: 1", "embeddings { tensor_shape: -1 }", "\0", 'a "'])
def test_what_tensorboard_cannot_read_is_said_in_one_sentence(text):
    with pytest.raises(CorruptFileError, match=r"^x\.pbtxt cannot be read by TensorBoard"):
        projector_config.decode(text, where="x.pbtxt")


@given(st.text())
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(CorruptFileError):
        projector_config.decode(text)
    with contextlib.suppress(CorruptFileError):
        standalone_config.decode(text)


@given(st.lists(INFOS, max_size=3).map(tuple))
def test_standalone_configs_come_back(infos):
    assert standalone_config.decode(standalone_config.encode(infos)) == infos


def test_standalone_configs_keep_what_others_wrote():
    older = '{"modelCheckpointPath": "Demo", "embeddings": [{"tensorName": "x", "extra": 1}, {"tensorName": "a"}]}'
    text = standalone_config.encode([EmbeddingInfo("a", "a.bytes", (1, 2))], onto=older)
    assert '"modelCheckpointPath": "Demo"' in text
    assert '"extra": 1' in text
    assert text.count('"tensorName": "a"') == 1


@pytest.mark.parametrize(
    "text",
    ["[]", "{}", '{"embeddings": 1}', '{"embeddings": [{"tensorName": 1}]}', "[" * 100_000, '{"embeddings": ["x"]}'],
)
def test_other_json_is_refused(text):
    with pytest.raises(CorruptFileError, match="not a config of the standalone projector"):
        standalone_config.decode(text)
