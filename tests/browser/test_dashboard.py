"""The tab Vocabulary on all-MiniLM-L6-v2, in TensorBoard, in Chromium."""

from dataclasses import replace

import numpy as np
import pytest
from dashboard_exports import vocabulary, write_findings, write_run
from dashboard_page import DashboardPage
from exports import HOSTILE_LABELS
from projector_page import Complaints
from tensorboard_server import running_tensorboard

import projector_export
from projector_export import Column
from projector_export.options import Destination
from projector_export.table import Layout

pytestmark = pytest.mark.browser

WINDOW = {"width": 1500, "height": 950}
N_ROWS = 30522
RUNS = ("epoch 1", "epoch 2", "final")


PLAIN_MAP = "try { localStorage.setItem('projector_export.map', 'plain'); } catch {}"


@pytest.fixture(params=["plain"])
def dashboard(chromium, tmp_path, request):
    """A page of somebody who has chosen the plain map; of a newcomer, where a test says so."""
    page = chromium.new_page(viewport=WINDOW, color_scheme="dark" if request.param == "dark" else "light")
    if request.param != "newcomer":
        page.add_init_script(PLAIN_MAP)
    complaints = Complaints()
    complaints.listen(page)
    yield DashboardPage(page, complaints)
    page.screenshot(path=tmp_path / "screen.png")
    page.close()


@pytest.fixture(scope="module")
def model(minilm):
    """The vocabulary with a flat and a deep picture that are quickly made."""
    table = projector_export.read(minilm)
    vectors = table.vectors.read(0, table.n_rows).astype(np.float64)
    vectors -= vectors.mean(axis=0)
    axes = np.linalg.eigh(vectors.T @ vectors)[1][:, :-11:-1]
    components = (vectors @ axes).astype(np.float32)
    layouts = (Layout("flat", "pca", components[:, :2]), Layout("deep", "pca", components[:, :3]))
    return replace(table, name="MiniLM", layouts=layouts, components=components)


@pytest.fixture(scope="module")
def server(model, tmp_path_factory):
    """TensorBoard on three runs, in each of which another hundred tokens have become short."""
    logdir = tmp_path_factory.mktemp("runs")
    for number, run in enumerate(RUNS):
        norms = np.array(model.column("norm").values)
        norms[2000 + 100 * number : 2100 + 100 * number] = 0.01 * (number + 1)
        columns = [Column("norm", norms) if column.name == "norm" else column for column in model.columns]
        projector_export.write(replace(model, columns=tuple(columns)), Destination(logdir, run=run))
    with running_tensorboard(logdir, tmp_path_factory.mktemp("log") / "tensorboard.txt") as running:
        yield running


@pytest.fixture
def opened(server, dashboard):
    dashboard.open(server, N_ROWS)
    yield dashboard
    dashboard.assert_quiet()


def test_only_rows_in_sight_are_elements(opened, model):
    tokens = list(model.column("token").values)
    assert opened.column("id")[:3] == ["0", "1", "2"]
    assert opened.locate(".table-row").count() < 60
    table = opened.locate(".table")
    for share in (0.5, 1):
        table.evaluate(
            "(table, share) => { table.scrollTop = share * (table.scrollHeight - table.clientHeight); }", share
        )
        opened.wait_until(lambda share=share: int(opened.column("id")[-1]) > share * 0.9 * N_ROWS)
        rows = opened.rows()
        assert [row["token"] for row in rows] == [tokens[int(row["id"])].replace("\\", "\\\\") for row in rows]
    assert int(rows[-1]["id"]) == N_ROWS - 1
    assert opened.locate(".table-row").count() < 60


def test_sort(opened, model):
    norms = np.array(model.column("norm").values)
    opened.choose_export("final · MiniLM", N_ROWS)
    norms[2200:2300] = 0.03
    opened.sort_by("norm")
    assert opened.column("id")[:5] == [str(row) for row in np.argsort(norms, kind="stable")[:5]]
    opened.sort_by("norm")
    assert opened.column("id")[0] == str(np.argmax(norms))
    assert opened.locate("[aria-sort=descending]").count() == 1
    opened.locate(".table").press("End")
    assert opened.column("id")[0] != str(np.argmax(norms))
    opened.sort_by("norm")
    assert opened.column("id")[:2] == ["0", "1"]
    opened.sort_by("token")
    assert opened.column("token")[0] == min(model.column("token").values)


def test_filter_and_search(opened, model):
    tokens, kinds = (list(model.column(name).values) for name in ("token", "kind"))
    opened.chip("number").click()
    assert opened.count() == kinds.count("number")
    assert set(opened.column("kind")) == {"number"}
    opened.chip("special").click()
    assert opened.count() == kinds.count("number") + kinds.count("special")
    opened.search("199")
    assert opened.count() == sum("199" in token for token, kind in zip(tokens, kinds, strict=True) if kind == "number")
    opened.locate("button", has_text="Clear filters").click()
    assert opened.count() == N_ROWS
    assert opened.locate("input[type=search]").input_value() == ""
    opened.search("PARI")
    assert opened.count() == sum("pari" in token.lower() for token in tokens)
    opened.locate("[aria-label='Regular expression']").click()
    opened.search("^pari(s|sh)$")
    assert sorted(opened.column("token")) == ["paris", "parish"]
    opened.search("(")
    assert opened.locate("input[aria-invalid=true]").count() == 1
    assert opened.count() == N_ROWS


def test_brush(opened, model):
    norms = np.array(model.column("norm").values)
    norms[2000:2100] = 0.01
    opened.drag(".histogram[aria-label='Range of norm'] canvas", (0, 0.5), (0.3, 0.5))
    kept = opened.count()
    assert 0 < kept < N_ROWS
    bounds = opened.locate(".histogram[aria-label='Range of norm'] input")
    low, high = (float(bounds.nth(side).input_value()) for side in (0, 1))
    assert low == pytest.approx(norms.min(), rel=1e-3)
    assert kept == pytest.approx((norms <= high).sum(), abs=20)
    bounds.nth(1).fill("0.02")
    bounds.nth(1).press("Enter")
    assert opened.count() == 100
    assert opened.column("id")[0] == "2000"
    opened.locate(".histogram[aria-label='Range of norm'] canvas").click()
    assert opened.count() == N_ROWS


def test_select_in_the_table_and_see_it_on_the_map(opened, model):
    opened.page.wait_for_timeout(500)
    before = opened.pixels()
    opened.search("paris")
    opened.locate(".table-row:not([hidden])", has_text="paris").first.click()
    token = opened.heading()
    row = list(model.column("token").values).index(token)
    opened.search("")
    opened.locate(".row-page .neighbours li").first.wait_for()
    changed = np.abs(opened.pixels() - before).sum(axis=2) > 60
    height, width = (length + 8 for length in changed.shape)
    layout = model.layouts[0].coordinates.astype(float)
    middle = (layout.max(axis=0) + layout.min(axis=0)) / 2
    side = 0.46 * min(width, height) / (np.ptp(layout, axis=0).max() / 2)
    across, down = width / 2 + side * (layout[row, 0] - middle[0]), height / 2 - side * (layout[row, 1] - middle[1])
    found = np.argwhere(changed) + 4
    assert len(found) > 20
    assert np.abs(found.mean(axis=0) - (down, across)).max() < 60
    assert np.abs(found - (down, across)).max(axis=1).min() < 10
    assert {"france", "parisian"} & set(opened.locate(".neighbours .link").all_text_contents())


def test_select_on_the_map_and_see_it_in_the_table(opened, model):
    opened.page.wait_for_timeout(500)
    layout = model.layouts[0].coordinates.astype(float)
    box = opened.locate(".stage").bounding_box()
    middle = (layout.max(axis=0) + layout.min(axis=0)) / 2
    side = 0.46 * min(box["width"], box["height"]) / (np.ptp(layout, axis=0).max() / 2)
    alone = int(np.argmax(np.abs(layout - middle).max(axis=1)))
    x = box["x"] + box["width"] / 2 + side * (layout[alone, 0] - middle[0])
    y = box["y"] + box["height"] / 2 - side * (layout[alone, 1] - middle[1])
    opened.page.mouse.move(x, y)
    token = model.column("token").values[alone]
    assert opened.locate(".tip").inner_text() == token
    opened.page.mouse.click(x, y)
    assert opened.heading() == token
    assert opened.selected() == [token]
    opened.locate("button", has_text="Lasso").click()
    corners = [(0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7), (0.3, 0.3)]
    places = [(box["x"] + a * box["width"], box["y"] + b * box["height"]) for a, b in corners]
    opened.page.mouse.move(*places[0])
    opened.page.mouse.down()
    for place in places[1:]:
        opened.page.mouse.move(*place, steps=5)
    opened.page.mouse.up()
    across = np.abs(side * (layout[:, 0] - middle[0])) < 0.2 * box["width"]
    up = np.abs(side * (layout[:, 1] - middle[1])) < 0.2 * box["height"]
    selected = int(opened.locate(".count").inner_text().split(" · ")[1].split()[0].replace(",", ""))
    assert selected == pytest.approx((across & up).sum(), rel=0.02)
    opened.locate("button", has_text="Only selected").click()
    assert opened.count() == selected


def test_deep_layouts_turn(opened):
    opened.locate("[aria-label=Layout]").select_option("deep")
    opened.page.wait_for_timeout(500)
    before = opened.pixels()
    opened.drag(".overlay", (0.5, 0.5), (0.7, 0.5))
    opened.page.wait_for_timeout(500)
    assert (np.abs(opened.pixels() - before).sum(axis=2) > 60).mean() > 0.02
    opened.locate(".overlay").press("0")
    opened.page.mouse.move(0, 0)
    opened.page.wait_for_timeout(500)
    assert (np.abs(opened.pixels() - before).sum(axis=2) > 60).mean() < 0.001


def test_compare_two_runs(opened):
    opened.locate("[role=tab]", has_text="Compare").click()
    opened.locate("[aria-label='Export to compare with']").select_option(label="final · MiniLM")
    moves = opened.locate(".moves tbody tr")
    moves.first.wait_for()
    ids = set()
    for place in (0, 50, 199):
        moves.nth(place).locator("button").click()
        opened.locate("[role=tab]", has_text="Row").click()
        ids.add(int(opened.locate(".row-page dd").first.inner_text().replace(",", "")) // 100)
        opened.locate("[role=tab]", has_text="Compare").click()
    assert ids <= {20, 22}
    assert moves.count() == 200


def test_keyboard(opened, model):
    tokens = list(model.column("token").values)
    table = opened.locate(".table")
    table.focus()
    table.press("ArrowDown")
    assert opened.heading() == tokens[1]
    table.press("Shift+ArrowDown")
    assert opened.selected() == tokens[1:3]
    table.press("End")
    assert opened.heading() == tokens[-1]
    assert opened.locate(f"#{table.get_attribute('aria-activedescendant')}").get_attribute("aria-rowindex") == str(
        N_ROWS + 1
    )
    table.press("Home")
    table.press("PageDown")
    assert opened.heading() not in {tokens[0], tokens[-1]}
    table.press("Escape")
    assert opened.locate(".row-page h2").count() == 0
    opened.locate("[role=tab]", has_text="Row").press("ArrowRight")
    assert opened.locate("[role=tab][aria-selected=true]").inner_text() == "Compare"


@pytest.mark.parametrize("dashboard", ["dark"], indirect=True)
def test_dark_as_tensorboard_is(opened, tmp_path):
    ground = np.median(opened.pixels().reshape(-1, 3), axis=0)
    assert ground.max() < 60
    opened.page.screenshot(path=tmp_path / "dark.png")
    opened.page.locator("[aria-label^='Menu for changing light or dark theme']").click()
    opened.page.get_by_role("menuitem", name="Light").click()
    opened.wait_until(lambda: np.median(opened.pixels().reshape(-1, 3), axis=0).min() > 240)


def test_hostile_texts_findings_and_runs_that_appear(dashboard, tmp_path):
    logdir = tmp_path / "logs"
    folder = write_run(logdir, "first", name="<b>bold</b>")
    write_findings(folder)
    with running_tensorboard(logdir, tmp_path / "log.txt", fast=False) as server:
        dashboard.open(server, 600)
        assert dashboard.column("token")[:1]
        dashboard.search("<")
        texts = dashboard.column("token")
        assert "<script>window.pwned = 1</script>" in texts
        assert "<img src=x onerror='window.pwned=1'>" in texts
        dashboard.search("")
        for _ in range(0, len(HOSTILE_LABELS), 40):
            dashboard.locate(".table").press("PageDown")
        dashboard.chip("suspect").click()
        assert dashboard.count() == 20
        dashboard.sort_by("score")
        dashboard.locate(".table-row:not([hidden])").first.click()
        assert "score below the cut" in dashboard.locate(".row-page .phrases").inner_text()
        assert "suspect" in dashboard.locate(".row-page .marks").inner_text()
        assert dashboard.chip("low score").count() == 0, "it is said of the suspects already"
        dashboard.locate("[role=tab]", has_text="Findings").click()
        assert "A <b>note</b>." in dashboard.locate(".findings-page").inner_text()
        assert dashboard.page.frames[1].evaluate("window.pwned") is None
        write_run(logdir, "second", table=vocabulary(seed=3, n_rows=300))
        dashboard.wait_until(lambda: dashboard.locate("select[aria-label=Export] option").count() == 2)
        dashboard.choose_export("second · tokens", 300)
        dashboard.assert_quiet()


FIND_PROJECTOR = "const projector = document.querySelector('vz-projector');"


@pytest.fixture
def small(dashboard, tmp_path):
    """The dashboard on an export of some hundred rows, not opened yet."""
    write_run(tmp_path / "logs", None, table=vocabulary(seed=5, labels=[f"token{row}" for row in range(600)]))
    with running_tensorboard(tmp_path / "logs", tmp_path / "log.txt") as server:
        yield dashboard, server


newcomer = pytest.mark.parametrize("dashboard", ["newcomer"], indirect=True)


@newcomer
def test_the_projector_comes_in_place_of_the_map(small, tmp_path):
    dashboard, server = small
    dashboard.open(server, 600)
    dashboard.locate(".table").press("ArrowDown")
    dashboard.locate(".projector.is-ready[data-layout='0']").wait_for(timeout=90_000)
    (frame,) = [frame for frame in dashboard.page.frames if "/projector.html" in frame.url]
    layout = vocabulary(seed=5).layouts[0].coordinates

    def shown():
        found = frame.evaluate(
            f"() => {{ {FIND_PROJECTOR} const {{points}} = projector.dataSet;"
            " return [projector.selectedPointIndices, points.map((point) => [point.projections['umap-0'], point.projections['umap-1']])]; }"
        )
        return found[0], np.array(found[1])

    selected, places = shown()
    assert selected == [1]
    distances = [np.linalg.norm(each[:300] - each[300:], axis=1) for each in (layout, places)]
    assert np.allclose(distances[0] / distances[0].max(), distances[1] / distances[1].max(), atol=1e-3)
    dashboard.locate(".table").press("ArrowDown")
    dashboard.wait_until(lambda: shown()[0] == [2])
    frame.evaluate(f"() => {{ {FIND_PROJECTOR} projector.notifySelectionChanged([7, 9]); }}")
    dashboard.wait_until(lambda: dashboard.selected() == ["token7", "token9"])
    assert dashboard.heading() == "token7"
    dashboard.page.screenshot(path=tmp_path / "projector.png")
    dashboard.locate("[aria-label=Layout]").select_option("deep")
    dashboard.locate(".projector[data-layout='1']").wait_for()
    assert shown()[0] == [7, 9]
    dashboard.locate("button", has_text="Projector").click()
    assert dashboard.locate(".stage").is_visible()
    dashboard.assert_quiet()
    dashboard.page.reload()
    dashboard.wait_for_rows(600)
    assert dashboard.locate(".projector").count() == 0, "the choice is kept"
    dashboard.locate("button", has_text="Projector").click()
    assert dashboard.locate(".stage").is_visible(), "until the projector is there"
    dashboard.locate(".projector.is-ready[data-layout='0']").wait_for(timeout=90_000)
    assert not dashboard.locate(".stage").is_visible()


@newcomer
@pytest.mark.parametrize(
    "script",
    [
        "",
        "customElements.define('vz-projector', class extends HTMLElement { dataSet = {points: [1]}; projection = {}; })",
        None,
    ],
)
def test_the_plain_map_where_the_projector_is_missing_or_changed(small, script):
    dashboard, server = small
    if script is None:
        dashboard.page.route("**/projector_binary.js", lambda route: route.abort())
    else:
        dashboard.page.route(
            "**/projector_binary.js", lambda route: route.fulfill(body=script, content_type="text/javascript")
        )
    dashboard.open(server, 600)
    dashboard.locate(".notice:not([hidden])").wait_for()
    assert "The plain map is shown instead." in dashboard.locate(".notice").inner_text()
    assert dashboard.locate(".stage").is_visible()
    assert dashboard.locate(".projector").count() == 0
