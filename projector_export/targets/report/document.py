"""The whole page: head with its policy, sections, data and program."""

from __future__ import annotations

import base64
import hashlib
import json
from importlib import resources

from projector_export.formats.findings import Findings
from projector_export.provenance import JSONValue
from projector_export.table import EmbeddingTable
from projector_export.targets.report.entries import entries
from projector_export.targets.report.sections import body, text

__all__ = ["encode"]


def encode(table: EmbeddingTable, findings: Findings) -> bytes:
    """Return the page, UTF-8.

    Its content policy lets run what the page brings, known by its digest, and nothing else; nothing may be fetched. Texts
    of the vocabulary reach the page as JSON that the program shows as text, or with every mark of HTML escaped.
    """
    style, program = _file("report.css"), _file("report.js")
    policy = (
        f"default-src 'none'; script-src 'sha256-{_digest(program)}'; style-src 'sha256-{_digest(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    content = entries(table, findings)
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(findings.name)}: what was found in its vocabulary</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"{body(table, findings, content)}"
        f'<script type="application/json" id="rows">{_data(content)}</script>\n<script>{program}</script>\n'
        "</body>\n</html>\n"
    )
    return page.encode("utf-8", "backslashreplace")


def _data(content: dict[str, JSONValue]) -> str:
    """Return JSON in which no text can end the element that holds it."""
    return json.dumps(content, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _digest(part: str) -> str:
    return base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
