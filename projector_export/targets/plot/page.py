"""One html page that holds its program and its data, runs nothing else, and asks the network for nothing."""

from __future__ import annotations

import base64
import hashlib
import html

import orjson

from projector_export.provenance import JSONValue

__all__ = ["encode", "escaped"]

LOADER = """\
"use strict";
const page = JSON.parse(document.getElementById("picture").textContent);
const buffer = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer;
const rows = page.rows.map((text) => new Uint32Array(buffer(text)));
const panels = page.panels.map((axes) => axes.map((text) => new Float32Array(buffer(text))));
const values = new Float64Array(buffer(page.values));
for (const trace of page.data.filter((trace) => trace.holds)) {
  const { panel, group, onScale } = trace.holds;
  delete trace.holds;
  panels[panel].forEach((axis, number) => {
    trace["xyz"[number]] = Float32Array.from(rows[group], (row) => axis[row]);
  });
  trace.customdata = rows[group];
  if (page.labels.length) trace.text = Array.from(rows[group], (row) => page.labels[row]);
  if (onScale) trace.marker.color = values;
}
Plotly.newPlot("plot", page.data, page.layout, page.config);
"""
"""Puts together what the page holds once: rows of each group, coordinates of each panel, labels."""

STYLE = "html,body,#plot{margin:0;width:100%;height:100%;background:#fff}"


_ENTITIES = str.maketrans({character: f"&#{ord(character)};" for character in "&<>{}$"})


def escaped(text: str) -> str:
    """Return a text that plotly shows as it is.

    Plotly takes ``<b>``, ``<a href=...>`` and entities for markup, ``%{x}`` for a template and ``$x$`` for a formula.
    """
    return text.translate(_ENTITIES)


def encode(title: str, picture: dict[str, JSONValue], program: str, *, min_size: tuple[int, int]) -> bytes:
    """Return the page.

    Parameters
    ----------
    title
        For the window, plain text.
    picture
        ``data``, ``layout`` and ``config`` as plotly.js takes them. A trace's ``holds``, if it has rows, names its
        ``panel``, its ``group`` and whether it is ``onScale``; ``rows`` (uint32), ``panels`` (float32) and ``values``
        (float64) are little-endian, in base64.
    program
        The text of plotly.js.
    min_size
        Width and height in pixels below which the page scrolls.
    """
    digests = " ".join(f"'sha256-{_digest(script)}'" for script in (program, LOADER))
    policy = (
        f"default-src 'none'; script-src {digests} 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
    data = orjson.dumps(picture).replace(b"<", b"\\u003c")
    width, height = min_size
    head = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f'<div id="plot" style="min-width:{width}px;min-height:{height}px"></div>\n'
        '<script type="application/json" id="picture">'
    )
    tail = f"</script>\n<script>{program}</script>\n<script>{LOADER}</script>\n</body>\n</html>\n"
    return head.encode() + data + tail.encode()


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
