"""What does not fit texts is told before they are encoded."""

import pytest
import text_models
from text_models import embed, texts_of

from projector_export import ProjectorExportError
from projector_export.options import Layouts
from projector_export.pipeline import Destination, Treatment
from projector_export.pipeline.texts import Encoding, TextColumns, TextOptions, export_texts
from projector_export.sources.encoders.function import SAMPLES

TEXTS = texts_of(60, longest=6)


class Watched:
    """A model that remembers what it was asked to encode."""

    def __init__(self):
        self.seen = []

    def __call__(self, texts):
        self.seen += [text for text in texts if text not in SAMPLES]
        return embed(texts)


UNFIT = {
    "a colour without a layout": (Treatment(layouts=Layouts(color="kind")), "is for layouts, and there is none"),
    "no such colour": (Treatment(layouts=Layouts(["pca"], color="nix")), "cannot be coloured by 'nix'"),
    "a colour of one value": (Treatment(layouts=Layouts(["pca"], color="same")), "cannot be coloured by 'same'"),
    "too many neighbours": (
        Treatment(layouts=["umap:n_neighbors=500"]),
        "needs at least 501 rows, and table 'd' has 60",
    ),
    "no such target": (Treatment(layouts=["umap:target=nix"]), "'nix'"),
    "too many dimensions": (Treatment(dims=9999), "cannot be made of 60 rows of 4 dimensions: choose 1 to 4"),
    "too many directions": (Treatment(all_but_the_top=4), "cannot be taken away from 4 dimensions"),
    "a picture in too few dimensions": (Treatment(dims=1, layouts=["pca"]), "cannot be made of table 'd', which has 1"),
}


@pytest.fixture
def records(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("text,same\n" + "".join(f'"{text}",x\n' for text in TEXTS), encoding="utf-8")
    return path


@pytest.mark.parametrize(("treatment", "words"), UNFIT.values(), ids=UNFIT)
def test_unfit_wishes_are_told_before_a_text_is_encoded(records, tmp_path, treatment, words):
    model = Watched()
    with pytest.raises(ProjectorExportError, match=words):
        export_texts(records, model, tmp_path / "logdir", treatment=treatment)
    assert not model.seen
    assert not (tmp_path / "logdir").exists()


def test_one_text_has_no_layout(tmp_path):
    model = Watched()
    with pytest.raises(ProjectorExportError, match="needs at least"):
        export_texts(["alone"], model, tmp_path / "logdir", treatment=Treatment(layouts=["umap"]))
    assert not model.seen


def test_a_picture_without_a_layout_is_told_before_a_text_is_encoded(tmp_path):
    model = Watched()
    with pytest.raises(ProjectorExportError, match=r"no layout to draw into p\.png"):
        export_texts(TEXTS, model, Destination(plot=tmp_path / "p.png"), treatment=Treatment())
    assert not model.seen
    assert not list(tmp_path.iterdir())


def test_more_dimensions_than_a_model_has(tmp_path):
    options = TextOptions(encoding=Encoding(truncate_dim=999))
    with pytest.raises(ProjectorExportError, match="have 4 dimensions, of which the first 999 cannot be kept"):
        export_texts(TEXTS, embed, tmp_path / "logdir", options=options)
    assert not (tmp_path / "logdir").exists()


def test_truncated_vectors_are_those_that_are_compared(tmp_path):
    options = TextOptions(encoding=Encoding(truncate_dim=3))
    with pytest.raises(ProjectorExportError, match="of 3 dimensions: choose 1 to 3"):
        export_texts(TEXTS, embed, tmp_path / "logdir", options=options, treatment=Treatment(dims=4))


def test_colours_that_are_known_later_pass(records, tmp_path):
    treatment = Treatment(layouts=Layouts(["pca"], color="pca 2d preserved"))
    export_texts(records, embed, tmp_path / "logdir", treatment=treatment)
    assert (tmp_path / "logdir" / "projector_config.pbtxt").exists()


@pytest.mark.heavy
def test_words_and_tokens_are_not_counted_beforehand(tmp_path):
    model = text_models.tiny_bert(tmp_path / "model")
    options = TextOptions(TextColumns(), Encoding(granularity="token"))
    long = [" ".join(TEXTS)[:200]]
    (written,) = export_texts(
        long, model, tmp_path / "l", options=options, treatment=Treatment(layouts=Layouts(["pca"], color="position"))
    )
    assert written.shape[0] > 4
    for treatment, words in (
        (Treatment(dims=9999), r"cannot be made of \d+ dimensions"),
        (Treatment(layouts=Layouts(["pca"], color="nix")), "'token', 'word', 'row', 'position', 'text'"),
    ):
        with pytest.raises(ProjectorExportError, match=words):
            export_texts(long, model, tmp_path / "m", options=options, treatment=treatment)
        assert not (tmp_path / "m").exists()
