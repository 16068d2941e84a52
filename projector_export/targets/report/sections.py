"""The report's sections, from the answer in a sentence to the figures on the whole table."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import cast

import numpy as np

from projector_export.formats.findings import Findings, IndicatorSummary
from projector_export.provenance import JSONValue
from projector_export.table import EmbeddingTable
from projector_export.targets.findings_words import (
    Count,
    counts,
    cuts_of,
    number,
    reference_text,
    verdict,
)
from projector_export.targets.health_words import figures
from projector_export.targets.report.entries import numbers_of, sentence, shown
from projector_export.targets.report.histogram import histogram

__all__ = ["body", "text"]

TILES = {
    "suspect": "under-trained suspects",
    "zero": "rows of zeros",
    "tiny": "tiny rows",
    "identical": "identical rows",
    "near-duplicate": "near-duplicates",
    "beyond the tokenizer": "beyond the tokenizer",
    "reference": "reference rows",
}
MAX_GROUPS = 30
MAX_MEMBERS = 12


def text(value: str) -> str:
    """Return a text for HTML: nothing invisible, nothing that ends an element."""
    return html.escape(shown(value))


def body(table: EmbeddingTable, findings: Findings, content: Mapping[str, JSONValue]) -> str:
    """Return everything between the page's head and its data."""
    parts = (
        _head(findings),
        _counts(findings),
        _pictures(table, findings),
        _table(findings, content),
        _groups(table, findings),
        _figures(findings),
        _kinds(findings),
        _notes(findings),
    )
    return f"<main>\n{''.join(parts)}</main>\n"


def _head(findings: Findings) -> str:
    tied = {True: ", input and output table are one", False: ", input and output table differ"}
    shape = f"{findings.n_rows:,} rows of {findings.n_dims:,} dimensions"
    shape += tied.get(findings.is_tied, "") if findings.is_tied is not None else ""
    return (
        f"<header>\n<h1><bdi>{text(findings.name)}</bdi></h1>\n"
        f'<p class="quiet">{shape}</p>\n<p class="verdict">{text(verdict(findings))}</p>\n</header>\n'
    )


def _counts(findings: Findings) -> str:
    tiles = "".join(
        f'<div class="count of-{count.state.split()[0]}"><b>{count.n_rows:,}</b><span>{_told(count)}</span></div>\n'
        for count in counts(findings)
    )
    return f'<section aria-label="Counts" class="counts">\n{tiles}</section>\n'


def _told(count: Count) -> str:
    if not count.n_groups:
        return TILES[count.state]
    return f"{TILES[count.state]}, {count.n_groups:,} group{'' if count.n_groups == 1 else 's'}"


def _pictures(table: EmbeddingTable, findings: Findings) -> str:
    suspects = np.zeros(table.n_rows, dtype=bool)
    suspects[[candidate.row for candidate in findings.candidates]] = True
    cards = [_card(table, indicator, suspects) for indicator in findings.indicators]
    norms = numbers_of(table, "norm")
    if norms is not None and not any(_is_same(norms, table, indicator) for indicator in findings.indicators):
        drawing = histogram(norms, suspects, (), title="norm")
        cards.append(f'<div class="card"><h3>norm</h3>\n<p class="quiet">length of each row</p>\n{drawing}</div>\n')
    if not any(cards):
        return ""
    key = '<p class="quiet key">Heights are logarithmic. <i></i>all rows <i class="suspect"></i>suspects</p>'
    return f'<section>\n<h2>Scores</h2>\n{key}\n<div class="cards">\n{"".join(cards)}</div>\n</section>\n'


def _is_same(
    norms: np.ndarray[tuple[int, ...], np.dtype[np.float64]], table: EmbeddingTable, indicator: IndicatorSummary
) -> bool:
    values = numbers_of(table, indicator.name)
    return values is not None and np.allclose(values, norms, rtol=1e-4)


def _card(
    table: EmbeddingTable, indicator: IndicatorSummary, suspects: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> str:
    values = numbers_of(table, indicator.name)
    cuts = [(cut.method, cut.threshold) for cut in indicator.cuts if cut.threshold is not None]
    drawing = "" if values is None else histogram(values, suspects, cuts, title=indicator.name)
    told = "; ".join(f"{name}: {words}" for name, words in cuts_of(indicator))
    return (
        f'<div class="card"><h3>{text(indicator.name)}</h3>\n<p class="quiet">{_long(indicator.description)}</p>\n{drawing}'
        f'<p class="quiet">mean {number(indicator.mean)}, standard deviation {number(indicator.standard_deviation)}'
        f"{html.escape('; ' + told if told else '')}</p></div>\n"
    )


def _table(findings: Findings, content: Mapping[str, JSONValue]) -> str:
    columns = cast("list[dict[str, str]]", content["columns"])
    rows = cast("list[list[JSONValue]]", content["rows"])
    heads = "".join(
        f'<th scope="col" aria-sort="none" class="{"number" if column["type"] == "number" else ""}">'
        f"<button>{column['title']}</button></th>"
        for column in columns
    )
    filled = [count for count in counts(findings) if count.n_rows]
    first = "suspect" if findings.candidates else ""
    choices = [("", "all", len(rows)), *((count.state, count.state, count.n_rows) for count in filled)]
    buttons = "".join(
        f'<button class="choice" data-state="{state}" aria-pressed="{str(state == first).lower()}">{title} {n:,}</button>\n'
        for state, title, n in choices
    )
    place = [column["key"] for column in columns].index("kind")
    kinds = "".join(
        f'<option value="{html.escape(kind)}">{html.escape(kind)}</option>'
        for kind in sorted({str(row[place]) for row in rows} - {""})
    )
    score = f"; score: {text(findings.indicators[0].name)}, low is suspicious" if findings.indicators else ""
    return (
        f'<section>\n<h2 id="title">Rows</h2>\n<p class="quiet">Suspects first, the most suspicious on top{score}.</p>\n'
        f'<div class="tools" role="group" aria-label="Which rows">\n{buttons}</div>\n'
        '<div class="tools"><input type="search" id="search" placeholder="Search token, id, evidence, neighbour" '
        'aria-label="Search">\n<select id="kind" aria-label="Kind"><option value="">every kind</option>'
        f'{kinds}</select>\n<span id="status" role="status" class="quiet"></span></div>\n'
        '<div class="scroll tall" role="region" aria-labelledby="title" tabindex="0"><table id="found" class="sortable">'
        f"<thead><tr>{heads}</tr></thead><tbody></tbody></table></div>\n"
        '<button class="more" id="more" hidden>Show more</button>\n'
        "<noscript><p>The table needs JavaScript; findings.json and the CSV file hold the same rows.</p></noscript>\n"
        "</section>\n"
    )


def _groups(table: EmbeddingTable, findings: Findings) -> str:
    tokens = next((column.values for column in table.columns if column.name == "token"), None)
    dead = findings.dead
    parts = []
    for title, groups in (("Identical rows", dead.identical), ("Near-duplicates", dead.near_duplicates)):
        lines = (_group(group, tokens) for group in groups[:MAX_GROUPS])
        rest = f'<p class="quiet">and {len(groups) - MAX_GROUPS:,} more groups</p>' if len(groups) > MAX_GROUPS else ""
        if groups:
            parts.append(f"<section>\n<h2>{title}</h2>\n{_rows(('rows', 'tokens'), lines, 'groups')}{rest}</section>\n")
    return "".join(parts)


def _group(group: tuple[int, ...], tokens: object) -> str:
    names = [str(tokens[row]) if isinstance(tokens, (tuple, np.ndarray)) else str(row) for row in group[:MAX_MEMBERS]]
    listed = " ".join(f"<bdi>{text(name)}</bdi>" for name in names) + (" …" if len(group) > MAX_MEMBERS else "")
    return f'<tr><td class="number">{len(group):,}</td><td class="nearest">{listed}</td></tr>\n'


def _figures(findings: Findings) -> str:
    lines = (
        f'<tr><td>{text(told.title)}</td><td class="number">{text(told.value)}</td>'
        f'<td class="quiet meaning">{_long(told.meaning)}</td></tr>\n'
        for told in figures(findings)
    )
    return f"<section>\n<h2>The whole table</h2>\n{_rows(('figure', 'value', 'meaning'), lines, 'figures')}</section>\n"


def _kinds(findings: Findings) -> str:
    total = sum(findings.kinds.values()) or 1
    lines = (
        f'<tr><td>{text(kind)}</td><td class="number">{n:,}</td><td class="number">{n / total:.2%}</td></tr>\n'
        for kind, n in sorted(findings.kinds.items(), key=lambda each: -each[1])
    )
    return f"<section>\n<h2>Kinds of tokens</h2>\n{_rows(('kind', 'rows', 'share'), lines)}</section>\n"


def _rows(titles: Iterable[str], lines: Iterable[str], name: str = "") -> str:
    numbers = {"rows", "value", "share"}
    heads = "".join(f'<th scope="col" class="{"number" if each in numbers else ""}">{each}</th>' for each in titles)
    table = f'<table class="{name}"><thead><tr>{heads}</tr></thead><tbody>\n{"".join(lines)}</tbody></table>'
    return f'<div class="scroll">{table}</div>\n'


def _notes(findings: Findings) -> str:
    notes = (reference_text(findings), *findings.notes)
    recall = findings.dead.near_duplicate_recall
    if recall is not None:
        notes += (f"near-duplicates: the search found {recall:.1%} of the pairs, measured on sampled rows",)
    lines = "".join(f"<li>{_long(note)}</li>\n" for note in notes)
    return f"<footer>\n<h2>Notes</h2>\n<ul>\n{lines}</ul>\n</footer>\n"


def _long(words: str) -> str:
    """Return a sentence for HTML that may be longer than a token."""
    return html.escape(sentence(words))
