"""The model's answers in the findings and on the table."""

import math
from dataclasses import replace

import numpy as np

from projector_export.formats import findings as findings_file
from projector_export.formats.findings import Candidate, DeadRows, Findings, References
from projector_export.pipeline import verification
from projector_export.pipeline.verification import Source, verify
from projector_export.table import Column, EmbeddingTable

ANSWERS = {4: 0.0021, 1: 0.97, 3: 0.01, 5: math.nan}


def inspected():
    evidence = ["norm 0.1 is low" if row in {1, 3, 4, 5} else None for row in range(6)]
    table = EmbeddingTable.from_array(
        np.eye(6), columns=[Column("token", list("abcdef")), Column("evidence", evidence)]
    )
    candidates = tuple(Candidate(row, "abcdef"[row], "token", 0.1, ("norm 0.1 is low",)) for row in (4, 1, 3, 5))
    found = Findings("t", 6, 6, None, {}, DeadRows(), References((), ""), (), candidates, {}, ("first",))
    return table, found


def asked(monkeypatch, **options):
    seen = []

    def answer(source, rows, *, progress):
        seen.append((source, rows))
        return {row: ANSWERS[row] for row in rows}

    monkeypatch.setattr(verification, "ask", answer)
    return *verify(*inspected(), Source("model"), **options), seen


def test_answers_stand_in_findings_and_table(monkeypatch):
    table, found, seen = asked(monkeypatch)
    assert seen == [(Source("model"), [4, 1, 3, 5])]
    assert [candidate.probability for candidate in found.candidates] == [0.0021, 0.97, 0.01, None]
    assert [candidate.evidence[1:] for candidate in found.candidates] == [
        ("verified: the model gives it at most 0.3 %",),
        ("the model gives it up to 97%",),
        ("verified: the model gives it at most 1 %",),
        (),
    ]
    assert found.notes == (
        "first",
        "the model itself was asked for all 4 candidates: 2 are verified (it gives them at most 1%), 1 are not, and of 1 its "
        "answer is no number",
    )
    columns = {column.name: column.values for column in table.columns}
    np.testing.assert_array_equal(columns["probability"], [np.nan, 0.97, np.nan, 0.01, 0.0021, np.nan])
    assert columns["evidence"][4] == "norm 0.1 is low; verified: the model gives it at most 0.3 %"
    assert columns["evidence"][5] == "norm 0.1 is low"
    assert columns["evidence"][0] is None
    assert table.provenance.steps[-1].name == "verify"
    assert findings_file.decode(findings_file.encode(found)) == found


def test_only_the_most_suspicious_are_asked(monkeypatch):
    _, found, seen = asked(monkeypatch, limit=2)
    assert seen[0][1] == [4, 1]
    assert [candidate.probability for candidate in found.candidates] == [0.0021, 0.97, None, None]
    assert "asked for the 2 most suspicious of 4 candidates: 1 are verified" in found.notes[-1]


def test_without_candidates_no_model_is_loaded(monkeypatch):
    monkeypatch.setattr(verification, "ask", lambda *_, **__: 1 / 0)
    table, found = inspected()
    _, found = verify(table, replace(found, candidates=()), Source("model"))
    assert found.notes[-1] == "the model was not asked: there is no candidate to ask it for"
