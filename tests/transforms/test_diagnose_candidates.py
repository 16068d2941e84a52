import numpy as np
import pytest

from projector_export.formats.findings import DeadRows, References
from projector_export.table import Column, EmbeddingTable
from projector_export.transforms.diagnose import candidates
from projector_export.transforms.diagnose.indicator import Indicator
from projector_export.transforms.diagnose.kind_modes import kinds_below

N = 3_000
NOBODY = References((), "none found")


def compared(values, kinds=None, *, dead=None, references=NOBODY, from_references=False):
    columns = [Column("token", [str(row) for row in range(len(values))])]
    columns += [Column("kind", list(kinds))] if kinds is not None else []
    table = EmbeddingTable.from_array(np.ones((len(values), 1)), columns=columns)
    return candidates.compare(
        table,
        Indicator("score", "", values),
        out=candidates.left_out(table, dead or DeadRows()),
        references=references,
        from_references=from_references,
        percentile=2.0,
    )


def lengths(n_low, seed=0):
    random = np.random.default_rng(seed)
    return np.concatenate([random.normal(0.3, 0.02, n_low), random.normal(1, 0.1, N - n_low)])


def test_the_percentile_is_taken_over_ordinary_rows_that_live():
    values = lengths(0)
    values[:10] = 0
    kinds = np.array(["word"] * N, dtype=object)
    kinds[10:20] = "special"
    kinds[20:30] = "unused"
    found = compared(values, kinds, dead=DeadRows(zero=tuple(range(5)), identical=((5, 6, 7, 8, 9),)))
    ordinary = values[30:]
    threshold = np.percentile(ordinary, 2)
    assert found.percentile == pytest.approx(threshold, rel=1e-12)
    assert found.summary.mean == pytest.approx(ordinary.mean())
    assert found.summary.standard_deviation == pytest.approx(ordinary.std())
    assert found.summary.cuts[0].n_rows == (ordinary <= threshold).sum() + (values[10:20] <= threshold).sum()
    assert found.group is None


def test_a_kind_that_is_shorter_as_a_whole_is_not_called_under_trained():
    random = np.random.default_rng(2)
    kinds = np.where(random.random(N) < 0.45, "subword", "word")
    values = np.where(kinds == "subword", random.normal(0.6, 0.04, N), random.normal(1.2, 0.06, N))
    found = compared(values, kinds)
    assert found.group is None
    assert "'subword'" in found.notes[0]
    assert compared(values).group is not None


def test_a_group_inside_a_kind_that_is_shorter_is_found():
    random = np.random.default_rng(2)
    kinds = np.where(random.random(N) < 0.45, "subword", "word")
    values = np.where(kinds == "subword", random.normal(0.6, 0.04, N), random.normal(1.2, 0.06, N))
    untrained = random.random(N) < 0.05
    values[untrained] = random.normal(0.1, 0.01, untrained.sum())
    assert compared(values, kinds).group.n_rows == untrained.sum()


def test_a_group_between_a_shorter_kind_and_the_others_is_found_without_that_kind():
    random = np.random.default_rng(2)
    kinds = np.array(["number"] * 500 + ["word"] * (N - 500))
    values = np.where(kinds == "number", random.normal(0.3, 0.02, N), random.normal(1.2, 0.06, N))
    values[1_000:1_100] = random.normal(0.6, 0.02, 100)
    found = compared(values, kinds)
    assert np.flatnonzero(found.low).tolist() == list(range(1_000, 1_100))
    assert found.group.n_rows == 100


def test_unused_entries_are_no_kind_that_explains_anything():
    values = lengths(300)
    kinds = ["unused"] * 300 + ["word"] * (N - 300)
    assert compared(values, kinds).group.n_rows == 300


def test_rows_untrained_beyond_doubt_have_to_be_in_the_group():
    outside = References(tuple(range(2_000, 2_020)), "unused byte values")
    found = compared(lengths(200), references=outside)
    assert found.group is None
    assert "most are not among them" in found.notes[0]
    weak = References(outside.rows, "unreachable tokens")
    assert compared(lengths(200), references=weak).group.n_rows == 200


def test_references_do_not_make_a_group_by_their_distance_to_themselves():
    values = lengths(30)
    own = References(tuple(range(30)), "given")
    assert compared(values, references=own, from_references=True).group is None
    part = References(tuple(range(10)), "given")
    assert compared(values, references=part, from_references=True).group.n_rows == 30


def test_kinds_explain_a_group_only_if_they_hold_most_of_it():
    kinds = np.array(["number"] * 30 + ["word"] * 200)
    rows = np.arange(230)
    assert kinds_below(kinds, rows < 30) == ["number"]
    assert kinds_below(kinds, rows < 50) == ["number"]
    assert kinds_below(kinds, rows < 80) == []
    assert kinds_below(kinds, rows < 25) == []


def test_large_groups_of_near_duplicates_are_told_row_by_row():
    dead = DeadRows(near_duplicates=(tuple(range(12)), (20, 21)))
    assert candidates.in_clusters(dead, 1_200) == dict.fromkeys(range(12), 12)
    assert candidates.in_clusters(dead, 1_300) == {}
