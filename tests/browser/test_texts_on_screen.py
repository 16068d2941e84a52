"""News encoded by all-MiniLM-L6-v2 in TensorBoard's Projector, in Chromium: in the colours of their classes."""

import numpy as np
import pytest
from projector_page import digest_of, n_colored, n_hues
from tensorboard_server import running_tensorboard

from projector_export.pipeline import Layouts, Treatment
from projector_export.pipeline.texts import TextColumns, TextOptions, export_texts

pytestmark = pytest.mark.browser

CLASSES = ("World", "Sports", "Business", "Sci/Tech")
N_TEXTS = 500


@pytest.fixture(scope="module")
def news(shared_data, tmp_path_factory):
    """A file of the first news, their classes by name, and a logdir of their vectors."""
    folder = tmp_path_factory.mktemp("news")
    lines = (shared_data / "ag_news_test.csv").read_text(encoding="utf-8").splitlines()[:N_TEXTS]
    named = [f'"{CLASSES[int(line[1]) - 1]}"{line[3:]}' for line in lines]
    (folder / "news.csv").write_text("\n".join(["class,title,text", *named]) + "\n", encoding="utf-8")
    return folder / "news.csv"


def test_news_by_class(news, minilm, projector, tmp_path):
    logdir = tmp_path / "logdir"
    options = TextOptions(TextColumns(text=["title", "text"]))
    layouts = Layouts(["umap"], color="class")
    (written,) = export_texts(news, minilm, logdir, options=options, treatment=Treatment(layouts=layouts))
    vectors = np.fromfile(written.folder / "vectors.ckpt.data-00000-of-00001", dtype="<f4").reshape(N_TEXTS, -1)
    with running_tensorboard(logdir, tmp_path / "tensorboard.txt") as server:
        projector.open_tensorboard(server, (N_TEXTS, 384))
        assert projector.vector_digest() == digest_of(vectors)
        names, rows = projector.metadata()
        assert names[:3] == ["title + text", "class", "tokens"]
        assert {row[1] for row in rows} == set(CLASSES)
        assert rows[0][0].startswith("Fears for T N pension after talks Unions representing workers")
        assert projector.color_options()["class"].startswith("4 ")
        projector.views(1)
        projector.open_view(0)
        projector.page.wait_for_timeout(2000)
        projector.page.screenshot(path=tmp_path / "news.png")
        pixels = projector.pixels()
        assert n_colored(pixels) > 1000
        assert n_hues(pixels) >= 3
        projector.assert_quiet()
