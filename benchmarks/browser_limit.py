"""How large a tensor TensorBoard's viewer takes in Chromium: time, memory, and what breaks first.

``python benchmarks/browser_limit.py`` prints a table; ``--rows`` and ``--dims`` choose the sizes. Each size gets a fresh
browser and a fresh TensorBoard without TensorFlow. Chromium is ``$CHROMIUM`` or ``/usr/bin/chromium``; it draws without a
graphics card, so that the seconds are those of a slow machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from projector_export import Column, EmbeddingTable, write
from projector_export.options import ViewerLimits

if TYPE_CHECKING:
    from playwright.sync_api import Page, Playwright
    from tensorboard_server import Server

TESTS = Path(__file__).resolve().parents[1] / "tests"
MEGABYTE = 1e6
ENOUGH_PIXELS = 1000


@dataclass
class Memory:
    """Peak resident memory in MB of processes below this one, by a word of their command line."""

    peaks: dict[str, float] = field(default_factory=lambda: {"--type=renderer": 0.0, "tensorboard_server.py": 0.0})

    def watch(self, stopped: threading.Event) -> None:
        """Look five times a second until stopped."""
        while not stopped.wait(0.2):
            for process in psutil.Process().children(recursive=True):
                try:
                    line, used = " ".join(process.cmdline()), process.memory_info().rss / MEGABYTE
                except psutil.Error:
                    continue
                for word, peak in self.peaks.items():
                    if word in line:
                        self.peaks[word] = max(peak, used)


def write_table(n_rows: int, n_dims: int, logdir: Path) -> None:
    """Export normally distributed vectors with a label and a kind, all of them for the viewer."""
    vectors = np.random.default_rng(0).standard_normal((n_rows, n_dims), dtype=np.float32)
    columns = [
        Column("token", [f"token {row}" for row in range(n_rows)]),
        Column("kind", [f"kind {row % 7}" for row in range(n_rows)]),
    ]
    table = EmbeddingTable.from_array(vectors, name="large", columns=columns)
    write(table, logdir, limits=ViewerLimits(max_rows=n_rows, max_bytes=0))


def show(page: Page, server: Server, shape: tuple[int, int], patience: int) -> tuple[float, str]:
    """Open the viewer; return the seconds until it drew something, and what it said."""
    from playwright.sync_api import Error
    from projector_page import Complaints, ProjectorPage, n_colored

    page.set_default_timeout(1000 * patience)
    complaints = Complaints()
    complaints.listen(page)
    projector = ProjectorPage(page, complaints, patience=patience)
    server.wait_until_active()
    start = time.perf_counter()
    try:
        projector.open_tensorboard(server, shape)
        seconds = time.perf_counter() - start
        drawn = n_colored(projector.pixels()) > ENOUGH_PIXELS
    except (AssertionError, Error) as error:
        first_line = str(error).partition("\n")[0]
        return time.perf_counter() - start, "; ".join(["NOT SHOWN", *complaints.said, first_line])[:200]
    return seconds, "; ".join(["shown" if drawn else "NOTHING DRAWN", *complaints.said])


def measure(playwright: Playwright, shape: tuple[int, int], patience: int) -> tuple[float, list[float], str]:
    """Return seconds, the peaks of page and server in MB, and what happened."""
    from headless import FLAGS, chromium_path
    from projector_page import WINDOW
    from tensorboard_server import running_tensorboard

    memory, stopped = Memory(), threading.Event()
    watcher = threading.Thread(target=memory.watch, args=(stopped,))
    with tempfile.TemporaryDirectory() as scratch:
        logdir = Path(scratch) / "logs"
        write_table(*shape, logdir)
        with running_tensorboard(logdir, Path(scratch) / "log.txt") as server:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
            watcher.start()
            try:
                seconds, outcome = show(browser.new_page(viewport=WINDOW), server, shape, patience)
            finally:
                stopped.set()
                watcher.join()
                browser.close()
    return seconds, list(memory.peaks.values()), outcome


def main() -> None:
    """Measure each size and print a line for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000])
    parser.add_argument("--dims", type=int, nargs="+", default=[256, 512, 1024, 1280, 2048])
    parser.add_argument("--patience", type=int, default=180, help="seconds to wait for a picture")
    arguments = parser.parse_args()
    sys.path[:0] = [str(TESTS), str(TESTS / "browser")]  # the same page and server as in the tests
    from playwright.sync_api import sync_playwright

    print(f"{'rows':>8} {'dims':>6} {'MB':>7} {'seconds':>8} {'page MB':>8} {'server MB':>9}  outcome", flush=True)
    with sync_playwright() as playwright:
        for shape in [(n_rows, n_dims) for n_rows in arguments.rows for n_dims in arguments.dims]:
            seconds, (page, server), outcome = measure(playwright, shape, arguments.patience)
            size = 4 * shape[0] * shape[1] / MEGABYTE
            print(
                f"{shape[0]:>8} {shape[1]:>6} {size:>7.0f} {seconds:>8.1f} {page:>8.0f} {server:>9.0f}  {outcome}",
                flush=True,
            )


if __name__ == "__main__":
    main()
