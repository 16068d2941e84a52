"""A picture of a table's layouts side by side: png, svg, or one html page."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path

from projector_export import optional
from projector_export.errors import InvalidInputError
from projector_export.table import EmbeddingTable
from projector_export.targets.plot import figure_matplotlib, figure_plotly
from projector_export.targets.plot.picture import Picture
from projector_export.targets.plot.wording import labels_of
from projector_export.targets.replacement import check_replaceable, replace_bytes

__all__ = ["check_path", "write"]

SUFFIXES = (".png", ".svg", ".html")
MAX_LABELLED = 150
MAX_LABEL = 24
MAX_HOVER_LABEL = 120


def check_path(path: str | os.PathLike[str]) -> None:
    """Tell at once what would keep :func:`write` from writing a file, before anything long begins.

    Parameters
    ----------
    path
        The file to be written.

    Raises
    ------
    InvalidInputError
        If its name ends in anything but ``.png``, ``.svg`` or ``.html``, or it is a folder.
    NotFoundError
        If its folder does not exist.
    WriteError
        If its folder may not be written to.
    MissingExtraError
        If the package that draws it is not installed.
    """
    path = Path(path).expanduser()
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InvalidInputError(f"{path.name!r} does not say what to draw: name it FILE.png, FILE.svg or FILE.html")
    check_replaceable(path)
    with optional.required_for(f"drawing {path.name}"):
        if suffix == ".html":
            importlib.import_module("plotly.offline")
        else:
            importlib.import_module("matplotlib.figure")


def write(
    table: EmbeddingTable,
    path: str | os.PathLike[str],
    *,
    color: str | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Path:
    """Draw all layouts of a table side by side.

    Parameters
    ----------
    table
        With one layout or more.
    path
        ``FILE.png`` (200 pixels an inch), ``FILE.svg``, or ``FILE.html`` (one page that needs no network, with the labels
        under the mouse). A file of that name is replaced in one step, or stays as it is if anything fails.
    color
        Name of the column to colour by; by default the one that the layouts name, or the first that makes good categories.
    progress
        Called with ``("drawing", 0, 0)``: it cannot tell how far it is.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InvalidInputError
        If the table has no layout, there is no such column, or for the reasons of :func:`check_path`.
    WriteError
        If the disk is full.
    """
    path = Path(path).expanduser()
    check_path(path)
    if not table.layouts:
        raise InvalidInputError(f"table {table.name!r} has no layout to draw: add --layout pca, or another")
    if progress:
        progress("drawing", 0, 0)
    picture = Picture.of(table, color)
    suffix = path.suffix.lower()
    if suffix == ".html":
        data = figure_plotly.encode(picture, labels_of(table, MAX_HOVER_LABEL))
    else:
        labels = labels_of(table, MAX_LABEL) if table.n_rows <= MAX_LABELLED else ()
        data = figure_matplotlib.encode(picture, labels, suffix)
    replace_bytes(path, data)
    return path
