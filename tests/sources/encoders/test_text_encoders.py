"""Every kind of model, made on the spot, against its own library or against one text at a time."""

import json
import shutil

import numpy as np
import pytest
import text_models
from text_models import texts_of

from projector_export import ProjectorExportError
from projector_export.errors import MissingExtraError
from projector_export.pipeline.texts import Encoding, Running, TextColumns, TextOptions, read_texts

pytestmark = pytest.mark.heavy

TEXTS = texts_of(80)
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    made = {}

    def folder(kind, **options):
        key = (kind, *options.items())
        if key not in made:
            made[key] = getattr(text_models, kind)(tmp_path_factory.mktemp(kind) / "model", **options)
        return made[key]

    return folder


def values(table):
    return table.vectors.read(0, table.n_rows)


def encoded(model, texts=TEXTS, *, running=None, **encoding):
    tables = read_texts(texts, model, TextOptions(encoding=Encoding(**encoding), running=running or Running()))
    return [values(table) for table in tables]


def one_by_one(folder, texts=TEXTS):
    """Hidden states of each text by itself, as transformers' users compute them: (layers, tokens, dims), and its encoding."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    model = model.get_encoder() if model.config.is_encoder_decoder else model
    found = []
    for text in texts:
        given = tokenizer(text, truncation=True, return_tensors="pt")
        if not given["input_ids"].numel():
            found.append((None, given))
            continue
        with torch.inference_mode():
            states = model(input_ids=given["input_ids"], output_hidden_states=True).hidden_states
        found.append((torch.stack(states)[:, 0].numpy(), given))
    return found


@pytest.fixture(scope="module")
def prompted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prompted")
    return text_models.tiny_sentence_transformer(
        folder, prompts={"q": "the cat ", "p": "a red "}, default_prompt_name="q"
    )


def test_sentence_transformers_own_vectors(folders):
    from sentence_transformers import SentenceTransformer

    folder = folders("tiny_sentence_transformer")
    (found,) = encoded(folder)
    np.testing.assert_allclose(found, SentenceTransformer(str(folder), device="cpu").encode(TEXTS), atol=TOLERANCE)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({"prompt_name": "p"}, {"prompt_name": "p"}),
        ({"prompt": "house "}, {"prompt": "house "}),
        ({"prompt": ""}, {"prompt": ""}),
    ],
)
def test_prompts_are_those_of_sentence_transformers(prompted, ours, theirs):
    from sentence_transformers import SentenceTransformer

    expected = SentenceTransformer(str(prompted), device="cpu").encode(TEXTS, **theirs)
    (found,) = encoded(prompted, **ours)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)
    (short,) = encoded(prompted, truncate_dim=5, **ours)
    np.testing.assert_array_equal(short, found[:, :5])


def test_prompts_make_a_difference(prompted):
    assert np.abs(encoded(prompted)[0] - encoded(prompted, prompt="")[0]).max() > 0.01


def test_a_model_that_prepares_texts_in_its_own_way(tmp_path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import StaticEmbedding

    tokenizer = text_models.bert_tokenizer().backend_tokenizer
    model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)], device="cpu")
    model.save(str(tmp_path / "static"))
    (found,) = encoded(tmp_path / "static")
    np.testing.assert_allclose(found, model.encode(TEXTS), atol=TOLERANCE)


def test_static_models_of_model2vec(folders):
    from model2vec import StaticModel

    folder = folders("tiny_static")
    expected = StaticModel.from_pretrained(folder).encode(TEXTS)
    np.testing.assert_array_equal(encoded(folder)[0], expected)
    np.testing.assert_array_equal(encoded(folder, truncate_dim=3)[0], expected[:, :3])
    long = ["cat " * 600, "cat"]
    (table,) = read_texts(long, folder)
    assert any("1 of 2 texts is longer than the 512 tokens" in note for note in table.provenance.notes)


POOLED = {
    "cls": lambda states: states[0],
    "mean": lambda states: states.mean(axis=0),
    "max": lambda states: states.max(axis=0),
    "last": lambda states: states[-1],
}


@pytest.mark.parametrize("kind", ["tiny_bert", "tiny_t5"])
@pytest.mark.parametrize("pooling", sorted(POOLED))
def test_pooling_knows_no_padding(folders, kind, pooling):
    expected = np.stack([POOLED[pooling](states[-1]) for states, _ in one_by_one(folders(kind))])
    running = Running(batch_tokens=10_000)
    (found,) = encoded(folders(kind), pooling=pooling, running=running)
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_decoders_whatever_side_they_pad(folders, side, pooling):
    folder = folders("tiny_gpt2", padding_side=side)
    texts = [text or "a" for text in TEXTS]
    expected = np.stack([POOLED[pooling](states[-1]) for states, _ in one_by_one(folder, texts)])
    (found,) = encoded(folder, texts, pooling=pooling, running=Running(batch_tokens=50_000))
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)


@pytest.mark.parametrize("pooling", sorted(POOLED))
def test_a_text_without_tokens_is_zeros(folders, pooling):
    (found,) = encoded(folders("tiny_gpt2", padding_side="left"), ["the", "", "a"], pooling=pooling)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found.any(axis=1), [True, False, True])


def test_every_layer(folders):
    folder = folders("tiny_bert")
    states = [each for each, _ in one_by_one(folder)]
    tables = read_texts(TEXTS, folder, TextOptions(encoding=Encoding(layer="all"), name="news"))
    assert [table.name for table in tables] == ["news layer-00", "news layer-01", "news layer-02"]
    for layer, table in enumerate(tables):
        expected = np.stack([each[layer].mean(axis=0) for each in states])
        np.testing.assert_allclose(values(table), expected, atol=TOLERANCE)
        assert table.provenance.steps[1].parameters["layer"] == f"layer-{layer:02}"
    for layer, table in ((0, 0), (1, 1), (-1, 2), (-3, 0)):
        np.testing.assert_array_equal(encoded(folder, layer=layer)[0], values(tables[table]))


def test_tokens_in_their_context(folders):
    folder = folders("tiny_bert")
    options = TextOptions(TextColumns(max_characters=1000), Encoding(granularity="token"))
    (table,) = read_texts(TEXTS, folder, options)
    rows, tokens, words, positions, vectors = [], [], [], [], []
    for row, (states, given) in enumerate(one_by_one(folder)):
        encoding = given.encodings[0]
        for place, name in enumerate(encoding.tokens):
            if not encoding.special_tokens_mask[place]:
                start, end = encoding.word_to_chars(encoding.word_ids[place])
                rows.append(row)
                tokens.append(name)
                words.append(TEXTS[row][start:end])
                positions.append(place)
                vectors.append(states[-1][place])
    assert [column.name for column in table.columns] == ["token", "word", "row", "position", "text"]
    assert list(table.column("token").values) == tokens
    assert list(table.column("word").values) == words
    assert table.column("row").values.tolist() == rows
    assert table.column("position").values.tolist() == positions
    assert list(table.column("text").values) == [TEXTS[row] for row in rows]
    np.testing.assert_allclose(values(table), np.stack(vectors), atol=TOLERANCE)
    with_special = encoded(folder, granularity="token", special_tokens=True)[0]
    assert len(with_special) == len(vectors) + 2 * len(TEXTS)


def test_words_are_the_mean_of_their_sub_words(folders):
    folder = folders("tiny_bert")
    texts = ["cats sitting under trees!", "", "the cat"]
    (table,) = read_texts(texts, folder, TextOptions(encoding=Encoding(granularity="word", layer=1)))
    assert list(table.column("word").values) == ["cats", "sitting", "under", "trees", "!", "the", "cat"]
    assert table.column("position").values.tolist() == [0, 1, 2, 3, 4, 0, 1]
    states = one_by_one(folder, texts)[0][0]
    np.testing.assert_allclose(values(table)[0], states[1][1:3].mean(axis=0), atol=TOLERANCE)
    np.testing.assert_allclose(values(table)[2], states[1][one_word(folder, texts[0], 2)].mean(axis=0), atol=TOLERANCE)
    assert any("1 of 3 texts is empty (row 1): it gives no rows" in note for note in table.provenance.notes)


def one_word(folder, text, word):
    from transformers import AutoTokenizer

    encoding = AutoTokenizer.from_pretrained(folder)(text).encodings[0]
    return [place for place, each in enumerate(encoding.word_ids) if each == word]


def test_tokens_of_a_prompt_are_no_rows(folders):
    folder = folders("tiny_bert")
    plain = read_texts(["a cat sat"], folder, TextOptions(encoding=Encoding(granularity="token")))[0]
    asked = read_texts(
        ["a cat sat"], folder, TextOptions(encoding=Encoding(granularity="token", prompt="the old dog "))
    )[0]
    assert plain.column("token").values == asked.column("token").values
    assert asked.column("position").values.tolist() == [4, 5, 6]
    assert np.abs(values(plain) - values(asked)).max() > 0.01


def test_bytes_and_spaces_are_spelled_out(folders):
    folder = folders("tiny_gpt2", padding_side="left")
    (table,) = read_texts(["a the é\t"], folder, TextOptions(encoding=Encoding(granularity="token")))
    assert list(table.column("token").values) == ["a", "␣th", "e", "␣", "<0xC3>", "<0xA9>", "\\t"]
    assert all(column.spelled for column in table.columns[:2])


def test_empty_and_long_texts_are_told(folders):
    texts = ["the cat", "", "cat " * 100, None, " \n"]
    (table,) = read_texts(texts, folders("tiny_sentence_transformer"))
    assert table.n_rows == 5
    assert table.column("tokens").values.tolist() == [4, 2, 32, 2, 2]
    notes = " ".join(table.provenance.notes)
    assert "3 of 5 texts are empty (rows 1, 3, 4)" in notes
    assert "1 of 5 texts is longer than the 32 tokens that the model sees (row 2)" in notes
    found = values(table)
    np.testing.assert_array_equal(found[1], found[3])


def test_several_processes_make_the_same_vectors(folders):
    texts = texts_of(2100, longest=8)
    folder = folders("tiny_sentence_transformer")
    (alone,) = encoded(folder, texts)
    (together,) = encoded(folder, texts, running=Running(workers=2))
    np.testing.assert_array_equal(alone, together)


def test_the_number_of_threads_changes_nothing(folders):
    import torch

    texts = texts_of(300)
    before = torch.get_num_threads()
    found = []
    try:
        for n_threads in (1, 2, 3):
            torch.set_num_threads(n_threads)
            found.append(encoded(folders("tiny_sentence_transformer"), texts)[0])
            assert torch.get_num_threads() == n_threads
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def changed(folder, target, change):
    shutil.copytree(folder, target)
    change(target)
    return target


def with_config(**members):
    def change(folder):
        path = folder / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **members}))

    return change


def with_module(**members):
    def change(folder):
        path = folder / "modules.json"
        modules = json.loads(path.read_text())
        modules[0].update(members)
        path.write_text(json.dumps(modules))

    return change


def without(*names):
    def change(folder):
        for name in names:
            (folder / name).unlink()

    return change


OWN_CODE = {"auto_map": {"AutoModel": "modeling.Mine"}, "model_type": "mine", "architectures": ["Mine"]}


@pytest.mark.parametrize(
    ("kind", "change", "encoding", "words"),
    [
        ("tiny_bert", with_config(**OWN_CODE), {}, "code of its own (auto_map in config.json), which is never run"),
        ("tiny_bert", without("tokenizer.json"), {}, "has no tokenizer"),
        ("tiny_bert", without("model.safetensors"), {}, "cannot be loaded"),
        ("tiny_bert", lambda folder: (folder / "config.json").write_text("{"), {}, "is no JSON"),
        ("tiny_bert", lambda folder: (folder / "config.json").write_text("{}"), {}, "neither modules.json nor a config.json"),
        ("tiny_bert", with_config(model_type="nonsense"), {}, "cannot be loaded"),
        ("tiny_bert", lambda folder: (folder / "model.safetensors").write_bytes(b"x" * 99), {}, "cannot be loaded"),
        ("tiny_bert", lambda folder: None, {"layer": 3}, "has the layers 0 to 2 (or -1 to -3 from the end), not 3"),
        ("tiny_bert", lambda folder: None, {"prompt_name": "q"}, "no prompt 'q'; it has none"),
        ("tiny_sentence_transformer", with_module(type="mine.Model"), {}, "'mine.Model' in modules.json"),
        ("tiny_sentence_transformer", with_module(path="../x"), {}, "outside the model"),
        ("tiny_sentence_transformer", lambda folder: None, {"prompt_name": "z"}, "no prompt 'z'"),
        ("tiny_static", lambda folder: None, {"pooling": "mean"}, "static model"),
        ("tiny_static", lambda folder: None, {"prompt_name": "q"}, "no prompts"),
        ("tiny_static", lambda folder: (folder / "model.safetensors").write_bytes(b"x"), {}, "cannot be loaded"),
    ],
)  # fmt: skip
def test_models_that_do_not_fit_are_refused(folders, tmp_path, kind, change, encoding, words):
    folder = changed(folders(kind), tmp_path / "model", change)
    with pytest.raises(ProjectorExportError) as refused:
        encoded(folder, TEXTS[:3], **encoding)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("running", "words"),
    [
        ({"device": "toaster"}, "'toaster' is no device"),
        ({"device": "cuda"}, "sees no CUDA device"),
        ({"revision": "main"}, "has no revision 'main'"),
    ],
)
def test_places_that_are_not_there(folders, running, words):
    import torch

    if running.get("device") == "cuda" and torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    with pytest.raises(ProjectorExportError, match=words):
        encoded(folders("tiny_bert"), TEXTS[:3], running=Running(**running))


def test_half_precision(folders):
    (exact,) = encoded(folders("tiny_bert"))
    (half,) = encoded(folders("tiny_bert"), running=Running(dtype="bfloat16"))
    assert half.dtype == np.float32
    assert 0 < np.abs(exact - half).max() < 0.1


@pytest.mark.parametrize(
    ("kind", "package", "extra"),
    [
        ("tiny_bert", "transformers", "texts"),
        ("tiny_bert", "torch", "texts"),
        ("tiny_static", "model2vec", "model2vec"),
    ],
)
def test_a_missing_package_names_the_extra_that_serves_texts(folders, monkeypatch, kind, package, extra):
    from importlib.util import find_spec

    folder = folders(kind)
    monkeypatch.setattr(
        "projector_export.optional.find_spec", lambda name: None if name == package else find_spec(name)
    )
    with pytest.raises(MissingExtraError, match=rf"encoding texts needs .*'{package}'.*projector-export\[{extra}\]'"):
        read_texts(["a"], folder)
