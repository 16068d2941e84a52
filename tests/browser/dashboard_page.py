"""The tab Vocabulary in a real page: what it shows, and what it complains about."""

import io
import time

import numpy as np
from PIL import Image

PATIENCE_MILLISECONDS = 120_000
QUIET_MILLISECONDS = 400
POLL_MILLISECONDS = 50
TAB = "projector_export_vocabulary"


class DashboardPage:
    """A page that shows TensorBoard at the tab Vocabulary."""

    def __init__(self, page, complaints):
        self.page = page
        self.complaints = complaints
        self.frame = page.frame_locator("iframe")

    def open(self, server, count):
        """Open the tab and wait until a table of so many rows is there with its texts."""
        self.page.goto(f"{server.url}#{TAB}")
        self.wait_for_rows(count)

    def choose_export(self, title, count):
        """Choose another export in the menu at the top."""
        self.locate("select[aria-label=Export]").select_option(label=title)
        self.wait_for_rows(count)

    def wait_for_rows(self, count):
        """Wait until a table of so many rows is shown, texts included."""
        self.locate(f".table[aria-rowcount='{count + 1}']").wait_for(timeout=PATIENCE_MILLISECONDS)
        self.wait_until(lambda: "…" not in self.column("token"))

    def locate(self, selector, **filters):
        """Find elements inside the frame."""
        return self.frame.locator(selector, **filters)

    def wait_until(self, is_so):
        """Wait until something is so."""
        deadline = time.monotonic() + PATIENCE_MILLISECONDS / 1000
        while not is_so():
            assert time.monotonic() < deadline, self.complaints.said
            self.page.wait_for_timeout(POLL_MILLISECONDS)

    def rows(self):
        """Return the rows that are elements, as mappings from column to text, in the order on screen."""
        return self.locate(".table").evaluate(
            """(table) => {
              const names = [...table.querySelectorAll('[role=columnheader]')].map((head) => head.textContent.replace(/ [↑↓]$/, ''));
              return [...table.querySelectorAll('.table-row')].filter((row) => !row.hidden)
                .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
                .map((row) => Object.fromEntries([...row.children].map((cell, place) => [names[place], cell.textContent])));
            }"""
        )

    def column(self, name):
        """Return the texts of a column in the rows on screen."""
        return [row[name] for row in self.rows()]

    def sort_by(self, name):
        """Click on a column's head."""
        self.locate(f".table-head button[title='Sort by {name}']").click()

    def search(self, text):
        """Type into the search box."""
        self.locate("input[type=search]").fill(text)
        self.page.wait_for_timeout(QUIET_MILLISECONDS)

    def chip(self, text):
        """Return a chip by its text."""
        return self.locate(".chip").filter(has=self.page.locator("bdi", has_text=text)).first

    def count(self):
        """Return how many rows are shown."""
        return int(self.locate(".count").inner_text().split()[0].replace(",", ""))

    def selected(self):
        """Return the tokens of the selected rows on screen."""
        return self.locate(".table-row[aria-selected=true]:not([hidden]) > .text:nth-child(2)").all_text_contents()

    def heading(self):
        """Return the title of the row page."""
        return self.locate(".row-page h2").inner_text()

    def pixels(self):
        """Return the map without its frame as an array, shape (height, width, 3)."""
        image = Image.open(io.BytesIO(self.locate(".stage").screenshot()))
        return np.asarray(image.convert("RGB")).astype(int)[4:-4, 4:-4]

    def drag(self, selector, start, stop, *, steps=8):
        """Drag inside an element between two places, shares of its width and height."""
        box = self.locate(selector).first.bounding_box()
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, stop)]
        self.page.mouse.move(*places[0])
        self.page.mouse.down()
        self.page.mouse.move(*places[1], steps=steps)
        self.page.mouse.up()

    def assert_quiet(self):
        """Check that nothing was complained of: console, errors, requests, the page's own notice."""
        assert self.complaints.said == []
        assert self.locate(".notice:not([hidden])").all_text_contents() == []
