"""The work itself: chunk after chunk that is not there yet, in this process or in several."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from projector_export.errors import InvalidInputError
from projector_export.sources.encoders.chunk_store import ChunkStore
from projector_export.sources.encoders.corpus import Chunk, Corpus, Survey
from projector_export.sources.encoders.encoder import Encoder, IntArray, TokenizedTexts
from projector_export.vectors import Float32Array

__all__ = ["Assignment", "encode_chunk", "encode_here"]


@dataclass(frozen=True, eq=False)
class Assignment:
    """Texts that are to be encoded, and where their vectors go.

    Parameters
    ----------
    corpus
        The texts.
    survey
        What they were when they were counted.
    chunk_texts
        Texts of a chunk.
    store
        Where chunks are kept.
    """

    corpus: Corpus
    survey: Survey
    chunk_texts: int
    store: ChunkStore

    @property
    def missing(self) -> list[int]:
        """Numbers of the chunks that are not there."""
        return [number for number in range(len(self.survey.digests)) if not self.store.has(number)]

    @property
    def n_done(self) -> int:
        """Texts whose vectors are there."""
        return sum(
            min(self.chunk_texts, self.survey.n_texts - number * self.chunk_texts)
            for number in range(len(self.survey.digests))
            if self.store.has(number)
        )

    def chunks(self) -> Iterator[tuple[int, Chunk]]:
        """Walk through the chunks that are not there.

        Raises
        ------
        InvalidInputError
            If the texts are not those that were counted.
        """
        missing = self.missing
        first = missing[0] if missing else len(self.survey.digests)
        wanted = set(missing)
        chunks = self.corpus.chunks(self.chunk_texts, start=first * self.chunk_texts)
        for number, chunk in enumerate(chunks, start=first):
            self.check(number, chunk)
            if number in wanted:
                yield number, chunk

    def check(self, number: int, chunk: Chunk) -> None:
        """Look whether a chunk is what it was.

        Raises
        ------
        InvalidInputError
            If it is not.
        """
        if number >= len(self.survey.digests) or chunk.digest != self.survey.digests[number]:
            raise InvalidInputError(
                f"{self.corpus.records.describe['source']!r} changed while it was read: start again when it stays as it is"
            )


def encode_here(assignment: Assignment, encoder: Encoder, done: Callable[[int], None]) -> None:
    """Encode all chunks that are missing, in this process.

    Parameters
    ----------
    assignment
        Texts and place.
    encoder
        Makes the vectors.
    done
        Called with the number of texts that were encoded since the last call.
    """
    with encoder.at_work():
        for number, chunk in assignment.chunks():
            encode_chunk(encoder, number, chunk.texts, assignment.store, done)


def encode_chunk(
    encoder: Encoder, number: int, texts: list[str], store: ChunkStore, done: Callable[[int], None] | None = None
) -> int:
    """Encode the texts of one chunk and keep their vectors; returns the number of texts."""
    tokenized = encoder.tokenize(texts)
    with store.writing(number, encoder.layers, tokenized) as writer:
        for rows, arrays in _encoded(tokenized, encoder.n_threads):
            writer.put(rows, arrays)
            if done is not None:
                done(len(rows))
    return len(texts)


def _encoded(tokenized: TokenizedTexts, n_threads: int) -> Iterator[tuple[IntArray, tuple[Float32Array, ...]]]:
    """Encode batches, several at once; they come in any order."""
    if n_threads == 1:
        for rows in tokenized.batches:
            yield rows, tokenized.encode(rows)
        return
    waiting: dict[Future[tuple[Float32Array, ...]], IntArray] = {}
    pool = ThreadPoolExecutor(n_threads)
    try:
        for rows in tokenized.batches:
            waiting[pool.submit(tokenized.encode, rows)] = rows
            if len(waiting) > n_threads:
                ready, _ = wait(waiting, return_when=FIRST_COMPLETED)
                yield from ((waiting.pop(each), each.result()) for each in ready)
        yield from ((rows, each.result()) for each, rows in waiting.items())
    finally:
        pool.shutdown(cancel_futures=True)
