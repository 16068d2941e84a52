"""One HTTP request for a byte range: redirects, credentials, status codes, and the checks of the answer's headers."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse
from typing import cast
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
)

from projector_export.errors import CorruptFileError, InvalidInputError, NotFoundError, TransferError

__all__ = ["RangeAnswer", "RemoteIdentity", "TryAgainError", "request_range"]

_MOST_REDIRECTS = 10
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_SKIPPED = 2**22
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class RemoteIdentity:
    """What tells one content of a remote file from another.

    Parameters
    ----------
    etag
        Of the file itself where the server tells it (``X-Linked-ETag``), otherwise of the answer; may be empty.
    size
        Bytes of the whole file.
    """

    etag: str
    size: int


@dataclass(frozen=True)
class RangeAnswer:
    """An answer whose body holds the bytes asked for.

    Parameters
    ----------
    body
        To be read and closed by the caller; it may hold more than was asked for.
    skipped
        Bytes of the body before the first one asked for: none, unless the server ignores ranges.
    end
        Byte after the last one that is wanted and there, counted in the whole file.
    identity
        Content that the bytes are of.
    """

    body: HTTPResponse
    skipped: int
    end: int
    identity: RemoteIdentity


class TryAgainError(Exception):
    """The request failed in a way that may pass; ``retry_after`` is the server's wish in seconds."""

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


def request_range(
    url: str, headers: Mapping[str, str], described: str, *, begin: int, end: int, timeout: float
) -> RangeAnswer:
    """Ask for bytes ``begin`` to ``end`` (exclusive) of the file at ``url``.

    Parameters
    ----------
    url
        Redirects from here are followed, over http and https only.
    headers
        Sent along. ``Authorization`` goes to the scheme, host and port of ``url`` only.
    described
        What the user calls the file.
    begin, end
        First byte and the byte after the last one.
    timeout
        Seconds without a byte after which the connection counts as dead.

    Raises
    ------
    TryAgainError
        If it may pass.
    CorruptFileError, InvalidInputError, NotFoundError, TransferError
        If it will not.
    """
    sent = {**headers, "Range": f"bytes={begin}-{end - 1}", "Accept-Encoding": "identity"}
    linked_etag: str | None = None
    target = url
    for _ in range(_MOST_REDIRECTS):
        response = _get(target, sent if _origin(target) == _origin(url) else _without_credentials(sent), timeout)
        linked_etag = linked_etag or response.headers.get("X-Linked-ETag")
        location = response.headers.get("Location")
        if response.status not in _REDIRECTS or location is None:
            _check_status(response, described, redirected=target != url)
            return _answer(response, described, begin, end, linked_etag)
        response.close()
        target = _next_target(target, location, described)
    raise TransferError(f"{described}: the server redirects more than {_MOST_REDIRECTS} times")


def _get(url: str, headers: Mapping[str, str], timeout: float) -> HTTPResponse:
    # Without a handler for redirects, files and ftp: those are not followed behind the caller's back.
    opener = OpenerDirector()
    for handler in (ProxyHandler(), HTTPHandler(), HTTPSHandler(), HTTPErrorProcessor(), HTTPDefaultErrorHandler()):
        opener.add_handler(handler)
    opener.addheaders = list(headers.items())
    try:
        return cast(HTTPResponse, opener.open(url, timeout=timeout))
    except HTTPError as answer:
        return cast(HTTPResponse, answer)
    except (OSError, HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise TransferError(f"the certificate of {urlsplit(url).netloc!r} cannot be verified: {reason}") from error
        raise TryAgainError(f"no answer from {urlsplit(url).netloc!r}: {reason or type(reason).__name__}") from error


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()


def _without_credentials(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in {"authorization", "cookie"}}


def _next_target(target: str, location: str, described: str) -> str:
    joined = urljoin(target, location.replace(" ", "%20"))
    if urlsplit(joined).scheme.lower() not in {"http", "https"}:
        raise TransferError(f"{described}: the server redirects to {joined!r}, which is no web address")
    return joined


def _check_status(response: HTTPResponse, described: str, *, redirected: bool) -> None:
    status = response.status
    if status in {200, 206}:
        return
    with response:
        if status in _WORTH_ANOTHER_TRY:
            raise TryAgainError(f"status {status}", retry_after=_retry_after(response.headers))
        if status in {401, 403}:
            # The signature of a redirect's address expires: the next attempt gets a new one.
            if redirected:
                raise TryAgainError(f"status {status}")
            raise InvalidInputError(
                f"{described} is not given to you (status {status}): accept the model's conditions on its page, "
                "then log in with `hf auth login` or set HF_TOKEN"
            )
        if status in {404, 410}:
            raise NotFoundError(f"{described} does not exist on the server (status {status})")
        if status == 416:
            raise CorruptFileError(f"{described} is shorter than its header or index says")
    raise TransferError(f"{described}: the server answered with status {status}")


def _retry_after(headers: Message) -> float | None:
    value = headers.get("Retry-After")
    if value is None:
        return None
    try:
        return float(value)
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return (moment - datetime.now(timezone.utc)).total_seconds()


def _answer(response: HTTPResponse, described: str, begin: int, end: int, linked_etag: str | None) -> RangeAnswer:
    etag = linked_etag or response.headers.get("ETag") or ""
    try:
        size = _file_size(response, described, begin, end)
    except TransferError:
        response.close()
        raise
    skipped = 0 if response.status == 206 else begin
    return RangeAnswer(response, skipped, min(end, size), RemoteIdentity(etag.removeprefix("W/").strip('"'), size))


def _file_size(response: HTTPResponse, described: str, begin: int, end: int) -> int:
    if response.status == 206:
        return _checked_range(response.headers.get("Content-Range", ""), described, begin, end)
    if begin > _MOST_SKIPPED:
        raise TransferError(
            f"{described}: the server sends the whole file where a part was asked for; fetch the model with "
            "`hf download` and give its folder"
        )
    return _whole_size(response.headers.get("Content-Length", ""), described)


def _checked_range(content_range: str, described: str, begin: int, end: int) -> int:
    match = re.fullmatch(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", content_range.strip())
    if match is None:
        raise TransferError(f"{described}: the server sends a part but not which one (Content-Range {content_range!r})")
    first, last, size = map(int, match.groups())
    if first != begin or last + 1 != min(end, size):
        raise TransferError(
            f"{described}: the server sends bytes {first} to {last} of {size} instead of {begin} to {end - 1}"
        )
    return size


def _whole_size(content_length: str, described: str) -> int:
    if re.fullmatch(r"\d{1,18}", content_length) is None:
        raise TransferError(f"{described}: the server does not say how long the file is")
    return int(content_length)
