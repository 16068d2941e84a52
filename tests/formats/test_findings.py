import json
import math
from dataclasses import replace

import pytest

from projector_export.errors import CorruptFileError
from projector_export.formats import findings
from projector_export.formats.findings import Candidate, Cut, DeadRows, Findings, IndicatorSummary, References

FOUND = Findings(
    name="tiny <b>",
    n_rows=12,
    n_dims=4,
    is_tied=None,
    kinds={"word": 10, "unused": 2},
    dead=DeadRows(zero=(1,), identical=((2, 3), (4, 5)), near_duplicate_recall=0.99),
    references=References((7, 8), "unused byte values", 0.98),
    indicators=(
        IndicatorSummary("output cosine", "how far", 0.5, 0.1, (Cut("percentile", 0.2, 3), Cut("adaptive", None, 0))),
    ),
    candidates=(Candidate(9, "</script>\u202e", "word", 0.1, ("below the cut",), ("a", "b"), 0.001),),
    health={"anisotropy": 0.25, "rogue dimensions": {"3": 0.5}},
    notes=("a note",),
)


def test_what_is_written_is_read_back():
    data = findings.encode(FOUND)
    assert data.isascii()
    assert findings.decode(data) == FOUND


def test_numbers_that_are_none_are_null():
    data = findings.encode(replace(FOUND, health={"a": math.nan, "b": [math.inf]}))
    assert json.loads(data)["health"] == {"a": None, "b": [None]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "holds no findings"),
        ("[]", "holds no findings"),
        ("{", "holds no findings"),
        ('{"schema": "findings", "schema_version": 1}', "holds no findings"),
        ('{"schema": "findings", "schema_version": 2}', "version 2, and this program reads version 1"),
        ("[" * 100_000, "holds no findings"),
    ],
)
def test_something_else_is_refused(text, words):
    with pytest.raises(CorruptFileError, match=words):
        findings.decode(text, where="x/findings.json")
