"""Labels that the viewer would misread, shift or run, and tables that it would not draw, in Chromium."""

import numpy as np
import pytest
from exports import VIEWER_ROWS, hostile_table, table_of, vectors_of
from projector_page import digest_of, n_colored
from tensorboard_server import running_tensorboard

import projector_export
from projector_export import Column, EmbeddingTable
from projector_export.formats import metadata_cell
from projector_export.formats.metadata_tsv import CHUNK_BYTES

pytestmark = pytest.mark.browser


def labelled(name, vectors):
    return table_of(name, [f"row {row}" for row in range(len(vectors))], vectors)


def straddling(name, *, with_number):
    """Return a table whose plain metadata has a character of three bytes across the first border of chunks."""
    for lead in range(3):
        labels = [f"{'x' * (lead if row == 0 else 0)}{'日' * 66}" for row in range(6000)]
        lines = [f"{label}\t{row}" for row, label in enumerate(labels)] if with_number else labels
        header = "token\tnumber\n" if with_number else ""
        if (header + "\n".join(lines)).encode()[CHUNK_BYTES] & 0xC0 == 0x80:
            columns = [Column("token", labels), *([Column("number", np.arange(6000))] if with_number else [])]
            return EmbeddingTable.from_array(vectors_of(6000, 3), name=name, columns=columns)
    raise AssertionError("one of three places is inside a character")


TABLES = {
    table.name: table
    for table in (
        hostile_table(),
        labelled("all zero", np.zeros((50, 5), np.float32)),
        labelled("two dimensions", vectors_of(400, 2)),
        labelled("one dimension", vectors_of(400, 1)),
        labelled("three dimensions far away", vectors_of(400, 3) + np.float32(50)),
        straddling("characters across a border", with_number=False),
        straddling("characters across a border before numbers", with_number=True),
        labelled("name with / slash, ünïcode: 日本", vectors_of(400, 8)),
    )
}


LARGE = labelled("more rows than the viewer takes", vectors_of(VIEWER_ROWS + 517, 3))


@pytest.fixture(scope="session")
def logdir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    projector_export.write(list(TABLES.values()), folder)
    return folder


@pytest.fixture(scope="session")
def server(logdir, tmp_path_factory):
    with running_tensorboard(logdir, tmp_path_factory.mktemp("log") / "tensorboard.txt") as running:
        yield running


@pytest.fixture
def opened(server, projector):
    """The projector with its default tensor: the one with most rows."""
    projector.open_tensorboard(server, TABLES["hostile labels"].shape)
    return projector


def test_a_large_table_is_shown_in_part_without_a_warning(projector, tmp_path):
    projector_export.write(LARGE, tmp_path / "logs")
    with running_tensorboard(tmp_path / "logs", tmp_path / "log.txt") as server:
        projector.open_tensorboard(server, (VIEWER_ROWS, 3))
        _, rows = projector.metadata()
        shown = np.array([row[1] for row in rows])
        assert len(shown) == VIEWER_ROWS
        assert [row[0] for row in rows] == [f"row {index}" for index in shown]
        assert projector.vector_digest() == digest_of(LARGE.vectors.read(0, LARGE.n_rows)[shown])
        assert n_colored(projector.pixels()) > 10_000
        projector.assert_quiet()


def test_every_hostile_label_is_shown_as_it_was_spelled(opened, logdir):
    table = TABLES["hostile labels"]
    assert (logdir / "hostile-labels" / "metadata.tsv").stat().st_size > 1.5 * CHUNK_BYTES
    names, rows = opened.metadata()
    labels = list(table.column("token").values)
    assert names == ["token", "id", "kind"]
    assert [row[1] for row in rows] == list(range(table.n_rows))
    assert [row[0] for row in rows] == [metadata_cell.encode(label) for label in labels]
    assert [metadata_cell.decode(row[0]) for row in rows] == labels
    assert opened.vector_digest() == digest_of(table.vectors.read(0, table.n_rows))
    assert opened.color_options()["kind"].startswith("3 ")
    opened.assert_quiet()


def test_labels_are_never_run(opened):
    table = TABLES["hostile labels"]
    for text in ("onerror", "window.pwned", "&lt;b"):
        (label,) = [label for label in table.column("token").values if text in label][:1]
        opened.search(text)
        card, _ = opened.pick(label)
        assert card["token"] == label
    assert opened.frame.evaluate("() => window.pwned") is None
    opened.assert_quiet()


def test_every_table_is_offered_and_drawn(opened, tmp_path):
    assert opened.tensor_name() == "hostile labels"
    shapes = {name: (table.n_rows, max(3, table.n_dims)) for name, table in TABLES.items()}
    assert opened.offered_tensors() == {name: f"{rows}x{dims}" for name, (rows, dims) in shapes.items()}
    for name, shape in shapes.items():
        if name != opened.tensor_name():
            opened.select_tensor(name, shape)
        opened.page.screenshot(path=tmp_path / f"{len(name)} {shape[0]}x{shape[1]}.png")
        assert (opened.tensor_name(), opened.shape()) == (name, shape)
        labels = [metadata_cell.encode(label) for label in TABLES[name].column("token").values]
        assert [row[0] for row in opened.metadata()[1]] == labels
        assert n_colored(opened.pixels()) > (2000 if name != "all zero" else 0), name
        opened.assert_quiet()
