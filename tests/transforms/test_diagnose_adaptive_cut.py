import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projector_export.transforms.diagnose.adaptive_cut import adaptive_cut

SHAPES = {
    "normal": lambda random, n: random.normal(1, 0.07, n),
    "lognormal": lambda random, n: random.lognormal(0, 0.5, n),
    "gamma": lambda random, n: random.gamma(3, 0.4, n),
    "exponential": lambda random, n: random.exponential(1, n),
    "uniform": lambda random, n: random.random(n),
    "heavy right tail": lambda random, n: 1 + 0.2 * random.pareto(1.5, n) + 0.05 * random.normal(size=n),
    "both tails heavy": lambda random, n: random.standard_t(4, n),
    "left skewed": lambda random, n: random.beta(8, 2, n),
    "shoulder": lambda random, n: np.concatenate(
        [random.normal(1, 0.1, n - n // 4), random.normal(0.75, 0.12, n // 4)]
    ),
    "one in a hundred far above": lambda random, n: np.concatenate(
        [random.normal(1, 0.1, n - n // 100), random.normal(5, 0.1, n // 100)]
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_rows", [200, 5_000, 60_000])
def test_nothing_is_cut_off_where_nothing_lies_apart(shape, n_rows):
    n_named = 0
    for seed in range(5):
        group = adaptive_cut(SHAPES[shape](np.random.default_rng(seed), n_rows))
        n_named = max(n_named, 0 if group is None else group.n_rows)
    assert n_named <= max(4, 0.0005 * n_rows)


@pytest.mark.parametrize("share", [0.001, 0.02, 0.16, 0.5, 0.6])
@pytest.mark.parametrize("low", [(0.03, 0.003), (0.3, 0.03)])
@pytest.mark.parametrize("main", ["normal", "lognormal"])
def test_a_planted_group_is_found_whatever_its_size(share, low, main):
    random = np.random.default_rng(7)
    n_low = round(share * 20_000)
    others = (
        random.normal(1, 0.1, 20_000 - n_low) if main == "normal" else 0.6 + random.lognormal(0, 0.5, 20_000 - n_low)
    )
    planted = random.normal(*low, n_low)
    group = adaptive_cut(np.concatenate([others, planted]))
    named = (planted <= group.threshold).sum() / n_low, (others <= group.threshold).sum() / max(1, group.n_rows)
    assert group.reason == "mode"
    assert named[0] >= 0.98
    assert named[1] <= 0.02


@pytest.mark.parametrize("n_low", [2, 3, 4, 6, 12])
def test_a_handful_is_found(n_low):
    random = np.random.default_rng(3)
    values = np.concatenate([random.normal(0.536, 0.07, 50_257), random.normal(0.0013, 0.0002, n_low)])
    group = adaptive_cut(values)
    assert group.n_rows == n_low
    assert 0.002 < group.threshold < 0.4


def test_extreme_rows_do_not_hide_the_group_above_them():
    random = np.random.default_rng(5)
    values = np.concatenate(
        [random.normal(1, 0.1, 20_000), random.normal(0.4, 0.03, 2_000), random.normal(0.001, 1e-4, 30)]
    )
    assert adaptive_cut(values).n_rows == pytest.approx(2_030, abs=5)


def test_values_that_are_not_known_are_left_out():
    random = np.random.default_rng(1)
    values = np.concatenate([random.normal(1, 0.1, 3_000), np.full(500, np.nan), random.normal(0.1, 0.01, 300)])
    assert adaptive_cut(values).n_rows == 300


@given(st.lists(st.floats(-1e300, 1e300), max_size=40), st.integers(1, 30))
def test_any_few_values_are_taken(values, times):
    group = adaptive_cut(np.array(values * times, dtype=np.float64))
    assert group is None or 0 < group.n_rows <= 2 / 3 * len(values) * times


def test_the_cut_moves_with_scale_and_shift():
    random = np.random.default_rng(2)
    values = np.concatenate([random.normal(1, 0.1, 5_000), random.normal(0.3, 0.02, 400)])
    first, other = adaptive_cut(values), adaptive_cut(values * 1e-5 - 3)
    assert (other.n_rows, other.threshold) == (first.n_rows, pytest.approx(first.threshold * 1e-5 - 3))
