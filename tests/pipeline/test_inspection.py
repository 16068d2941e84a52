import json
from functools import cache

import numpy as np
import pytest
import safetensors.numpy

from projector_export.errors import InvalidInputError
from projector_export.formats import findings as findings_file
from projector_export.pipeline import measurements
from projector_export.pipeline.demonstration import read_demonstration
from projector_export.pipeline.export import write
from projector_export.pipeline.inspection import Wishes, inspect, inspect_source
from projector_export.sources.standard_library import Recipe
from projector_export.table import Column, EmbeddingTable

QUICK = {"n_directions": 0, "n_neighbors": 1}


def labelled(vectors, kinds=None, spelled=None):
    columns = [Column("token", [f"t{row}" for row in range(len(vectors))])]
    columns += [Column("kind", list(kinds))] if kinds is not None else []
    columns += [Column("bytes", list(spelled))] if spelled is not None else []
    return EmbeddingTable.from_array(np.asarray(vectors, dtype=np.float32), columns=columns)


def trained(n_rows=2_000, n_dims=24, seed=0):
    random = np.random.default_rng(seed)
    return random.normal(size=(n_rows, n_dims)) * random.lognormal(0, 0.2, (n_rows, 1))


def rows_of(findings):
    return [candidate.row for candidate in findings.candidates]


@cache
def demonstration(**recipe):
    return read_demonstration(Recipe(**recipe))


@pytest.fixture(
    scope="module",
    params=[
        {"n_tokens": 3_000, "n_dims": 32, "n_epochs": 4, "seed": 3},
        pytest.param({}, marks=pytest.mark.heavy),
        pytest.param({"n_tokens": 1_000, "n_epochs": 3}, marks=pytest.mark.heavy),
        pytest.param({"n_dims": 128, "n_epochs": 2, "window": 2, "seed": 5}, marks=pytest.mark.heavy),
    ],
    ids=lambda recipe: str(recipe) if recipe else "the demo's own",
)
def demo(request):
    return demonstration(**request.param)


def quality(found, truth):
    found, truth = set(found), set(truth)
    return len(found & truth) / len(truth), len(found & truth) / max(1, len(found))


@pytest.mark.parametrize("has_names", [True, False])
def test_the_demo_names_the_tokens_that_the_training_never_saw(demo, has_names):
    table, truth = demo
    if not has_names:
        table = EmbeddingTable("plain", table.vectors)
    _, findings = inspect([table], Wishes(**QUICK, uses_names=has_names), is_tied=None)
    recall, precision = quality(rows_of(findings), np.flatnonzero(truth.counts == 0).tolist())
    assert recall >= 0.95
    assert precision >= 0.9
    assert findings.indicators[0].name == "input norm"


def test_a_demo_in_which_every_token_was_trained_names_hardly_any(demo):
    table, truth = demo
    seen = truth.counts > 0
    kinds = np.array(table.column("kind").values)[seen]
    rest = labelled(truth.vectors[seen], kinds)
    _, findings = inspect([rest], Wishes(**QUICK), is_tied=None)
    assert len(findings.candidates) < 0.005 * rest.n_rows


@pytest.mark.heavy
def test_the_unused_entries_of_a_real_encoder_are_found_without_their_names(minilm):
    table, findings = inspect_source(minilm, wishes=Wishes(**QUICK, uses_names=False))
    unused = [row for row, kind in enumerate(table.column("kind").values) if kind == "unused"]
    assert len(unused) == 994
    assert findings.references.evidence != "names that say unused"
    assert quality(rows_of(findings), unused)[0] >= 0.99
    assert len(findings.candidates) < 0.1 * table.n_rows
    bare, without = inspect([EmbeddingTable("bare", table.vectors)], Wishes(**QUICK), is_tied=None)
    assert quality(rows_of(without), unused)[0] >= 0.99
    assert findings_file.decode(findings_file.encode(findings)) == findings
    assert bare.n_rows == table.n_rows


def test_dead_rows_are_a_class_of_their_own():
    rows = trained()
    rows[5] = 0
    rows[6] = rows[7]
    rows[8] *= 1e-9
    kinds = ["word"] * 1_990 + ["beyond the tokenizer"] * 10
    clean = trained()
    table, findings = inspect([labelled(rows, kinds)], Wishes(**QUICK), is_tied=None)
    assert (findings.dead.zero, findings.dead.tiny, findings.dead.identical) == ((5,), (8,), ((6, 7),))
    assert findings.dead.padding == tuple(range(1_990, 2_000))
    assert rows_of(findings) == []
    left = np.setdiff1d(np.arange(1_990), [5, 6, 7, 8])
    lengths = np.linalg.norm(clean.astype(np.float32).astype(np.float64), axis=1)[left]
    assert findings.indicators[0].mean == pytest.approx(lengths.mean(), rel=1e-9)
    dead = {selection.name: selection.rows.tolist() for selection in table.selections}["dead rows"]
    assert dead == [5, 6, 7, 8, *range(1_990, 2_000)]
    assert table.column("evidence").values[5] == "zero row"
    assert np.isnan(table.column("suspicion").values[dead]).all()


def test_an_untied_model_is_judged_by_its_input_rows():
    rows, head = trained(), trained(seed=9)
    rows[100:150] *= 0.02
    table, findings = inspect([labelled(rows), labelled(head)], Wishes(**QUICK), is_tied=False)
    assert sorted(rows_of(findings)) == list(range(100, 150))
    assert findings.candidates[0].evidence[0].startswith("input norm 0.0")
    lengths = [candidate.score for candidate in findings.candidates]
    assert lengths == sorted(lengths)
    suspects = {selection.name: selection.rows.tolist() for selection in table.selections}["under-trained suspects"]
    assert suspects == list(range(100, 150))


def with_common_direction(n_low=60, seed=1):
    rows = trained(seed=seed)
    common = np.random.default_rng(5).normal(size=24)
    rows[:n_low] = common * np.random.default_rng(6).uniform(0.8, 1.2, (n_low, 1)) + 0.05 * rows[:n_low]
    return rows


def test_a_tied_model_is_judged_by_its_direction_and_by_references_that_it_shows():
    kinds = ["byte"] * 8 + ["word"] * 1_992
    spelled = [f"<{0xF5 + row:02x}>" for row in range(8)] + ["<61 62>"] * 1_992
    _, findings = inspect([labelled(with_common_direction(), kinds, spelled)], Wishes(**QUICK), is_tied=True)
    assert (findings.references.rows, findings.references.evidence) == (tuple(range(8)), "unused byte values")
    assert findings.references.agreement > 0.9
    assert findings.indicators[0].name == "cosine to references"
    assert sorted(rows_of(findings)) == list(range(60))
    told = [each.row for each in findings.candidates if "reference row (unused byte values)" in each.evidence]
    assert sorted(told) == list(range(8))


def test_given_references_replace_those_that_are_found():
    wishes = Wishes(**QUICK, references=(50, 51, 52))
    _, findings = inspect([labelled(with_common_direction())], wishes, is_tied=True)
    assert (findings.references.rows, findings.references.evidence) == ((50, 51, 52), "given")
    assert sorted(rows_of(findings)) == list(range(60))


def test_lengths_are_turned_where_references_are_the_longest():
    rows = trained()
    rows[:40] *= np.linspace(28, 32, 40)[:, None] / np.linalg.norm(rows[:40], axis=1, keepdims=True)
    _, findings = inspect([labelled(rows)], Wishes(**QUICK, references=(0, 1, 2)), is_tied=False)
    assert findings.indicators[0].name == "input norm, negative"
    assert sorted(rows_of(findings)) == list(range(40))


@pytest.mark.parametrize("is_tied", [True, False])
def test_the_published_computation(is_tied):
    rows = with_common_direction()
    rows[70] *= 1e-7
    wishes = Wishes(**QUICK, mode="magikarp", references=(0, 1, 2))
    table, findings = inspect([labelled(rows)], wishes, is_tied=is_tied)
    exact = rows.astype(np.float32).astype(np.float64)
    target = exact[:3].mean(axis=0)
    products = np.linalg.norm(exact, axis=1) * np.linalg.norm(target)
    values = 1 - exact @ target / products.clip(1e-6) if is_tied else np.linalg.norm(exact, axis=1)
    order = np.argsort(values)
    assert rows_of(findings) == order[: (values <= np.percentile(values, 2)).sum()].tolist()
    np.testing.assert_allclose(table.column(findings.indicators[0].name).values, values, rtol=1e-6, atol=1e-7)


def test_a_bias_speaks_where_nothing_else_does():
    bias = np.random.default_rng(3).normal(0, 0.1, 2_000)
    bias[300:330] = -3 + 0.01 * bias[300:330]
    _, findings = inspect([labelled(trained())], Wishes(**QUICK), is_tied=True, bias=bias)
    assert findings.indicators[0].name == "output bias"
    assert sorted(rows_of(findings)) == list(range(300, 330))


def test_a_large_group_of_near_duplicates_is_suspect_by_itself():
    rows = trained()
    direction = rows[0] / np.linalg.norm(rows[0]) * np.median(np.linalg.norm(rows, axis=1))
    rows[:30] = direction + 1e-3 * np.random.default_rng(8).normal(size=(30, 24))
    _, findings = inspect([labelled(rows)], Wishes(**QUICK), is_tied=None)
    assert set(range(30)) <= set(rows_of(findings))
    assert any("one of 30 nearly equal rows" in phrase for phrase in findings.candidates[0].evidence)


def test_it_says_why_nothing_was_looked_for_along_random_directions(monkeypatch):
    monkeypatch.setattr(measurements, "DIRECTION_FLOPS", 1e7)
    wide = EmbeddingTable.from_array(np.random.default_rng(0).normal(size=(20_000, 16)).astype(np.float32))
    health = inspect([wide], Wishes(n_neighbors=1), is_tied=None)[1].health
    assert health["never_argmax"] is None
    assert "--directions 100000 asks for them" in health["reasons"]["never_argmax"]
    assert "never_argmax" not in inspect([wide], Wishes(**QUICK), is_tied=None)[1].health, "nobody asked"


def test_the_same_seed_gives_the_same_and_the_input_is_untouched():
    given = labelled(with_common_direction())
    before = given.vectors.read(0, 2_000)
    names = [column.name for column in given.columns]
    first = inspect([given], Wishes(n_directions=10_000), is_tied=None)
    again = inspect([first[0]], Wishes(n_directions=10_000), is_tied=None)
    assert findings_file.encode(first[1]) == findings_file.encode(again[1])
    assert [column.name for column in again[0].columns] == [column.name for column in first[0].columns]
    np.testing.assert_array_equal(given.vectors.read(0, 2_000), before)
    assert [column.name for column in given.columns] == names
    assert first[0].provenance.steps[-1].parameters["mode"] == "adaptive"
    assert any("random directions" in phrase for each in first[1].candidates for phrase in each.evidence)


def test_both_tables_and_the_bias_of_a_model_are_read(tmp_path):
    rows, head = trained(300), trained(300, seed=2)
    tensors = {
        "model.embed_tokens.weight": rows.astype(np.float32),
        "lm_head.weight": head.astype(np.float32),
        "lm_head.bias": np.linspace(-1, 1, 300, dtype=np.float32),
    }
    safetensors.numpy.save_file(tensors, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps({"tie_word_embeddings": False}))
    table, findings = inspect_source(tmp_path, wishes=Wishes(**QUICK, references=(1, 2)))
    assert findings.is_tied is False
    assert "output bias" in [indicator.name for indicator in findings.indicators]
    target = head[[1, 2]].astype(np.float32).astype(np.float64).mean(axis=0)
    expected = np.linalg.norm(head - target, axis=1)
    np.testing.assert_allclose(table.column("distance to references").values, expected, rtol=1e-5)
    assert any("without a tokenizer" in note for note in findings.notes)


def test_an_export_is_inspected_like_the_table_it_was_made_of(tmp_path):
    rows = trained(500)
    rows[:40] *= 0.01
    given = labelled(rows)
    write(given, tmp_path)
    _, findings = inspect_source(tmp_path, wishes=Wishes(**QUICK))
    assert rows_of(findings) == rows_of(inspect([given], Wishes(**QUICK), is_tied=None)[1])


def test_output_rows_may_be_fewer():
    _, findings = inspect(
        [labelled(trained(60)), labelled(trained(52))], Wishes(**QUICK, references=(3,)), is_tied=False
    )
    assert findings.n_rows == 60


@pytest.mark.parametrize(
    ("options", "rows", "words"),
    [
        ({"mode": "magikarp"}, trained(50), "needs reference rows.*--reference"),
        ({}, trained(1), "has one row"),
        ({"references": (3, 50)}, trained(50), "reference row 50 lies outside the table, whose rows are 0 to 49"),
        ({"references": ()}, trained(50), "no reference row is given"),
    ],
)
def test_what_cannot_be_compared_is_refused(options, rows, words):
    with pytest.raises(InvalidInputError, match=words):
        inspect([labelled(rows)], Wishes(**QUICK, **options), is_tied=True)


@pytest.mark.parametrize(
    "options", [{"mode": "other"}, {"percentile": 0}, {"percentile": 100}, {"n_neighbors": -1}, {"n_directions": 1}]
)
def test_impossible_wishes_are_refused(options):
    with pytest.raises(InvalidInputError):
        Wishes(**options)


@pytest.mark.parametrize("rows", [np.zeros((20, 3)), np.ones((20, 3)), np.eye(2), trained(3)])
def test_degenerate_tables_are_inspected(rows):
    _, findings = inspect([labelled(rows)], is_tied=None)
    assert len(findings.candidates) == 0
    findings_file.encode(findings)


def test_a_file_of_word_vectors_is_inspected_as_it_is(tmp_path):
    path = tmp_path / "words.vec"
    rows = np.random.default_rng(0).normal(size=(300, 8))
    rows[7] = 0
    lines = [f"word{row} {' '.join(map(repr, values))}" for row, values in enumerate(rows.tolist())]
    path.write_text("\n".join(["300 8", *lines]) + "\n")
    table, findings = inspect_source(path, wishes=Wishes(**QUICK))
    assert (table.n_rows, findings.dead.zero, findings.is_tied) == (300, (7,), None)
    assert list(table.column("word").values)[:2] == ["word0", "word1"]
