import json
import os
from dataclasses import replace

import numpy as np
import pytest

import projector_export
from projector_export import Column, EmbeddingTable
from projector_export.errors import (
    AmbiguousChoiceError,
    CorruptFileError,
    InvalidInputError,
    NotFoundError,
    ProjectorExportError,
    WriteError,
)
from projector_export.formats import metadata_tsv
from projector_export.options import Destination, Treatment, ViewerLimits
from projector_export.pipeline import Layouts
from projector_export.provenance import Step
from projector_export.sources import own_export
from projector_export.table import Layout, Selection, Thumbnails
from projector_export.transforms.layouts.pca import Pca

N_ROWS, N_DIMS = 120, 8
CENTRES = 6 * np.random.default_rng(1).normal(size=(4, N_DIMS))


def table_of(seed=0, *, name="words", labels=None):
    generator = np.random.default_rng(seed)
    groups = np.arange(N_ROWS) % 4
    vectors = (
        CENTRES[groups]
        + np.random.default_rng(2).normal(size=(N_ROWS, N_DIMS))
        + 0.05 * generator.normal(size=(N_ROWS, N_DIMS))
    )
    columns = [
        Column("token", labels or [f"t{row}" for row in range(N_ROWS)]),
        Column("kind", [f"group {group}" for group in groups.tolist()]),
    ]
    return EmbeddingTable.from_array(vectors, name=name, columns=columns)


def export(folder, *views, table=None, **options):
    treatment = Treatment(layouts=Layouts(views, **options))
    return projector_export.write(table or table_of(), folder, treatment=treatment)


def laid_out():
    return projector_export.transform(table_of(), Treatment(layouts=["pca"]))


def few(n_rows):
    return table_of().take(np.arange(n_rows), Step("few"))


def views_in(written):
    return json.loads((written.folder / "bookmarks.json").read_text())


def manifest_of(written):
    return json.loads((written.folder / "manifest.json").read_text())


def columns_of(written):
    return metadata_tsv.decode((written.folder / "metadata.tsv").read_bytes()).names


def test_layouts_become_views_files_figures_and_columns(tmp_path):
    (written,) = export(tmp_path, "pca", "mds:n_components=3")
    assert [view["label"].split(" · ")[0] for view in views_in(written)] == ["pca 2d", "mds 3d"]
    entries = manifest_of(written)["layouts"]
    assert [np.load(written.folder / entry["file"]).shape for entry in entries] == [(N_ROWS, 2), (N_ROWS, 3)]
    assert all(0.5 < entry["quality"]["trustworthiness"]["value"] <= 1 for entry in entries)
    assert all(entry["quality"]["trustworthiness"]["standard_error"] == 0 for entry in entries), "all rows were used"
    assert columns_of(written) == ("token", "kind", "pca 2d preserved", "mds 3d preserved")
    assert not projector_export.check(tmp_path).n_faults


def test_names_of_layouts_are_enough(tmp_path):
    treatment = Treatment(layouts=["pca"])
    (written,) = projector_export.write(table_of(), tmp_path, treatment=treatment)
    assert len(views_in(written)) == 1


def test_the_vectors_stay_whole(tmp_path):
    table = table_of()
    (written,) = export(tmp_path, "pca", table=table)
    raw = np.fromfile(written.folder / "vectors.ckpt.data-00000-of-00001", "<f4").reshape(N_ROWS, N_DIMS)
    assert np.array_equal(raw, table.vectors.read(0, N_ROWS))


def test_a_layout_as_a_tensor_of_its_own(tmp_path):
    full, reduced = export(tmp_path, "pca", reduce=["pca:n_components=3"])
    assert (full.name, reduced.name) == ("words", "words pca 3d")
    assert reduced.shape == (N_ROWS, 3)
    assert len(views_in(full)) == 1
    assert "bookmarks.json" not in manifest_of(reduced)["files"]
    raw = np.fromfile(reduced.folder / "vectors.ckpt.data-00000-of-00001", "<f4").reshape(N_ROWS, 3)
    assert np.allclose(raw.mean(axis=0), 0, atol=1e-4)
    assert columns_of(reduced)[:2] == ("token", "kind")


def test_selections_go_along_with_a_layout_that_becomes_a_tensor(tmp_path):
    table = replace(table_of(), selections=(Selection("chosen", np.array([3, 7])),))
    full, reduced = export(tmp_path, reduce=["pca:n_components=3"], table=table)
    assert [state["label"] for state in views_in(full)] == ["chosen · 2"]
    assert [state["label"] for state in views_in(reduced)] == ["chosen · 2"]


def test_one_layout_may_be_both(tmp_path):
    full, reduced = export(tmp_path, "pca", reduce=["pca"])
    assert len(views_in(full)) == 1
    assert reduced.viewer_shape == (N_ROWS, 3), "padded, because the viewer draws nothing of two dimensions"


def test_both_targets_and_a_picture(tmp_path):
    destination = Destination(tmp_path / "l", tmp_path / "s", plot=tmp_path / "p.svg")
    written = export(destination, "pca")
    assert [each.target for each in written] == ["tensorboard", "standalone", "plot"]
    assert "pca 2d" in (tmp_path / "p.svg").read_text()
    assert len(views_in(written[1])) == 1


@pytest.mark.parametrize("name", ["projector_config.pbtxt", "config.json"])
def test_a_place_that_cannot_be_written_to_is_told_before_layouts(name, tmp_path):
    (tmp_path / name).write_text("}")
    destination = Destination(tmp_path) if name.endswith("pbtxt") else Destination(standalone=tmp_path)
    with pytest.raises(CorruptFileError, match=name):
        export(destination, "pca")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("target", ["logdir", "standalone"])
def test_a_folder_that_may_not_be_written_to_is_told_before_layouts(target, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    with pytest.raises(WriteError, match="cannot write to"):
        export(Destination(**{target: tmp_path / "a" / "b"}), "pca")
    assert not any(tmp_path.iterdir())


def test_a_picture_goes_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (written,) = export(Destination(plot="~/p.svg"), "pca")
    assert (tmp_path / "p.svg").is_file()
    assert written.folder == tmp_path / "p.svg"


def test_pictures_of_two_tables_have_two_names(tmp_path):
    tables = [table_of(name="a"), table_of(name="b/c")]
    treatment = Treatment(layouts=["pca"])
    written = projector_export.write(tables, Destination(plot=tmp_path / "p.svg"), treatment=treatment)
    assert [each.folder.name for each in written] == ["p-a.svg", "p-b-c.svg"]


def test_a_layout_made_by_hand_is_written_too(tmp_path):
    table = table_of().with_layout(Layout("mine", "mine", np.arange(2 * N_ROWS).reshape(N_ROWS, 2)), Step("mine"))
    (written,) = projector_export.write(table, tmp_path)
    (view,) = views_in(written)
    assert view["label"].startswith("mine · trust 0.")
    assert manifest_of(written)["layouts"][0]["quality"]["n_anchors"] == N_ROWS
    assert {"umap-0", "umap-1", "pca-0", "pca-7"} <= set(view["projections"][0])


def test_layouts_made_by_hand_of_rows_without_direction_or_too_few_are_written(tmp_path):
    for vectors in (np.zeros((6, 3)), np.eye(3)):
        table = EmbeddingTable.from_array(vectors)
        table = table.with_layout(Layout("mine", "mine", vectors[:, :2]), Step("mine"))
        (written,) = projector_export.write(table, tmp_path)
        assert len(views_in(written)) == 1
        assert any("were not measured" in note for note in written.notes)


def test_the_colour_is_preselected(tmp_path):
    table = table_of()
    table = EmbeddingTable(table.name, table.vectors, (*table.columns, Column("side", ["l", "r"] * (N_ROWS // 2))))
    (by_kind,) = export(tmp_path / "a", "pca", table=table)
    (by_side,) = export(tmp_path / "b", "pca", table=table, color="side")
    assert [views_in(each)[0]["selectedColorOptionName"] for each in (by_kind, by_side)] == ["kind", "side"]
    assert views_in(by_side)[0]["selectedLabelOption"] == "token"


def test_classes_colour_where_no_texts_do_and_pictures_are_not_tinted(tmp_path):
    table = table_of()
    texts = Column("title", [f"title {row}" for row in range(N_ROWS)])
    classes = Column("class", np.arange(N_ROWS) % 4)
    numbered = EmbeddingTable(table.name, table.vectors, (texts, Column("id", np.arange(N_ROWS)), classes))
    pictured = replace(numbered, thumbnails=Thumbnails(np.zeros((N_ROWS, 2, 2, 4), np.uint8)))
    exports = [export(tmp_path / name, "pca", table=each)[0] for name, each in (("a", numbered), ("b", pictured))]
    assert [views_in(each)[0]["selectedColorOptionName"] for each in exports] == ["class", "No color map"]


def test_a_column_that_differs_in_no_row_of_the_viewer_colours_nothing(tmp_path):
    rare = Column("rare", ["no"] * (N_ROWS - 1) + ["yes"])
    table = EmbeddingTable("t", table_of().vectors, (*table_of().columns, rare))
    treatment = Treatment(layouts=Layouts(["pca"], color="rare"))
    (written,) = projector_export.write(table, tmp_path, treatment=treatment, limits=ViewerLimits(max_rows=30))
    assert views_in(written)[0]["selectedColorOptionName"] == "No color map"
    flat = EmbeddingTable.from_array(table_of().vectors.read(0, N_ROWS)[:, :2])
    destination = Destination(tmp_path / "flat", plot=tmp_path / "flat.svg")
    written, _ = export(destination, "pca", table=flat, color="pca 2d preserved", metric="euclidean")
    assert views_in(written)[0]["selectedColorOptionName"] == "No color map"


def test_a_layout_that_is_there_is_coloured_too(tmp_path):
    (written,) = export(tmp_path, table=laid_out(), color="pca 2d preserved")
    assert views_in(written)[0]["selectedColorOptionName"] == "pca 2d preserved"


def test_points_without_labels_are_labelled_by_their_row_numbers(tmp_path):
    table = EmbeddingTable.from_array(table_of().vectors.read(0, N_ROWS))
    (written,) = export(tmp_path, "pca", table=table)
    assert columns_of(written) == ("row", "pca 2d preserved")
    (view,) = views_in(written)
    assert (view["selectedLabelOption"], view["selectedColorOptionName"]) == ("row", "No color map")


def test_pacmap_of_fewer_rows_than_it_would_look_at(tmp_path):
    pytest.importorskip("pacmap")
    (written,) = export(tmp_path, "pacmap:n_neighbors=5", table=few(40))
    assert len(views_in(written)) == 1


def test_a_view_may_be_coloured_by_what_it_preserves(tmp_path):
    (written,) = export(tmp_path, "pca", color="pca 2d preserved")
    assert views_in(written)[0]["selectedColorOptionName"] == "pca 2d preserved"


def test_layouts_may_come_one_after_the_other(tmp_path):
    first = projector_export.transform(table_of(), Treatment(layouts=["pca"]))
    (written,) = export(tmp_path, "mds", table=first)
    assert columns_of(written) == ("token", "kind", "pca 2d preserved", "mds 2d preserved")
    assert len(views_in(written)) == 2


@pytest.mark.parametrize("limits", [ViewerLimits(max_rows=30), ViewerLimits(max_bytes=N_ROWS * 4 * 5)])
def test_what_the_viewer_is_given_keeps_its_views(limits, tmp_path):
    (written,) = projector_export.write(table_of(), tmp_path, treatment=Treatment(layouts=["pca"]), limits=limits)
    (view,) = views_in(written)
    assert len(view["projections"]) == written.viewer_shape[0]
    assert written.viewer_shape != written.shape
    assert not projector_export.check(tmp_path).n_faults


def test_layouts_are_of_the_treated_vectors(tmp_path):
    treatment = Treatment(dims=4, layouts=["pca"])
    (written,) = projector_export.write(table_of(), tmp_path, treatment=treatment)
    assert written.shape == (N_ROWS, 4)
    steps = [step["name"] for step in manifest_of(written)["provenance"]["steps"]]
    assert steps.index("principal_components") < steps.index("neighbours") < steps.index("pca")


def test_neighbours_are_kept_beside_the_export(tmp_path):
    export(tmp_path, "pca")
    (second,) = export(tmp_path, "pca", "mds")
    found = [
        step["parameters"]["from_cache"]
        for step in manifest_of(second)["provenance"]["steps"]
        if step["name"] == "neighbours"
    ]
    assert found == [True]
    assert not projector_export.check(tmp_path).n_faults


@pytest.mark.parametrize("treatment", [{"drop_zero_rows": True}, {"center": True}])
def test_zero_rows_have_no_direction(treatment, tmp_path):
    vectors = table_of().vectors.read(0, N_ROWS)
    vectors[7] = 0
    table = EmbeddingTable.from_array(vectors)
    with pytest.raises(InvalidInputError, match="--drop-zero-rows"):
        projector_export.write(table, tmp_path, treatment=Treatment(layouts=["pca"]))
    assert not any(tmp_path.iterdir())
    (written,) = projector_export.write(table, tmp_path, treatment=Treatment(layouts=["pca"], **treatment))
    assert written.shape[0] == N_ROWS - ("drop_zero_rows" in treatment)


def spread(coordinates):
    return np.linalg.norm(coordinates - coordinates.mean(axis=0), axis=1).mean()


def test_an_epoch_like_the_one_before(tmp_path):
    pytest.importorskip("umap")
    labels = [f"t{row}" for row in range(N_ROWS)]
    (first,) = export(tmp_path / "1", "umap", table=table_of(0, labels=labels))
    order = np.random.default_rng(0).permutation(N_ROWS)
    second_table = table_of(9, labels=labels)
    shuffled = EmbeddingTable.from_array(
        second_table.vectors.read(0, N_ROWS)[order],
        name="other",
        columns=[Column("token", [labels[row] for row in order.tolist()])],
    )
    (second,) = export(tmp_path / "2", "umap", table=shuffled, like=tmp_path / "1")
    (free,) = export(tmp_path / "3", "umap", table=shuffled, seed=5)
    before = np.load(first.folder / "layout-umap-2d.npy")[order]
    after, other = (np.load(each.folder / "layout-umap-2d.npy") for each in (second, free))
    moved, moved_freely = (np.linalg.norm(each - before, axis=1).mean() for each in (after, other))
    assert moved < 0.5 * spread(before) < 0.75 * moved_freely


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda folder: export(folder / "2", "pca", like=folder / "nothing"), NotFoundError, "holds no export"),
        (lambda folder: export(folder / "2", "pca:n_components=3", like=folder / "1"), InvalidInputError, r"no layout of 3 dimensions .*\(it has pca 2d\)"),
        (lambda folder: export(folder / "2", "pca", table=table_of(labels=["x"] * N_ROWS), like=folder / "1"), InvalidInputError, "shares 0 rows"),
        (lambda folder: Layouts(like=folder), InvalidInputError, "ask for one too"),
        (lambda folder: Layouts("umap"), InvalidInputError, r"write \['umap'\]"),
        (lambda folder: Treatment(layouts=Pca()), InvalidInputError, r"write \[Pca\("),
        (lambda folder: Layouts([Step("x")]), InvalidInputError, "a Step is no layout: .* transforms.layouts.estimator"),
        (lambda folder: export(folder / "2", color="kind"), InvalidInputError, "is for layouts, and there is none"),
        (lambda folder: export(folder / "2", color="token", table=laid_out()), InvalidInputError, "cannot be coloured by 'token'"),
        (lambda folder: export(folder / "2", "pca", table=laid_out()), InvalidInputError, "has a layout 'pca 2d' already"),
        (lambda folder: export(folder / "2", "pca", table=few(3)), InvalidInputError, "needs at least 4 rows"),
        (lambda folder: export(Destination(folder / "2", plot=folder / "x.png"), reduce=["pca"]), InvalidInputError, "no layout to draw"),
        (lambda folder: export(Destination(folder / "2", run="../x"), "pca"), InvalidInputError, "cannot be a run"),
        (lambda folder: export(Destination(standalone=folder / "2", base_url="x"), "pca"), InvalidInputError, "is no address"),
        (lambda folder: export(folder / "2", "pca", table=table_of(name="a#b")), InvalidInputError, "cannot ask for a tensor"),
        (lambda folder: Layouts(["umpa"]), InvalidInputError, "did you mean umap"),
        (lambda folder: Layouts(["umap"], metric="l1"), InvalidInputError, "cosine or euclidean"),
        (lambda folder: Layouts(["umap"], seed=-1), InvalidInputError, "a seed is a whole number"),
        (lambda folder: export(folder / "2", "pca", color="colour"), InvalidInputError, "cannot be coloured by 'colour'"),
        (lambda folder: export(folder / "2", "pca", color="token"), InvalidInputError, "cannot be coloured by 'token'"),
        (lambda folder: export(Destination(folder / "2", plot=folder / "x.gif"), "pca"), InvalidInputError, "FILE.png"),
        (lambda folder: export(Destination(folder / "2", plot=folder / "x.png")), InvalidInputError, "no layout to draw"),
        (lambda folder: export(folder / "2", "tsne:perplexity=100"), InvalidInputError, "perplexity"),
        (lambda folder: export(folder / "2", "umap:target=colour"), InvalidInputError, "no column 'colour'"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_told_and_leaves_nothing(make, error, words, tmp_path):
    export(tmp_path / "1", "pca")
    with pytest.raises(error, match=words) as raised:
        make(tmp_path)
    assert isinstance(raised.value, ProjectorExportError)
    assert not (tmp_path / "2").exists()


def test_reading_an_own_export_back(tmp_path):
    table = table_of(labels=["007", "a\tb", "1e5", *[f"t{row}" for row in range(3, N_ROWS)]])
    export(tmp_path, "pca", table=table)
    read = own_export.read(tmp_path)
    assert np.array_equal(read.vectors.read(0, N_ROWS), table.vectors.read(0, N_ROWS))
    assert [column.name for column in read.columns] == ["token", "kind", "pca 2d preserved"]
    assert read.columns[2].is_numeric
    assert not read.columns[0].is_numeric
    assert read.layouts[0].name == "pca 2d"


@pytest.mark.parametrize("n_labels", [N_ROWS, 5])
def test_labels_that_look_like_numbers_are_found_again(n_labels, tmp_path):
    awkward = ["007", "1e5", '"8"', "", "constructor"]
    labels = (
        [awkward[row] if row < 5 else f"t{row}" for row in range(N_ROWS)] if n_labels > 5 else awkward * (N_ROWS // 5)
    )
    table = table_of(labels=labels)
    export(tmp_path / "1", "pca", table=table)
    read = own_export.read(tmp_path / "1")
    assert metadata_tsv.encode(read.columns[:2]) == metadata_tsv.encode(table.columns)
    (second,) = export(tmp_path / "2", "pca", table=table, like=tmp_path / "1")
    assert manifest_of(second)["layouts"][0]["parameters"]["aligned_rows"] == N_ROWS


def test_which_tensor_is_read_back(tmp_path):
    projector_export.write([table_of(name="a"), table_of(name="b")], tmp_path)
    assert own_export.read(tmp_path, "b").name == "b"
    with pytest.raises(AmbiguousChoiceError, match="a, b"):
        own_export.read(tmp_path, "c")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda folder: (folder / "manifest.json").write_text("{}"), "no manifest of an export"),
        (lambda folder: (folder / "vectors.ckpt.data-00000-of-00001").write_bytes(b"1234"), "4 bytes, and"),
        (lambda folder: (folder / "metadata.tsv").write_text("a\tb\n1\t2\n"), "has 1 rows"),
        (lambda folder: (folder / "metadata.tsv").unlink(), "cannot read"),
        (lambda folder: (folder / "layout-pca-2d.npy").write_bytes(b"\x93NUMPY"), "no array of NumPy"),
        (lambda folder: np.save(folder / "layout-pca-2d.npy", np.array([{}]), allow_pickle=True), "holds object"),
        (lambda folder: np.save(folder / "layout-pca-2d.npy", np.zeros((3, 2), np.float32)), r"shape \(3, 2\)"),
        (
            lambda folder: (folder / "manifest.json").write_text((folder / "manifest.json").read_text().replace('"layout-pca-2d.npy",', '"../x.npy",')),
            "no name of a file beside it",
        ),
    ],
)  # fmt: skip
def test_a_damaged_export_is_not_believed(harm, words, tmp_path):
    (written,) = export(tmp_path, "pca")
    harm(written.folder)
    with pytest.raises(CorruptFileError, match=words):
        own_export.read(tmp_path)
