import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from projector_export.sources.encoders.batching import even_batches, length_batches

LENGTHS = st.lists(st.integers(0, 300), max_size=200).map(lambda values: np.array(values, dtype=np.int64))


@given(LENGTHS, st.integers(1, 2000), st.sampled_from([0.0, 0.05, 0.5]))
def test_every_text_is_in_one_batch_that_keeps_budget_and_slack(lengths, budget, slack):
    batches = length_batches(lengths, budget, slack=slack)
    rows = np.concatenate([np.empty(0, dtype=np.int64), *batches])
    assert sorted(rows.tolist()) == list(range(len(lengths)))
    for batch in batches:
        longest = lengths[batch].max()
        assert len(batch) == 1 or longest * len(batch) <= budget
        assert (lengths[batch] >= longest * (1 - slack)).all()


def test_texts_of_one_length_share_batches():
    batches = length_batches(np.array([5, 9, 5, 9, 5]), 18, slack=0.0)
    assert [batch.tolist() for batch in batches] == [[1, 3], [0, 2, 4]]


@given(st.integers(0, 50), st.integers(1, 20))
def test_even_batches_keep_the_order(n_texts, size):
    batches = even_batches(n_texts, size)
    assert [row for batch in batches for row in batch.tolist()] == list(range(n_texts))
    assert all(len(batch) <= size for batch in batches)
