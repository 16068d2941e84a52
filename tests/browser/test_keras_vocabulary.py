"""A sentiment classifier's embedding, from its .keras file, in TensorBoard's Projector: two poles on screen."""

import sys
from pathlib import Path

import numpy as np
import pytest
from tensorboard_server import running_tensorboard

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "sources" / "keras"))

from trained_models import BAD, GOOD, sentiment_classifier

from projector_export.pipeline import export_vocabulary

pytestmark = [pytest.mark.browser, pytest.mark.heavy]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    keras = pytest.importorskip("keras")
    folder = tmp_path_factory.mktemp("sentiment")
    sentiment_classifier(keras).save(folder / "sentiment.keras")
    export_vocabulary(folder / "sentiment.keras", folder / "runs")
    with running_tensorboard(folder / "runs", folder / "tensorboard.txt") as running:
        yield running


def test_words_lie_at_two_poles(server, projector):
    projector.open_tensorboard(server, (32, 16))
    assert projector.tensor_name() == "sentiment"
    names, rows = projector.metadata()
    assert names == ["token", "id", "kind", "norm"]
    tokens = [row[0] for row in rows]
    assert tokens[:2] == ["[PAD]", "[UNK]"]
    projector.color_by("kind")
    axis = np.array(projector.run("return projector.dataSet.points.map((point) => point.projections['pca-0']);"))
    good, bad = ([axis[tokens.index(word)] for word in words] for words in (GOOD, BAD))
    assert max(good) < min(bad) or max(bad) < min(good)
    projector.assert_quiet()
