"""The work itself: chunk after chunk that is not there yet, in this process or in several."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

from projector_export.errors import InvalidInputError, WriteError
from projector_export.sources.encoders.chunk_store import ChunkStore
from projector_export.sources.encoders.corpus import Chunk, Corpus, Survey
from projector_export.sources.encoders.encoder import Encoder, IntArray, TokenizedTexts
from projector_export.vectors import Float32Array

__all__ = ["Assignment", "ChunkWork", "encode_here"]


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
        WriteError
            If the chunks that there are show that the disk has not enough room for the others.
        """
        missing = self.missing
        first = missing[0] if missing else len(self.survey.digests)
        wanted = set(missing)
        is_room_known = False
        chunks = self.corpus.chunks(self.chunk_texts, start=first * self.chunk_texts)
        for number, chunk in enumerate(chunks, start=first):
            self.check(number, chunk)
            if number in wanted:
                yield number, chunk
                is_room_known = is_room_known or self._require_room(len(self.survey.digests) - number - 1)

    def _require_room(self, n_left: int) -> bool:
        """Compare what is left to do with the free disk, by the size of a chunk; tells whether there is one already."""
        done = next(filter(self.store.has, range(len(self.survey.digests))), None)
        if done is None:
            return False
        needed = n_left * sum(path.stat().st_size for path in self.store.path(done).iterdir())
        free = shutil.disk_usage(self.store.folder).free
        if needed > free:
            raise WriteError(
                f"vectors of the other texts need about {needed / 1e6:,.0f} MB in {self.store.folder}, where "
                f"{free / 1e6:,.0f} MB are free: what is done is kept, make room and start again"
            )
        return True

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
    with ChunkWork(encoder, assignment.store, done) as work:
        for number, chunk in assignment.chunks():
            work.encode(number, chunk.texts)


@dataclass(eq=False)
class ChunkWork(AbstractContextManager["ChunkWork"]):
    """Encodes one chunk after the other, several batches of it at once, always by the same threads.

    Threads of its own for each chunk would cost memory: what mathematical libraries keep for a thread outlives it.

    Parameters
    ----------
    encoder
        Makes the vectors.
    store
        Where they are kept.
    done
        Called with the number of texts that were encoded since the last call.
    """

    encoder: Encoder
    store: ChunkStore
    done: Callable[[int], None]

    def __enter__(self) -> ChunkWork:
        self._left = ExitStack()
        self._left.enter_context(self.encoder.at_work())
        self._pool = self._left.enter_context(ThreadPoolExecutor(self.encoder.n_threads))
        return self

    def __exit__(self, *error: object) -> None:
        self._left.close()

    def encode(self, number: int, texts: list[str]) -> int:
        """Encode the texts of one chunk and keep their vectors; returns the number of texts."""
        tokenized = self.encoder.tokenize(texts)
        with self.store.writing(number, self.encoder.layers, tokenized) as writer:
            for rows, arrays in self._encoded(tokenized):
                writer.put(rows, arrays)
                self.done(len(rows))
        return len(texts)

    def _encoded(self, tokenized: TokenizedTexts) -> Iterator[tuple[IntArray, tuple[Float32Array, ...]]]:
        """Encode batches; they come in any order."""
        if self.encoder.n_threads == 1:
            for rows in tokenized.batches:
                yield rows, tokenized.encode(rows)
            return
        waiting: dict[Future[tuple[Float32Array, ...]], IntArray] = {}
        try:
            for rows in tokenized.batches:
                waiting[self._pool.submit(tokenized.encode, rows)] = rows
                if len(waiting) > self.encoder.n_threads:
                    ready, _ = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from ((waiting.pop(each), each.result()) for each in ready)
            yield from ((rows, each.result()) for each, rows in waiting.items())
        finally:
            for each in waiting:
                each.cancel()
