"""Dead and repeated rows: what counts as which."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from projector_export.errors import InvalidInputError
from projector_export.table import Column, EmbeddingTable
from projector_export.transforms.diagnose import dead_rows
from projector_export.vectors import FileVectors

PLANTED = np.random.default_rng(3).standard_normal((50, 8)).astype(np.float32)
PLANTED[[4, 9]] = 0
PLANTED[9, 3] = -0.0
PLANTED[7] *= 1e-7
PLANTED[[20, 30, 31]] = PLANTED[1]
PLANTED[40] = PLANTED[2]


def test_planted_rows_are_found() -> None:
    table = EmbeddingTable.from_array(PLANTED)
    dead = dead_rows.find(table, n_tokens=48)
    assert dead.zero == (4, 9)
    assert dead.tiny == (7,)
    assert dead.identical == ((1, 20, 30, 31), (2, 40))
    assert dead.padding == (48, 49)
    assert dead_rows.rows_of(dead).tolist() == [1, 2, 4, 7, 9, 20, 30, 31, 40, 48, 49]
    assert dead_rows.repeats(dead).tolist() == [9, 20, 30, 31, 40]


def test_lazy_vectors_read_in_blocks_give_the_same(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    rows = np.tile(PLANTED, (200, 100))
    path.write_bytes(rows.astype(np.float16).tobytes())
    lazy = FileVectors(path, 0, rows.shape, "float16", 1600, lambda raw: raw.view(np.float16))
    told: list[tuple[int, int]] = []
    dead = dead_rows.find(EmbeddingTable("lazy", lazy), progress=lambda *done: told.append(done))
    assert len(told) > 1
    assert told[-1] == (10_000, 10_000)
    assert dead.zero == tuple(np.flatnonzero(~rows.any(axis=1)).tolist())
    assert [len(group) for group in dead.identical] == [800, 400, *[200] * 42]


def test_one_bit_more_is_another_row() -> None:
    rows = np.ones((3, 4), dtype=np.float32)
    rows[1, 2] = np.nextafter(np.float32(1), np.float32(2))
    assert dead_rows.find(EmbeddingTable.from_array(rows)).identical == ((0, 2),)


def test_padding_is_what_the_kind_says() -> None:
    kinds = ["word", None, "beyond the tokenizer", "special", "beyond the tokenizer"]
    table = EmbeddingTable.from_array(np.eye(5), columns=[Column("kind", kinds)])
    assert dead_rows.find(table).padding == (2, 4)
    assert dead_rows.find(table, n_tokens=99).padding == ()


def test_padding_does_not_decide_what_is_tiny() -> None:
    rows = np.full((10, 2), 1e-9) * np.arange(1, 11)[:, None]
    rows[:2] = [[1, 0], [0, 1]]
    table = EmbeddingTable.from_array(rows)
    assert dead_rows.find(table, n_tokens=3).tiny == tuple(range(2, 10))
    assert dead_rows.find(table).tiny == ()


@pytest.mark.parametrize("rows", [np.zeros((1, 1)), np.ones((1, 3)), np.zeros((2, 2)), np.ones((2, 2))])
def test_the_smallest_tables_pass(rows: np.ndarray) -> None:
    dead = dead_rows.find(EmbeddingTable.from_array(rows))
    assert len(dead.zero) == (0 if rows.any() else len(rows))
    assert dead.tiny == ()


def test_rows_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="1 of 2 rows .* NaN"):
        dead_rows.find(EmbeddingTable.from_array(np.array([[1.0, np.nan], [1, 2]])))
    with pytest.raises(InvalidInputError, match="not -1"):
        dead_rows.find(EmbeddingTable.from_array(np.ones((2, 2))), n_tokens=-1)


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(np.float32, st.tuples(st.integers(1, 12), st.integers(1, 3)), elements=st.sampled_from([0, -0.0, 1, 2]))
)
def test_groups_are_those_of_equal_rows(rows: np.ndarray) -> None:
    dead = dead_rows.find(EmbeddingTable.from_array(rows))
    equal = {tuple(row): [] for row in rows.tolist() if any(row)}
    for number, row in enumerate(rows.tolist()):
        if any(row):
            equal[tuple(row)].append(number)
    assert sorted(dead.identical) == sorted(tuple(group) for group in equal.values() if len(group) > 1)
    assert [len(group) for group in dead.identical] == sorted(map(len, dead.identical), reverse=True)
