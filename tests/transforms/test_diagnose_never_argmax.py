"""Rows that no random direction prefers."""

from __future__ import annotations

import numpy as np
import pytest

from projector_export.errors import InvalidInputError
from projector_export.table import EmbeddingTable
from projector_export.transforms.diagnose import never_argmax

RANDOM = np.random.default_rng(0)
SHELL = RANDOM.standard_normal((60, 4))
SHELL /= np.linalg.norm(SHELL, axis=1, keepdims=True)
INSIDE = 0.2 * RANDOM.standard_normal((20, 4)).clip(-1, 1)
ROWS = np.concatenate([INSIDE[:10], SHELL, INSIDE[10:]]) + 40
INNER = [*range(10), *range(70, 80)]


def wins_of(rows: np.ndarray, n_directions: int = 20_000, **options: object) -> never_argmax.Wins:
    return never_argmax.find(EmbeddingTable.from_array(rows), n_directions=n_directions, **options)


def test_inner_rows_never_win_and_outer_ones_do() -> None:
    wins = wins_of(ROWS)
    assert wins.rows.tolist() == INNER
    assert (wins.counts[10:70] > 0).all()
    assert wins.counts.sum() == wins.n_directions == 20_000
    assert wins.n_compared == 80


@pytest.mark.parametrize("held_bytes", [0, 10**9])
def test_wins_are_those_of_each_direction(held_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(never_argmax, "HELD_BYTES", held_bytes)
    monkeypatch.setattr(never_argmax, "N_BLOCK_ROWS", 7)
    directions = np.random.default_rng(9).standard_normal((4, 500), dtype=np.float32)
    products = (ROWS - 40) @ directions.astype(np.float64)
    expected = np.bincount([*products.argmax(0), *products.argmin(0)], minlength=80)
    assert np.array_equal(wins_of(ROWS, 1000, seed=9).counts, expected)


def test_excluded_rows_take_no_part() -> None:
    rows = np.concatenate([ROWS, [[1e3] * 4]])
    wins = wins_of(rows, exclude=np.array([5, 80]))
    assert wins.counts[[5, 80]].tolist() == [0, 0]
    assert wins.rows.tolist() == [row for row in INNER if row != 5]
    assert wins.n_compared == 79


def test_the_same_seed_gives_the_same_and_an_odd_number_is_rounded_up() -> None:
    assert np.array_equal(wins_of(ROWS, 301, seed=4).counts, wins_of(ROWS, 302, seed=4).counts)
    assert wins_of(ROWS, 301).n_directions == 302
    assert not np.array_equal(wins_of(ROWS, seed=4).counts, wins_of(ROWS, seed=5).counts)


def test_small_tables_and_bad_numbers() -> None:
    assert wins_of(np.ones((1, 3)), 10).counts.tolist() == [10]
    assert wins_of(np.array([[0.0], [1.0]]), 10).counts.tolist() == [5, 5]
    with pytest.raises(InvalidInputError, match="not 1"):
        wins_of(ROWS, 1)
    with pytest.raises(InvalidInputError, match="dead"):
        wins_of(ROWS, exclude=np.arange(80))


def test_directions_that_can_be_afforded() -> None:
    assert never_argmax.affordable_directions((1000, 100), flops=1e9) == 10_000
    assert never_argmax.affordable_directions((10**6, 10**4), flops=1) == 2
