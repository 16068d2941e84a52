"""The files of the dashboard's page."""

from __future__ import annotations

from pathlib import Path

__all__ = ["CONTENT_TYPES", "STATIC_FILES", "read_static_files"]

STATIC_FILES = (
    "columns.js",
    "comparison_page.js",
    "dashboard.js",
    "elements.js",
    "evidence.js",
    "filter_bar.js",
    "findings_page.js",
    "histogram.js",
    "index.js",
    "map_overlay.js",
    "map_pane.js",
    "palette.js",
    "pictures.js",
    "point_map.js",
    "point_painter.js",
    "projector.css",
    "projector.html",
    "projector_frame.js",
    "projector_map.js",
    "row_page.js",
    "rows_table.js",
    "service.js",
    "style.css",
    "theme.js",
    "view_state.js",
    "vocabulary.js",
)

CONTENT_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript"}


def read_static_files() -> dict[str, bytes]:
    """Return all files by name; a missing one raises OSError here, when TensorBoard starts, and not in the browser."""
    folder = Path(__file__).parent / "static"
    return {name: (folder / name).read_bytes() for name in STATIC_FILES}
