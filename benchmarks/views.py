"""How large the file of views is, how long it takes to write, and what it costs in TensorBoard's viewer in Chromium.

``python benchmarks/views.py`` prints a table; ``--rows`` and ``--views`` choose the sizes. Each line gets a fresh browser and a
fresh TensorBoard without TensorFlow: seconds to write the views, from opening the page until its first picture, from there
until the views are listed, and for a click on a view until its points are drawn (the slowest one). Chromium is ``$CHROMIUM``
or ``/usr/bin/chromium``; it draws without a graphics card, so that the seconds are those of a slow machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from browser_limit import MEGABYTE, TESTS, Memory

from projector_export import Column, EmbeddingTable, write
from projector_export.formats.bookmarks import FILE_NAME
from projector_export.table import Layout
from projector_export.targets.pictures import write_pictures

if TYPE_CHECKING:
    from playwright.sync_api import Page, Playwright
    from tensorboard_server import Server

N_DIMS = 128


@dataclass
class Times:
    """Seconds."""

    writing: float = 0.0
    opening: float = 0.0
    listing: float = 0.0
    clicking: float = 0.0


def make_table(n_rows: int, n_views: int) -> EmbeddingTable:
    """Return normally distributed vectors with views of them, 2-D and 3-D in turn."""
    vectors = np.random.default_rng(0).standard_normal((n_rows, N_DIMS), dtype=np.float32)
    columns = [
        Column("token", [f"token {row}" for row in range(n_rows)]),
        Column("kind", [f"kind {row % 7}" for row in range(n_rows)]),
    ]
    layouts = tuple(
        Layout(f"view {number}", "umap", vectors[:, number : number + 2 + number % 2]) for number in range(n_views)
    )
    table = EmbeddingTable.from_array(vectors, name="views", columns=columns)
    return replace(table, layouts=layouts, components=vectors[:, -10:])


def show(page: Page, server: Server, shape: tuple[int, int], n_views: int, times: Times) -> None:
    """Open the viewer, wait for the views, click on each."""
    from projector_page import QUIET_MILLISECONDS, Complaints, ProjectorPage

    page.set_default_timeout(300_000)
    complaints = Complaints()
    complaints.listen(page)
    projector = ProjectorPage(page, complaints, patience=300)
    server.wait_until_active()
    start = time.perf_counter()
    projector.open_tensorboard(server, shape)
    times.opening = time.perf_counter() - start
    start = time.perf_counter()
    if n_views:
        projector.views(n_views)
    times.listing = time.perf_counter() - start
    for number in range(n_views):
        start = time.perf_counter()
        projector.open_view(number)
        times.clicking = max(times.clicking, time.perf_counter() - start - QUIET_MILLISECONDS / 1000)
    projector.assert_quiet()


def measure(playwright: Playwright, n_rows: int, n_views: int) -> tuple[float, Times, float]:
    """Return the file's megabytes, the seconds, and the page's peak of memory in megabytes."""
    from headless import FLAGS, chromium_path
    from projector_page import WINDOW
    from tensorboard_server import running_tensorboard

    table, times = make_table(n_rows, n_views), Times()
    memory, stopped = Memory(), threading.Event()
    watcher = threading.Thread(target=memory.watch, args=(stopped,))
    with tempfile.TemporaryDirectory() as scratch:
        alone = Path(scratch) / "alone"
        alone.mkdir()
        start = time.perf_counter()
        write_pictures(alone, table, table)
        times.writing = time.perf_counter() - start
        write(table, Path(scratch) / "logs")
        size = sum(path.stat().st_size for path in alone.glob(FILE_NAME))
        with running_tensorboard(Path(scratch) / "logs", Path(scratch) / "log.txt") as server:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
            watcher.start()
            try:
                show(browser.new_page(viewport=WINDOW), server, table.shape, n_views, times)
            finally:
                stopped.set()
                watcher.join()
                browser.close()
    return size / MEGABYTE, times, memory.peaks["--type=renderer"]


def main() -> None:
    """Measure each size and print a line for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[30_000, 100_000])
    parser.add_argument("--views", type=int, nargs="+", default=[0, 1, 3])
    arguments = parser.parse_args()
    sys.path[:0] = [str(TESTS), str(TESTS / "browser")]  # the same page and server as in the tests
    from playwright.sync_api import sync_playwright

    print(
        f"{'rows':>8} {'views':>5} {'MB':>6} {'write s':>8} {'open s':>7} {'list s':>7} {'click s':>8} {'page MB':>8}"
    )
    with sync_playwright() as playwright:
        for n_rows in arguments.rows:
            for n_views in arguments.views:
                size, times, memory = measure(playwright, n_rows, n_views)
                print(
                    f"{n_rows:>8} {n_views:>5} {size:>6.1f} {times.writing:>8.2f} {times.opening:>7.1f} "
                    f"{times.listing:>7.1f} {times.clicking:>8.1f} {memory:>8.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
