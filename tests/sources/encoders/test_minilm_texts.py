"""The real all-MiniLM-L6-v2 on news: its library's own vectors, every layer, every token."""

import csv

import numpy as np
import pytest

from projector_export.pipeline.texts import Encoding, Running, TextColumns, TextOptions, read_texts

pytestmark = pytest.mark.heavy

N_TEXTS = 48
TOLERANCE = 1e-5


@pytest.fixture(scope="module")
def news(shared_data, tmp_path_factory):
    lines = (shared_data / "ag_news_test.csv").read_text(encoding="utf-8").splitlines(keepends=True)[:N_TEXTS]
    path = tmp_path_factory.mktemp("news") / "news.csv"
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def texts(news):
    with news.open(encoding="utf-8", newline="") as file:
        return [f"{title} {body}" for _, title, body in csv.reader(file)]


def read(news, minilm, running=None, **encoding):
    columns = TextColumns(text=["column_2", "column_3"])
    tables = read_texts(news, minilm, TextOptions(columns, Encoding(**encoding), running or Running()))
    return [table.vectors.read(0, table.n_rows) for table in tables], tables


@pytest.mark.parametrize("batch_tokens", [None, 256, 20_000])
def test_the_librarys_own_vectors(news, texts, minilm, batch_tokens):
    from sentence_transformers import SentenceTransformer

    (found,), (table,) = read(news, minilm, Running(batch_tokens=batch_tokens))
    np.testing.assert_allclose(found, SentenceTransformer(str(minilm), device="cpu").encode(texts), atol=TOLERANCE)
    assert [column.name for column in table.columns] == ["column_2 + column_3", "column_1", "tokens"]
    assert table.column("column_1").values.tolist()[:3] == [3, 4, 4]


@pytest.fixture(scope="module")
def states(texts, minilm):
    """Hidden states of each text by itself, shape (layers, tokens, dims), and its encoding."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(minilm), AutoModel.from_pretrained(minilm).eval()
    found = []
    for text in texts:
        given = tokenizer(text, truncation=True, max_length=256, return_tensors="pt")
        with torch.inference_mode():
            hidden = model(**given, output_hidden_states=True).hidden_states
        found.append((torch.stack(hidden)[:, 0].numpy(), given.encodings[0]))
    return found


def test_every_layer(news, states, minilm):
    found, tables = read(news, minilm, layer="all")
    assert [table.name for table in tables] == [f"news layer-{layer:02}" for layer in range(7)]
    for layer, vectors in enumerate(found):
        expected = np.stack([each[layer].mean(axis=0) for each, _ in states])
        np.testing.assert_allclose(vectors, expected, atol=TOLERANCE)


def test_every_token(news, states, minilm):
    (found,), (table,) = read(news, minilm, granularity="token")
    expected = np.concatenate([each[-1][1:-1] for each, _ in states])
    np.testing.assert_allclose(found, expected, atol=TOLERANCE)
    tokens = [token.replace("\\", "\\\\") for _, encoding in states for token in encoding.tokens[1:-1]]
    assert list(table.column("token").values) == tokens


def test_every_word(news, states, minilm):
    (found,), _ = read(news, minilm, granularity="word")
    expected = []
    for each, encoding in states:
        words = np.array([-1 if word is None else word for word in encoding.word_ids])
        expected += [each[-1][words == word].mean(axis=0) for word in range(words.max() + 1)]
    np.testing.assert_allclose(found, np.stack(expected), atol=TOLERANCE)
