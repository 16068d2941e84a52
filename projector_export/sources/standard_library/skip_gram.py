"""Word vectors by skip-gram with negative sampling, in numpy.

Mikolov et al. 2013 (arXiv 1310.4546), equation 4, with three changes that make it a matter of matrix products and not of
loops: the occurrences of a stretch of text are trained at once, they share their noise tokens (Ji et al. 2016, arXiv
1604.04661), and each row has its own AdaGrad step (Duchi et al. 2011), which keeps the summed gradient of a frequent
token from blowing up while a token that occurs once still learns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from projector_export.sources.standard_library.progress import Report
from projector_export.sources.standard_library.recipe import Recipe
from projector_export.vectors import Float32Array

__all__ = ["Gradients", "gradients", "initial_vectors", "train_vectors"]

_STRETCH = 32
"""Occurrences trained by one matrix product: small enough that BLAS keeps it in one thread (OpenBLAS does up to m*n*k =
262,144), so that the result does not depend on the number of threads."""
_SHARED_NEGATIVES = 32
_MOST_STRETCHES = 128
_LEAST_MINIBATCHES = 64
"""Of an epoch: a small corpus gets smaller minibatches."""
_ALWAYS_KEPT = 100
"""A token with at most so many occurrences is never subsampled: each epoch trains all of them."""
_NOISE_POWER = 0.75
_INITIAL_SQUARE = 0.01
_LAST_STEP = 0.01
"""The learning rate falls to this share of its first value."""


class Gradients(NamedTuple):
    """Of the loss with respect to centre, context and noise vectors, each of the shape of its vectors."""

    centres: Float32Array
    contexts: Float32Array
    negatives: Float32Array


def gradients(
    centres: Float32Array,
    contexts: Float32Array,
    negatives: Float32Array,
    *,
    pairs: Float32Array,
    noise: Float32Array,
) -> Gradients:
    """Differentiate the loss of stretches of text.

    The loss of a stretch is the negative of equation 4 of arXiv 1310.4546, summed over its pairs::

        - sum_ij pairs[i, j] log s(centres[i] . contexts[j]) - sum_ik noise[i] log s(-centres[i] . negatives[k])

    where s is the logistic function. A noise token may be a true context too: word2vec.c draws another one, which changes
    the gradient by the token's share of the noise.

    Parameters
    ----------
    centres, contexts, negatives
        ``(n_stretches, n_centres, n_dims)``, ``(n_stretches, n_contexts, n_dims)`` and
        ``(n_stretches, n_negatives, n_dims)``.
    pairs
        ``(n_stretches, n_centres, n_contexts)``: 1 where a context belongs to a centre, else 0.
    noise
        ``(n_stretches, n_centres, 1)``: what one noise token weighs.
    """
    positive = np.matmul(centres, contexts.transpose(0, 2, 1))
    positive = -pairs * _logistic(-positive)
    negative = noise * _logistic(np.matmul(centres, negatives.transpose(0, 2, 1)))
    return Gradients(
        np.matmul(positive, contexts) + np.matmul(negative, negatives),
        np.matmul(positive.transpose(0, 2, 1), centres),
        np.matmul(negative.transpose(0, 2, 1), centres),
    )


def initial_vectors(generator: np.random.Generator, n_tokens: int, n_dims: int) -> Float32Array:
    """Draw the values that a row has until the training meets its token: uniform in [-0.5 / n_dims, 0.5 / n_dims)."""
    return (generator.random((n_tokens, n_dims), dtype=np.float32) - np.float32(0.5)) / np.float32(n_dims)


def train_vectors(stream: npt.NDArray[np.int64], *, n_tokens: int, recipe: Recipe, report: Report) -> Float32Array:
    """Train a vector for each token of a stream.

    Parameters
    ----------
    stream
        ``(n_training_tokens,)`` token ids below ``n_tokens``, at least two; windows reach across the ends of texts.
    n_tokens
        Number of rows.
    recipe
        Its ``n_tokens`` is not looked at.
    report
        Called with the share that is done, 0 to 1, after each minibatch.

    Returns
    -------
    ndarray of float32, shape (n_tokens, n_dims)
        Rows of tokens that are not in the stream are those of ``initial_vectors(default_rng(seed), ...)``, bit for bit.
    """
    generator = np.random.default_rng(recipe.seed)
    counts = np.bincount(stream, minlength=n_tokens)
    inputs = _Rows.from_vectors(initial_vectors(generator, n_tokens, recipe.n_dims))
    outputs = _Rows.from_vectors(initial_vectors(generator, n_tokens, recipe.n_dims))
    keep = _keeping_probabilities(counts, recipe.subsampling)
    noise = np.cumsum(counts**_NOISE_POWER)
    noise /= noise[-1]
    for epoch in range(recipe.n_epochs):
        text = _Text.from_stream(stream[generator.random(len(stream)) < keep[stream]], recipe.window, generator)
        minibatches = text.minibatches(generator)
        for position, starts in enumerate(minibatches):
            done = (epoch + position / len(minibatches)) / recipe.n_epochs
            drawn = np.searchsorted(noise, generator.random((len(starts), _SHARED_NEGATIVES)), side="right")
            step = recipe.learning_rate * max(_LAST_STEP, 1 - done)
            _train_minibatch(inputs, outputs, text, starts, drawn, n_negatives=recipe.n_negatives, step=step)
            report(done)
    report(1.0)
    return inputs.vectors


@dataclass(frozen=True, eq=False)
class _Rows:
    """Vectors that AdaGrad trains with one step size a row.

    Parameters
    ----------
    vectors
        ``(n_tokens, n_dims)``, changed in place.
    squares
        ``(n_tokens,)`` sum of each row's mean squared gradients so far.
    """

    vectors: Float32Array
    squares: Float32Array

    @classmethod
    def from_vectors(cls, vectors: Float32Array) -> _Rows:
        return cls(vectors, np.full(len(vectors), _INITIAL_SQUARE, dtype=np.float32))

    def descend(self, tokens: npt.NDArray[np.int64], slopes: Float32Array, step: float) -> None:
        """Step down the gradient ``slopes`` (``(n, n_dims)``) of the rows ``tokens`` (``(n,)``, which may repeat)."""
        order = np.argsort(tokens, kind="stable")
        ordered = tokens[order]
        firsts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
        rows = ordered[firsts]
        # One sum a row: numpy's add.at takes twice as long, and a sparse product needs scipy.
        sums = np.add.reduceat(slopes[order], firsts, axis=0)
        squares = self.squares[rows] + np.einsum("ij,ij->i", sums, sums) / np.float32(sums.shape[1])
        self.squares[rows] = squares
        self.vectors[rows] -= (np.float32(step) / np.sqrt(squares))[:, np.newaxis] * sums


@dataclass(frozen=True, eq=False)
class _Text:
    """The subsampled text of one epoch, padded so that it falls into stretches with their contexts on both sides.

    Parameters
    ----------
    tokens
        ``(window + n_stretches * _STRETCH + window,)`` token ids, 0 in the padding.
    reaches
        ``(same,)`` farthest context of each occurrence, 0 in the padding.
    is_text
        ``(same,)`` False in the padding.
    window
        Farthest reach.
    """

    tokens: npt.NDArray[np.int64]
    reaches: npt.NDArray[np.int64]
    is_text: npt.NDArray[np.bool_]
    window: int

    @classmethod
    def from_stream(cls, stream: npt.NDArray[np.int64], window: int, generator: np.random.Generator) -> _Text:
        padding = (window, -len(stream) % _STRETCH + window)
        reaches = generator.integers(1, window + 1, size=len(stream))
        return cls(
            np.pad(stream, padding),
            np.pad(reaches, padding),
            np.pad(np.ones(len(stream), dtype=np.bool_), padding),
            window,
        )

    def minibatches(self, generator: np.random.Generator) -> list[npt.NDArray[np.int64]]:
        """Return where the stretches of each minibatch start in ``tokens``, in random order."""
        starts = np.arange(self.window, len(self.tokens) - self.window, _STRETCH)
        size = min(_MOST_STRETCHES, max(1, len(starts) // _LEAST_MINIBATCHES))
        generator.shuffle(starts)
        return [starts[first : first + size] for first in range(0, len(starts), size)]

    def positions(self, starts: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return where centres and contexts stand in ``tokens``, one row for each stretch."""
        first = starts[:, np.newaxis]
        return first + np.arange(_STRETCH), first + np.arange(-self.window, _STRETCH + self.window)

    def pairs(self, centres: npt.NDArray[np.int64], contexts: npt.NDArray[np.int64]) -> Float32Array:
        """Tell which positions are contexts of which: ``(n_stretches, n_centres, n_contexts)`` of 0 and 1."""
        distances = np.abs(contexts[0] - centres[0][:, np.newaxis])
        is_near = (distances <= self.reaches[centres][:, :, np.newaxis]) & (distances > 0)
        belongs: npt.NDArray[np.bool_] = is_near & self.is_text[contexts][:, np.newaxis, :]
        return belongs.astype(np.float32)


def _train_minibatch(
    inputs: _Rows,
    outputs: _Rows,
    text: _Text,
    starts: npt.NDArray[np.int64],
    drawn: npt.NDArray[np.int64],
    *,
    n_negatives: int,
    step: float,
) -> None:
    """Train the stretches at ``starts`` with the noise tokens ``drawn``, ``(n_stretches, _SHARED_NEGATIVES)``."""
    positions, surroundings = text.positions(starts)
    centres, contexts = text.tokens[positions], text.tokens[surroundings]
    pairs = text.pairs(positions, surroundings)
    slopes = gradients(
        inputs.vectors[centres],
        outputs.vectors[contexts],
        outputs.vectors[drawn],
        pairs=pairs,
        noise=pairs.sum(axis=2, keepdims=True) * np.float32(n_negatives / drawn.shape[1]),
    )
    n_dims = inputs.vectors.shape[1]
    inputs.descend(centres.ravel(), slopes.centres.reshape(-1, n_dims), step)
    outputs.descend(
        np.concatenate((contexts.ravel(), drawn.ravel())),
        np.concatenate((slopes.contexts.reshape(-1, n_dims), slopes.negatives.reshape(-1, n_dims))),
        step,
    )


def _keeping_probabilities(counts: npt.NDArray[np.int64], subsampling: float) -> npt.NDArray[np.float64]:
    """Return how likely each token's occurrence stays in an epoch's text: word2vec.c's rule, never for rare tokens."""
    occurrences = np.maximum(counts, 1)
    ratio = subsampling * counts.sum() / occurrences
    probabilities: npt.NDArray[np.float64] = np.maximum(np.sqrt(ratio) + ratio, _ALWAYS_KEPT / occurrences)
    return np.minimum(1.0, probabilities)


def _logistic(values: Float32Array) -> Float32Array:
    """Return 1 / (1 + exp(-values)), written over ``values``; beyond 30 it stays where it is, 1e-13 from 0 or 1."""
    np.clip(values, -30, 30, out=values)
    np.negative(values, out=values)
    np.exp(values, out=values)
    values += 1
    return np.reciprocal(values, out=values)
