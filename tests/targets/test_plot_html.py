"""The page of layouts in a real browser: what it shows, what it never does."""

import re

import numpy as np
import pytest

from projector_export.table import Column, EmbeddingTable, Layout
from projector_export.targets import plot
from projector_export.targets.plot.page import encode as page_encoding
from projector_export.targets.plot.page import escaped

pytestmark = pytest.mark.browser

HOSTILE = [
    "<script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    '<a href="javascript:window.hacked=1">click</a>',
    "</script><script>window.hacked=1</script>",
    "<b>bold</b><br>&lt;i&gt; &#60;",
    "%{x} %{customdata} %{meta[0]}",
    "$\\frac{1}{2}$",
    "<!-- <script>",
    "\u202eevil\u2066\ud800",
    "中国 العربية",
]
VALUES = ["<script>window.hacked=1</sc…", "<img src=x onerror=window.h…"]
SHOWN = [*HOSTILE[:8], "\\u202eevil\\u2066\\ud800", HOSTILE[9]]


def hostile_table():
    n_rows = len(HOSTILE)
    places = np.stack([np.arange(n_rows) % 4, np.arange(n_rows) // 4, np.arange(n_rows)], axis=1).astype("f4")
    columns = [Column("token", HOSTILE), Column("<b>$k$ %{x}", [HOSTILE[row % 2] for row in range(n_rows)])]
    layouts = (Layout("<i>a</i> %{x} $b$", "x", places[:, :2]), Layout("deep", "x", places))
    table = EmbeddingTable.from_array(places, name="<script>window.hacked=1</script>", columns=columns)
    return EmbeddingTable(table.name, table.vectors, table.columns, table.provenance, layouts=layouts)


@pytest.fixture(scope="module")
def page(chromium, tmp_path_factory):
    path = plot.write(hostile_table(), tmp_path_factory.mktemp("plot") / "p.html", color="<b>$k$ %{x}")
    page = chromium.new_page(viewport={"width": 1200, "height": 600})
    page.requests, page.errors = [], []
    page.on("request", lambda request: page.requests.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("dialog", lambda dialog: page.errors.append(dialog.message))
    page.goto(path.as_uri())
    page.wait_for_selector(".legend .traces")
    page.wait_for_function("document.querySelectorAll('#plot canvas').length > 1")
    yield page
    page.close()


def pixel(page, row):
    """Return where a row of the first panel is on the screen."""
    return page.evaluate(
        """row => {
            const plot = document.getElementById("plot"), {xaxis, yaxis} = plot._fullLayout, box = plot.getBoundingClientRect();
            const at = {x: row % 4, y: Math.floor(row / 4)};
            return [box.left + xaxis._offset + xaxis.l2p(at.x), box.top + yaxis._offset + yaxis.l2p(at.y)];
        }""",
        row,
    )


@pytest.mark.parametrize("row", range(len(HOSTILE)))
def test_hover_shows_label_value_and_row_as_they_are(page, row):
    page.mouse.move(*pixel(page, row))
    page.wait_for_function(f"document.querySelector('.hoverlayer').textContent.endsWith('row {row}')")
    lines = page.evaluate(
        "[...document.querySelectorAll('.hoverlayer .hovertext .nums .line')].map(line => line.textContent)"
    )
    assert lines == [SHOWN[row], f"<b>$k$ %{{x}}: {VALUES[row % 2]}", f"row {row}"]
    assert not page.evaluate("document.querySelectorAll('.hoverlayer a, .hoverlayer img, .hoverlayer script').length")


def test_titles_and_legend_show_texts_as_they_are(page):
    assert page.title() == "<script>window.hacked=1</script>: 10 × 3"
    assert page.text_content(".gtitle") == "<script>window.hacked=1</script>: 10 × 3"
    assert page.text_content(".annotation-text") == "<i>a</i> %{x} $b$"
    assert page.text_content(".legendtitletext") == "<b>$k$ %{x}"
    entries = page.evaluate("[...document.querySelectorAll('.legendtext')].map(entry => entry.textContent)")
    assert entries == [f"{VALUES[1]}  5", f"{VALUES[0]}  5"]


def test_no_text_runs_and_nothing_is_asked_of_the_network(page):
    assert page.evaluate("window.hacked") is None
    assert page.errors == []
    assert len(page.requests) == 1
    assert not page.evaluate("document.querySelectorAll('#plot a[href], #plot img').length")


def test_policy_stops_what_slips_through(page):
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,x\" onerror=\"window.slipped=1\">')")
    page.wait_for_timeout(200)
    assert page.evaluate("window.slipped") is None


def test_legend_hides_a_category_in_all_panels(page):
    def visible():
        return page.evaluate(
            "document.getElementById('plot')._fullData.filter(trace => trace.customdata).map(trace => trace.visible)"
        )

    assert visible() == [True] * 4
    page.click(".legendtoggle >> nth=0")
    page.wait_for_function("document.getElementById('plot')._fullData.some(trace => trace.visible === 'legendonly')")
    assert visible() == ["legendonly", True] * 2


def test_panels_are_square_and_lie_where_they_should(page):
    ratio = page.evaluate(
        "(({xaxis, yaxis}) => (xaxis.l2p(1) - xaxis.l2p(0)) / (yaxis.l2p(0) - yaxis.l2p(1)))(document.getElementById('plot')._fullLayout)"
    )
    assert ratio == pytest.approx(1, abs=1e-3)
    stored = page.evaluate(
        "document.getElementById('plot')._fullData.filter(trace => trace.type === 'scatter3d' && trace.customdata)"
        ".map(trace => [...trace.customdata].map((row, i) => [row, trace.x[i], trace.y[i], trace.z[i]])).flat()"
    )
    assert sorted(stored) == [[row, row % 4, row // 4, row] for row in range(len(HOSTILE))]


def test_scale_of_numbers_and_rows_without_one(chromium, tmp_path):
    numbers = np.linspace(0, 1, 40)
    numbers[3] = np.nan
    points = np.random.default_rng(0).normal(size=(40, 2)).astype("f4")
    table = EmbeddingTable.from_array(points, columns=[Column("size", numbers)])
    table = EmbeddingTable("t", table.vectors, table.columns, layouts=(Layout("a", "x", points),))
    page = chromium.new_page()
    page.goto(plot.write(table, tmp_path / "p.html", color="size").as_uri())
    page.wait_for_selector(".cbtitle")
    traces = page.evaluate("document.getElementById('plot')._fullData.map(t => [...(t.customdata ?? [])].length)")
    colors = page.evaluate("[...document.getElementById('plot')._fullData[1].marker.color]")
    entries = page.evaluate("[...document.querySelectorAll('.legendtext')].map(entry => entry.textContent)")
    page.close()
    assert traces == [1, 39, 0]
    assert colors == np.delete(numbers, 3).tolist()
    assert entries == ["(missing)  1"]


def test_hundred_thousand_points_take_a_few_bytes_each(tmp_path):
    points = np.random.default_rng(0).normal(size=(100_000, 2)).astype("f4")
    table = EmbeddingTable.from_array(points)
    small = EmbeddingTable("t", table.vectors, layouts=(Layout("a", "x", points[:, ::-1]),))
    tiny = EmbeddingTable("t", EmbeddingTable.from_array(points[:2]).vectors, layouts=(Layout("a", "x", points[:2]),))
    size, program = (plot.write(t, tmp_path / "p.html").stat().st_size for t in (small, tiny))
    assert size - program < 100_000 * 17


def test_data_cannot_end_its_own_element():
    text = page_encoding("a</title>", {"labels": ["</script><!--<script>"]}, "0", min_size=(1, 1)).decode()
    assert (text.count("<script"), text.count("</script>"), text.count("<!--"), text.count("</title>")) == (3, 3, 0, 1)


def test_escaped_text_has_nothing_that_plotly_reads():
    assert not re.search(r"[<>{}$]|&(?!#\d+;)", escaped("".join(map(chr, range(32, 127)))))


def test_plotly_is_asked_for_its_program_only(tmp_path, monkeypatch):
    """So that any version draws the page whose ``plotly.js`` knows these traces."""
    program = "window.Plotly = {}"
    monkeypatch.setattr("plotly.offline.get_plotlyjs", lambda: program)
    text = plot.write(hostile_table(), tmp_path / "p.html").read_text(encoding="utf-8")
    assert f"<script>{program}</script>" in text
    assert len(text) < 10_000
