import numpy as np
import pytest

from projector_export.sources.standard_library import skip_gram
from projector_export.sources.standard_library.recipe import Recipe
from projector_export.sources.standard_library.skip_gram import gradients, initial_vectors, train_vectors

SMALL = Recipe(n_dims=8, window=3, n_epochs=3)


def log_logistic(values):
    return -np.logaddexp(0, -values)


def loss(centres, contexts, negatives, pairs, noise):
    true = pairs * log_logistic(np.einsum("scd,sod->sco", centres, contexts))
    false = noise * log_logistic(-np.einsum("scd,skd->sck", centres, negatives))
    return -true.sum() - false.sum()


def silent(fraction):
    pass


def random_stream(n=3000, n_tokens=200, seed=1):
    return np.random.default_rng(seed).zipf(1.5, n).clip(1, n_tokens - 1).astype(np.int64)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_gradients_are_the_finite_differences_of_the_loss(which):
    generator = np.random.default_rng(0)
    vectors = [generator.normal(size=(2, n, 4)) for n in (3, 5, 6)]
    pairs = (generator.random((2, 3, 5)) < 0.5).astype(float)
    noise = generator.random((2, 3, 1))
    found = gradients(*vectors, pairs=pairs, noise=noise)[which]
    expected = np.empty_like(found)
    for place in np.ndindex(*expected.shape):
        ends = []
        for shift in (1e-5, -1e-5):
            moved = [array.copy() for array in vectors]
            moved[which][place] += shift
            ends.append(loss(*moved, pairs, noise))
        expected[place] = (ends[0] - ends[1]) / 2e-5
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


def test_gradients_of_huge_products_are_finite():
    ones = np.full((1, 2, 3), 1e4, dtype=np.float32)
    pairs, noise = np.ones((1, 2, 2), np.float32), np.ones((1, 2, 1), np.float32)
    with np.errstate(all="raise", under="ignore"):
        found = gradients(ones, -ones, ones, pairs=pairs, noise=noise)
    assert all(np.isfinite(array).all() for array in found)


@pytest.mark.parametrize("n", [1, 2, 31, 32, 33, 200])
@pytest.mark.parametrize("window", [1, 5, 40])
def test_each_occurrence_meets_every_context_in_its_reach_once(n, window):
    generator = np.random.default_rng(3)
    text = skip_gram._Text.from_stream(np.arange(n), window, generator)
    reaches = text.reaches[window : window + n]
    met = np.zeros((n, n), dtype=int)
    for starts in text.minibatches(generator):
        positions, surroundings = text.positions(starts)
        for stretch, centre, context in np.argwhere(text.pairs(positions, surroundings)):
            met[positions[stretch, centre] - window, surroundings[stretch, context] - window] += 1
    distances = np.abs(np.arange(n) - np.arange(n)[:, None])
    np.testing.assert_array_equal(met, (distances > 0) & (distances <= reaches[:, None]))
    assert reaches.min() >= 1
    assert reaches.max() <= window


def test_a_row_steps_by_the_sum_of_its_gradients():
    generator = np.random.default_rng(0)
    start = generator.normal(size=(10, 4)).astype(np.float32)
    rows = skip_gram._Rows.from_vectors(start.copy())
    tokens = np.array([7, 2, 7, 7, 0])
    slopes = generator.normal(size=(5, 4)).astype(np.float32)
    rows.descend(tokens, slopes, 0.5)
    expected = start.copy()
    for token in set(tokens.tolist()):
        total = slopes[tokens == token].sum(axis=0)
        expected[token] -= 0.5 * total / np.sqrt(0.01 + np.mean(total**2))
    np.testing.assert_allclose(rows.vectors, expected, rtol=1e-5)
    untouched = np.setdiff1d(np.arange(10), tokens)
    np.testing.assert_array_equal(rows.vectors[untouched], start[untouched])


@pytest.mark.parametrize("n_epochs", [1, 3])
def test_only_tokens_of_the_stream_leave_their_initial_vectors(n_epochs):
    stream = random_stream()
    recipe = Recipe(n_dims=8, n_epochs=n_epochs)
    vectors = train_vectors(stream, n_tokens=300, recipe=recipe, report=silent)
    initial = initial_vectors(np.random.default_rng(recipe.seed), 300, 8)
    moved = (vectors != initial).any(axis=1)
    np.testing.assert_array_equal(np.flatnonzero(moved), np.unique(stream))
    assert vectors.dtype == np.float32


def test_initial_vectors_are_small():
    vectors = initial_vectors(np.random.default_rng(0), 1000, 16)
    assert vectors.dtype == np.float32
    assert -0.5 / 16 <= vectors.min() < -0.49 / 16
    assert 0.49 / 16 < vectors.max() < 0.5 / 16


def test_a_token_seen_once_is_trained_as_far_as_any_other():
    stream = np.append(random_stream(), 299)
    vectors = train_vectors(stream, n_tokens=400, recipe=Recipe(n_dims=8), report=silent)
    norms = np.linalg.norm(vectors, axis=1)
    assert norms[np.unique(stream)].min() > 5 * norms[300:].max()


def test_rare_tokens_are_never_subsampled():
    counts = np.array([0, 1, skip_gram._ALWAYS_KEPT, 1_000, 1_000_000])
    keep = skip_gram._keeping_probabilities(counts, 1e-12)
    np.testing.assert_array_equal(keep[1:3], 1.0)
    np.testing.assert_allclose(keep[3:] * counts[3:], skip_gram._ALWAYS_KEPT, rtol=0.01)


def test_same_seed_same_vectors_and_another_seed_others():
    stream = random_stream()
    first, again = (train_vectors(stream, n_tokens=200, recipe=SMALL, report=silent) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    other = train_vectors(stream, n_tokens=200, recipe=Recipe(n_dims=8, window=3, n_epochs=3, seed=1), report=silent)
    assert not np.allclose(first, other)


def test_tokens_of_one_topic_come_to_lie_together():
    generator = np.random.default_rng(0)
    topics = generator.integers(0, 2, size=400)
    stream = (generator.integers(0, 20, size=(400, 20)) + 20 * topics[:, None]).ravel()
    vectors = train_vectors(stream, n_tokens=40, recipe=Recipe(n_dims=8, subsampling=1.0), report=silent)
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = units @ units.T
    np.fill_diagonal(cosines, np.nan)
    topic = np.arange(40) // 20
    same = topic[:, None] == topic
    assert np.nanmin(cosines[same]) > np.nanmax(cosines[~same])


def test_progress_rises_to_one():
    fractions = []
    train_vectors(random_stream(), n_tokens=200, recipe=SMALL, report=fractions.append)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert len(fractions) > 3


@pytest.mark.parametrize("stream", [np.zeros(5000, np.int64), np.array([0, 1])])
def test_degenerate_streams_stay_finite(stream):
    vectors = train_vectors(stream, n_tokens=3, recipe=Recipe(n_dims=4, n_epochs=2, subsampling=1e-9), report=silent)
    assert np.isfinite(vectors).all()
