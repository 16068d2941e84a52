"""Byte ranges of a file on a web server, tried again until they are complete."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from threading import Event
from typing import TypeAlias

from projector_export.errors import CorruptFileError, TransferError
from projector_export.sources.huggingface.range_request import (
    RangeAnswer,
    RemoteIdentity,
    TryAgainError,
    request_range,
)

__all__ = ["Patience", "RemoteFile", "StoppedError"]

Sink: TypeAlias = Callable[[bytes], object]

_CHUNK_BYTES = 2**18


@dataclass(frozen=True)
class Patience:
    """How often and how long to try again.

    Parameters
    ----------
    attempts
        Failures in a row, without one byte between them, after which a transfer is given up.
    first_wait
        Seconds before the second attempt; doubled before each further one.
    longest_wait
        Most seconds before an attempt, also where the server asks for more (``Retry-After``).
    timeout
        Seconds without a byte after which a connection counts as dead.
    """

    attempts: int = 6
    first_wait: float = 1.0
    longest_wait: float = 60.0
    timeout: float = 30.0

    def seconds_after(self, failures: int, retry_after: float | None = None) -> float:
        """Return how long to wait after failures in a row, partly by chance so that clients do not come all at once."""
        if retry_after is not None:
            return min(max(retry_after, 0.0), self.longest_wait)
        wait = min(self.first_wait * 2.0 ** (failures - 1), self.longest_wait)
        return wait * secrets.SystemRandom().uniform(0.75, 1.25)


class StoppedError(Exception):
    """The caller no longer wants the bytes."""


@dataclass(frozen=True)
class RemoteFile:
    """A file that a web server gives out in ranges.

    Parameters
    ----------
    url
        Where it is asked for.
    headers
        Sent with each request; ``Authorization`` to the host of ``url`` only.
    described
        What the user calls it, for sentences.
    patience
        How often and how long to try again.
    """

    url: str
    headers: Mapping[str, str]
    described: str
    patience: Patience = field(default_factory=Patience)

    def read(self, begin: int, end: int) -> tuple[bytes, RemoteIdentity]:
        """Return bytes ``begin`` to ``end``, fewer if the file ends before, and which content they are of."""
        received = bytearray()
        identity = self.stream(begin, end, received.extend)
        return bytes(received), identity

    def stream(
        self, begin: int, end: int, sink: Sink, *, expected: RemoteIdentity | None = None, stop: Event | None = None
    ) -> RemoteIdentity:
        """Pass bytes ``begin`` to ``end`` to ``sink``, in order and each once, however often the connection is cut.

        Parameters
        ----------
        begin, end
            First byte and the byte after the last one; an ``end`` beyond the file means the file's end.
        sink
            Takes the next bytes.
        expected
            Content that the bytes have to be of; without it, the content of the first answer.
        stop
            Set by another thread, it ends the transfer.

        Returns
        -------
        RemoteIdentity
            Content that the bytes are of.

        Raises
        ------
        CorruptFileError
            If the file changes in between, or is shorter than ``begin``.
        NotFoundError, InvalidInputError
            If the server has no such file, or does not give it to this user.
        TransferError
            If the server does not give ranges, or failed as often as ``patience`` allows.
        StoppedError
            If ``stop`` was set.
        """
        stop = stop or Event()
        done, failures = begin, 0
        while expected is None or done < min(end, expected.size):
            if stop.is_set():
                raise StoppedError
            before = done
            try:
                answer = self._request(done, end, expected)
                expected = answer.identity
                for chunk in _chunks(answer, done, stop):
                    sink(chunk)
                    done += len(chunk)
            except TryAgainError as failure:
                failures = 1 if done > before else failures + 1
                self._wait(failure, failures, stop)
        return expected

    def _request(self, begin: int, end: int, expected: RemoteIdentity | None) -> RangeAnswer:
        timeout = self.patience.timeout
        answer = request_range(self.url, self.headers, self.described, begin=begin, end=end, timeout=timeout)
        if expected is not None and answer.identity != expected:
            answer.body.close()
            raise CorruptFileError(f"{self.described} changed on the server while it was fetched: start again")
        return answer

    def _wait(self, failure: TryAgainError, failures: int, stop: Event) -> None:
        if failures >= self.patience.attempts:
            raise TransferError(
                f"{self.described} could not be fetched in {failures} attempts ({failure}): try again later; "
                "what is there already is kept"
            ) from failure
        if stop.wait(self.patience.seconds_after(failures, failure.retry_after)):
            raise StoppedError


def _chunks(answer: RangeAnswer, begin: int, stop: Event) -> Iterator[bytes]:
    left, skipped = answer.end - begin, answer.skipped
    with answer.body as body:
        while left > 0:
            if stop.is_set():
                raise StoppedError
            chunk = _read(body, min(_CHUNK_BYTES, left + skipped))
            wanted = chunk[skipped:]
            skipped -= len(chunk) - len(wanted)
            left -= len(wanted)
            if wanted:
                yield wanted


def _read(body: HTTPResponse, count: int) -> bytes:
    try:
        chunk = body.read(count)
    except (OSError, HTTPException) as error:
        raise TryAgainError(f"the connection was cut: {error or type(error).__name__}") from error
    if not chunk:
        raise TryAgainError("the connection was cut")
    return chunk
