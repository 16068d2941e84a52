"""A file that no one reads: it turns a progress bar's text into calls."""

from __future__ import annotations

import re

from projector_export import vectors

__all__ = ["BAR", "EpochSink"]

BAR = "{n}/{total};"
"""``bar_format`` of the bars whose text is understood."""

COUNT = re.compile(r"(\d+)/(\d+);")


class EpochSink:
    """Takes what :class:`tqdm.tqdm` writes and reports how far it is.

    Parameters
    ----------
    report
        Called with how much is done and how much there is.
    """

    def __init__(self, report: vectors.Progress) -> None:
        self.report = report

    def write(self, text: str) -> None:
        """Report the last count in the text."""
        counts = COUNT.findall(text)
        if counts:
            done, total = counts[-1]
            self.report(int(done), int(total))

    def flush(self) -> None:
        """Do nothing: each count is reported at once."""
