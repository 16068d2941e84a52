import numpy as np
import pytest

from projector_export.errors import InvalidInputError
from projector_export.transforms.diagnose.indicator import Indicator
from projector_export.transforms.diagnose.magikarp import magikarp
from projector_export.transforms.diagnose.token_classes import TokenClasses


def test_the_percentile_is_of_ordinary_tokens_and_special_ones_are_suspects_too():
    random = np.random.default_rng(0)
    values = random.normal(1, 0.1, 1_000)
    values[:3] = [0.1, 0.2, 0.3]
    ordinary = np.arange(1_000) % 10 != 0
    special = np.arange(1_000) == 10
    values[10] = 0.05
    classes = TokenClasses(ordinary, special, np.ones(1_000, dtype=bool))
    threshold, rows = magikarp(Indicator("x", "", values), classes)
    ascending = np.sort(values[ordinary])
    place = 0.02 * (len(ascending) - 1)
    low = int(place)
    assert threshold == pytest.approx(ascending[low] + (place - low) * (ascending[low + 1] - ascending[low]), rel=1e-12)
    expected = [row for row in range(1_000) if (ordinary[row] or special[row]) and values[row] <= threshold]
    assert rows.tolist() == sorted(expected, key=lambda row: values[row])
    assert rows[0] == 10
    assert 0 not in rows


def test_no_ordinary_token_is_an_error():
    none = np.zeros(3, dtype=bool)
    with pytest.raises(InvalidInputError, match="no token comes back"):
        magikarp(Indicator("x", "", np.ones(3)), TokenClasses(none, none, ~none))
