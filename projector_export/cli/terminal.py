"""Talk on stderr, results on stdout: progress with time left, and text that cannot steer the terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer

import click
from tqdm import tqdm

from projector_export.provenance import JSONValue

__all__ = ["human_size", "print_json", "progress_bars", "safe"]

PATIENCE = 1.0
"""Seconds of silence before a bar appears."""


def safe(text: str) -> str:
    """Return a text on one line in which nothing can move the cursor, change colours or reorder letters."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def human_size(n_bytes: int) -> str:
    """Return a size as people write it."""
    value = float(n_bytes)
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{value:,.0f} {unit}"
        value /= 1000
    return f"{value:,.1f} GB"


def print_json(value: JSONValue) -> None:
    """Write one JSON document to stdout."""
    click.echo(json.dumps(value, indent=2))


@dataclass
class _Bars:
    """One bar for each stage, shown once the stage has lasted a second; a line for a stage that cannot tell how far it is."""

    bar: tqdm[None] | None = None
    line: Timer | None = None
    stage: str = ""
    done: int = 0

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage != self.stage or done < self.done or (total and self.bar is None):
            self._start(stage, total)
        if self.bar is not None:
            self.bar.total = total
            self.bar.update(done - self.done)
        self.done = done

    def _start(self, stage: str, total: int) -> None:
        self.close()
        self.stage, self.done = stage, 0
        if not total:
            self.line = Timer(PATIENCE, lambda: click.echo(f"{safe(stage)} …", err=True))
            self.line.start()
            return
        self.bar = tqdm(
            total=total,
            desc=safe(stage),
            delay=PATIENCE,
            bar_format="{desc}: {percentage:3.0f}% |{bar}| {elapsed} so far, {remaining} left",
            dynamic_ncols=True,  # the bar gives way to the figures
            leave=False,
            position=0,  # other bars may be open that nobody sees, as umap-learn's
            file=sys.stderr,
            mininterval=0.2,
        )

    def close(self) -> None:
        """Take the bar away, and the line that has not yet been written."""
        if self.line is not None:
            self.line.cancel()
            self.line = None
        if self.bar is not None:
            self.bar.close()
            self.bar = None


@contextmanager
def progress_bars(*, quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """Give a function that draws progress on stderr, or None where nobody watches."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    bars = _Bars()
    try:
        yield bars
    finally:
        bars.close()
