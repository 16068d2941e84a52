"""The report in a real browser: sorting, searching, hostile tokens, both colour schemes; selections in the projector."""

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tensorboard_server import running_tensorboard

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from made_findings import HOSTILE, made

import projector_export
from projector_export.options import Destination
from projector_export.targets import report
from projector_export.targets.report.entries import shown

pytestmark = pytest.mark.browser

WINDOW = {"width": 1280, "height": 900}
QUICK_SECONDS = 1.0


def opened(chromium, path, **options):
    page = chromium.new_page(viewport=WINDOW, **options)
    page.requests, page.errors = [], []
    page.on("request", lambda request: page.requests.append(request.url))
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda message: page.errors.append(message.text))
    page.goto(path.as_uri())
    page.wait_for_selector("#found tbody tr")
    return page


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return report.write(*made(), tmp_path_factory.mktemp("report") / "report.html")


@pytest.fixture
def page(chromium, path):
    page = opened(chromium, path)
    yield page
    page.close()


def column(page, name):
    """Return the texts of a column as far as it is drawn."""
    return page.locator(f"#found tbody td.{name}").all_text_contents()


def ids(page):
    return [int(text) for text in page.locator("#found tbody td:first-child").all_text_contents()]


def head(page, name):
    return page.locator("#found thead").get_by_role("button", name=name, exact=True)


def test_hostile_tokens_are_texts_and_nothing_is_fetched(page):
    expected = {shown(token) for token in HOSTILE if token != "\ud800"}
    assert expected <= set(column(page, "token"))
    assert page.evaluate("window.hacked") is None
    assert page.locator("#found :is(img, script, a, b)").count() == 0
    assert page.errors == []
    assert len(page.requests) == 1


def test_the_policy_stops_what_slips_through(page):
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=\"data:,x\" onerror=\"window.slipped=1\">')")
    page.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.slipped=1'; document.body.append(s)"
    )
    assert page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'stopped')") == "stopped"
    page.wait_for_timeout(200)
    assert page.evaluate("window.slipped") is None
    assert any("Content Security Policy" in error for error in page.errors)


def test_columns_are_sorted_by_keyboard_and_say_so(page):
    assert page.locator("#found thead th[aria-sort=none]").count() == page.locator("#found thead th").count()
    head(page, "id").focus()
    page.keyboard.press("Enter")
    assert ids(page) == list(range(30))
    assert page.locator("#found th[aria-sort=ascending]").inner_text() == "id"
    page.keyboard.press("Enter")
    assert ids(page) == list(reversed(range(30)))
    assert page.locator("#found th[aria-sort=descending]").inner_text() == "id"
    head(page, "token").click()
    tokens = column(page, "token")
    assert tokens == page.evaluate("(all) => all.sort(new Intl.Collator('en', {numeric: true}).compare)", tokens)


def test_missing_numbers_come_last_either_way(page):
    page.locator(".choice", has_text="all").click()
    place = page.locator("#found thead th").all_inner_texts().index("score") + 1
    for _ in range(2):
        head(page, "score").click()
        scores = page.locator(f"#found tbody td:nth-child({place})").all_text_contents()
        filled = [float(text) for text in scores if text]
        assert scores[len(filled) :] == [""] * (len(scores) - len(filled))
        assert filled in (sorted(filled), sorted(filled, reverse=True))


def test_search_kind_and_state_narrow_together(page):
    page.fill("#search", "TOKEN2")
    assert {f"␣token{n}" for n in range(20, 30)} <= set(column(page, "token"))
    assert 10 <= len(ids(page)) < 30
    page.fill("#search", "no such token")
    assert page.inner_text("#found tbody") == "No row fits."
    page.fill("#search", "")
    page.locator(".choice", has_text="zero").click()
    assert ids(page) == [398, 399]
    assert page.locator(".choice[aria-pressed=true]").inner_text() == "zero 2"
    assert page.inner_text("#status").startswith("2 of ")
    page.locator(".choice", has_text="all").click()
    page.select_option("#kind", "subword")
    assert set(column(page, "kind")) == {"subword"}


def test_evidence_opens(page):
    first = page.locator("#found details").first
    assert not first.locator("li").first.is_visible()
    first.locator("summary").press("Enter")
    assert first.locator("li").first.is_visible()


def test_drawings_show_cut_and_suspects(page):
    labels = page.locator("svg[role=img]").evaluate_all("all => all.map(each => each.getAttribute('aria-label'))")
    assert len(labels) == 2
    assert labels[0].startswith("norm: 400 rows from 0")
    assert page.locator("svg .cut").count() == 2
    assert page.locator("svg .cut-label").all_text_contents() == ["adaptive 0.3", "percentile 0.4"]
    odd = page.locator("svg rect.suspect").first.evaluate("(bar) => getComputedStyle(bar).fill")
    assert odd != page.locator("svg rect.ordinary").first.evaluate("(bar) => getComputedStyle(bar).fill")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 480])
def test_both_schemes_have_contrast_and_nothing_sticks_out(scheme, width, chromium, path, tmp_path):
    page = opened(chromium, path, color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.screenshot(path=tmp_path / f"{scheme} {width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for selector, back in (
        ("h1", "body"),
        (".quiet", "body"),
        ("#found td", ".scroll"),
        (".chip", ".chip"),
        (".count.of-suspect b", ".count"),
    ):
        color, ground = (
            np.array(
                page.locator(name).first.evaluate(
                    f"(e) => getComputedStyle(e).{style}.match(/[0-9.]+/g).slice(0, 3).map(Number)"
                )
            )
            for name, style in ((selector, "color"), (back, "backgroundColor"))
        )
        assert contrast(color, ground) >= 4.5, (selector, color, ground)
    page.close()


def contrast(first, second):
    """Return the contrast of two colours as WCAG 2.1 defines it."""
    shares = [
        np.where(
            np.array(each) / 255 <= 0.03928,
            np.array(each) / 255 / 12.92,
            ((np.array(each) / 255 + 0.055) / 1.055) ** 2.4,
        )
        for each in (first, second)
    ]
    low, high = sorted(float(share @ [0.2126, 0.7152, 0.0722]) for share in shares)
    return (high + 0.05) / (low + 0.05)


def test_five_thousand_suspects_stay_quick(chromium, tmp_path):
    path = report.write(*made(30_000, 5_000), tmp_path / "report.html")
    page = opened(chromium, path)
    assert page.locator("#found tbody tr").count() == 200
    for act in (
        lambda: head(page, "token").click(),
        lambda: page.fill("#search", "token49"),
        lambda: page.fill("#search", ""),
    ):
        start = time.monotonic()
        act()
        page.evaluate("new Promise(requestAnimationFrame)")
        assert time.monotonic() - start < QUICK_SECONDS
    page.click("#more")
    assert page.locator("#found tbody tr").count() == 400
    assert page.evaluate("document.activeElement.rowIndex") == 201
    page.close()


def test_the_projector_marks_a_selection_on_its_own_picture(projector, tmp_path):
    table, found = made(2000, 200)
    table = replace(table, name="made")
    projector_export.write(table, Destination(tmp_path / "l"), findings={"made": found})
    with running_tensorboard(tmp_path / "l", tmp_path / "log.txt") as server:
        projector.open_tensorboard(server, (2000, 8))
        assert projector.views(2) == ["under-trained suspects · 200", "dead rows · 2"]
        usual = projector.drawn()[0]
        selected = "return projector.selectedPointIndices;"
        projector.open_view(0)
        assert projector.run(selected) == list(range(200))
        assert np.array_equal(projector.drawn()[0], usual), "points keep their places"
        projector.open_tab("umap")
        projector.page.wait_for_timeout(1500)
        projector.open_view(1)
        assert projector.run(selected) == [1998, 1999]
        assert np.array_equal(projector.drawn()[0], usual), "also from another tab"
        projector.open_tab("pca")
        assert np.array_equal(projector.drawn()[0], usual)
        projector.assert_quiet()
