"""Findings as files: CSV, the html page without a browser, selections as views, findings beside the manifest."""

import csv
import html.parser
import io
import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from made_findings import HOSTILE, made

from projector_export.checks import check
from projector_export.errors import InvalidInputError, WriteError
from projector_export.formats import bookmarks
from projector_export.formats.bookmarks import OwnView
from projector_export.provenance import Step
from projector_export.table import Layout, Selection
from projector_export.targets import findings_csv, report, selections, standalone, tensorboard
from projector_export.targets.findings_csv import guarded
from projector_export.targets.findings_words import STATES, states
from projector_export.transforms.for_viewer import choose_rows

TARGETS = {"tensorboard": tensorboard, "standalone": standalone}


@pytest.fixture(params=sorted(TARGETS))
def target(request):
    return TARGETS[request.param]


def read_csv(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))


def test_csv_has_all_rows_and_says_which_are_suspects():
    table, found = made()
    data = findings_csv.encode(table, found)
    head, *rows = read_csv(data)
    assert head == ["row", "token", "id", "kind", "norm", "output cosine", "suspect", "state", "evidence", "nearest"]
    assert len(rows) == table.n_rows
    by_rank = {int(row[6]): int(row[0]) for row in rows if row[6]}
    assert [by_rank[rank] for rank in sorted(by_rank)] == [candidate.row for candidate in found.candidates]
    assert rows[-1][7] == "zero | identical"
    assert rows[-1][5] == "", "a missing number is an empty cell"
    assert float(rows[100][4]) == table.column("norm").values[100]


def test_csv_is_rfc_4180():
    text = findings_csv.encode(*made()).decode("utf-8")
    assert text.count("\r\n") == text.count("\n") == text.count("\r")
    assert text.endswith("\r\n")
    assert '"a ""quoted"", cell\r\nof two lines"' in text


@pytest.mark.parametrize("first", "=+-@\t\r\n＝＋－＠")
def test_no_cell_is_a_formula(first):
    assert guarded(f"{first}1+1") == f"'{first}1+1"
    assert guarded(f"a{first}") == f"a{first}"


def test_a_negative_number_is_none_either():
    table, found = made()
    columns = [replace(column, values=-column.values) if column.name == "norm" else column for column in table.columns]
    _, first, *_ = read_csv(findings_csv.encode(replace(table, columns=tuple(columns)), found))
    assert float(first[4]) < 0


def test_lone_surrogates_are_spelled_out():
    assert "\\ud800" in findings_csv.encode(*made()).decode("utf-8")


@pytest.mark.parametrize("write", [findings_csv.write, report.write])
def test_files_are_replaced_whole_or_not_at_all(write, tmp_path):
    table, found = made()
    path = write(table, found, tmp_path / "file")
    assert path.stat().st_size > 1000
    with pytest.raises(InvalidInputError, match="400 rows"):
        write(table.take(np.arange(5), Step("first")), found, path)
    with pytest.raises(WriteError):
        write(table, found, tmp_path / "none" / "file")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.attributes = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def test_no_text_of_the_vocabulary_becomes_html():
    table, found = made()
    tags = Tags()
    tags.feed(report.encode(table, found).decode("utf-8"))
    assert tags.tags.count("script") == 2
    assert not {"img", "a", "link", "iframe"} & set(tags.tags)
    assert tags.tags.count("b") == len(STATES), "one a count, none of the name"
    assert not [name for name, _ in tags.attributes if name.startswith("on") or name in {"style", "src", "href"}]


def test_the_page_holds_every_row_that_has_a_state():
    table, found = made()
    page = report.encode(table, found).decode("utf-8")
    data = json.loads(re.search(r'id="rows">(.*?)</script>', page, re.DOTALL)[1])
    place = {column["key"]: number for number, column in enumerate(data["columns"])}
    rows = data["rows"]
    assert [row[place["row"]] for row in rows[:30]] == [candidate.row for candidate in found.candidates]
    told = {row[place["row"]]: tuple(row[place["state"]]) for row in rows}
    assert told == states(found)
    assert {state for each in told.values() for state in each} == set(STATES) - {"tiny"}
    tokens = {row[place["row"]]: row[place["token"]] for row in rows}
    assert tokens[3] == "\\x1b[31mred\\x1b[0m\\u202eevil"
    assert len(tokens[6]) < 200
    assert tokens[0] == HOSTILE[0]


def test_a_page_of_few_columns_and_no_suspects():
    table, found = made(30, 10)
    bare = replace(table, columns=(), selections=())
    quiet = replace(found, candidates=(), indicators=(), health={}, dead=replace(found.dead, near_duplicates=()))
    page = report.encode(bare, replace(quiet, references=replace(found.references, rows=()))).decode("utf-8")
    assert "No under-trained token stands out." in page
    assert "no row is known to be untrained" in page


def views_of(folder):
    return bookmarks.decode((folder / "bookmarks.json").read_bytes())


def test_selections_are_views_of_the_viewers_own_picture(target, tmp_path):
    table, found = made()
    (written,) = target.write([(table, table)], tmp_path, findings={"tiny": found})
    first, second = views_of(written.folder)
    assert first == OwnView("under-trained suspects · 30", 400, 8, "kind", "token", tuple(range(30)))
    assert (second.label, second.selected) == ("dead rows · 2", (398, 399))
    assert (written.folder / "bookmarks.json").stat().st_size < 3000
    assert (written.folder / "findings.json").is_file()
    assert any("2 selections of points" in note for note in written.notes)
    assert check(tmp_path).n_faults == 0


def test_selections_are_marked_in_the_first_layout(target, tmp_path):
    table, _ = made()
    places = table.vectors.read(0, 400)
    layouts = (Layout("a", "x", places[:, :2]), Layout("b", "x", places[:, :3]))
    table = replace(table, layouts=layouts, components=places)
    (written,) = target.write([(table, table)], tmp_path)
    views = views_of(written.folder)
    assert [view.label for view in views] == ["a", "b", "under-trained suspects · 30", "dead rows · 2"]
    assert np.array_equal(views[2].coordinates, views[0].coordinates)
    assert [len(view.selected) for view in views] == [0, 0, 30, 2]
    assert check(tmp_path).n_faults == 0


def test_row_numbers_are_those_of_the_viewers_rows(target, tmp_path):
    table, _ = made()
    viewer = choose_rows(table, 100)
    (written,) = target.write([(table, viewer)], tmp_path)
    (first, second) = views_of(written.folder)
    tokens = viewer.column("token").values
    assert [tokens[row] for row in first.selected] == list(table.column("token").values[:30]), "all of them are kept"
    assert second.selected == (98, 99)


def test_empty_selections_are_no_views(target, tmp_path):
    table, _ = made()
    table = replace(table, selections=(Selection("none", np.array([], np.int64)),))
    (written,) = target.write([(table, table)], tmp_path)
    assert not (written.folder / "bookmarks.json").exists()
    assert written.notes == ()


def test_very_large_selections_are_sampled_and_say_so(monkeypatch):
    monkeypatch.setattr(selections, "MAX_SELECTED", 10)
    table, _ = made()
    first, _ = selections.selection_views(table, None)
    assert first.label == "under-trained suspects · 10 of 30"
    assert first.selected == tuple(range(0, 30, 3))


def test_findings_of_other_rows_are_refused(target, tmp_path):
    table, found = made()
    few = table.take(np.arange(10), Step("first"))
    with pytest.raises(InvalidInputError, match="--drop-zero-rows"):
        target.write([(few, few)], tmp_path / "x", findings={"tiny": found})
    with pytest.raises(InvalidInputError, match="findings of 'other'"):
        target.write([(table, table)], tmp_path / "x", findings={"other": found})
    assert not (tmp_path / "x").exists()
