"""Calls of the huggingface_hub client whose failures are told in one sentence each."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import TypeVar

from projector_export.errors import InvalidInputError, NotFoundError, TransferError
from projector_export.sources.huggingface.ranges import Patience

__all__ = ["call_hub", "is_offline"]

Result = TypeVar("Result")

_LOG_IN = "accept its conditions on its page, then log in with `hf auth login` or set HF_TOKEN"


def is_offline() -> bool:
    """Return whether the user forbade the network (``HF_HUB_OFFLINE=1``)."""
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def call_hub(call: Callable[[], Result], *, repository: str, revision: str | None, patience: Patience) -> Result:
    """Return what the call returns; tried again where the server is busy.

    Parameters
    ----------
    call
        Uses public functions of huggingface_hub.
    repository, revision
        What the user asked for.
    patience
        How often and how long to try again.

    Raises
    ------
    NotFoundError
        If the repository, the revision or the file does not exist.
    InvalidInputError
        If the id is none, or the repository is gated or private.
    TransferError
        If there is no connection, or the server fails.
    """
    failures = 0
    while True:
        try:
            return call()
        except _hub_errors() as error:
            failures += 1
            failure = error
        if failures >= patience.attempts or not _may_pass(failure):
            raise _told(failure, repository, revision) from failure
        time.sleep(patience.seconds_after(failures, _retry_after(failure)))


def _error_classes() -> ModuleType:
    # Each version has them here, but not each says so to a type checker.
    return import_module("huggingface_hub.utils")


def _hub_errors() -> tuple[type[Exception], ...]:
    """Return what the client raises: its own errors and its HTTP library's, which is another one in each major version."""
    hub = _error_classes()
    bases = [kind for kind in hub.HfHubHTTPError.__mro__ if issubclass(kind, Exception) and kind is not Exception]
    return (*bases, hub.HFValidationError, OSError)


def _status(error: BaseException | None) -> int | None:
    while error is not None:
        status = getattr(getattr(error, "response", None), "status_code", None)
        if isinstance(status, int):
            return status
        error = error.__cause__
    return None


def _may_pass(error: Exception) -> bool:
    return _status(error) in {408, 425, 429, 500, 502, 503, 504}


def _retry_after(error: BaseException | None) -> float | None:
    while error is not None:
        headers = getattr(getattr(error, "response", None), "headers", None)
        if headers is not None:
            value = headers.get("Retry-After")
            return float(value) if value is not None and value.isdecimal() else None
        error = error.__cause__
    return None


def _told(error: Exception, repository: str, revision: str | None) -> Exception:
    hub = _error_classes()
    status = _status(error)
    if isinstance(error, hub.GatedRepoError) or status == 403:
        return InvalidInputError(f"{repository!r} is gated on the Hub: {_LOG_IN}")
    if isinstance(error, hub.HFValidationError):
        return InvalidInputError(
            f"{repository!r} is neither a path on this machine nor a Hub id, which is NAME or OWNER/NAME"
        )
    found_missing = isinstance(error, hub.EntryNotFoundError) and not isinstance(error, hub.LocalEntryNotFoundError)
    if found_missing or status == 401 or isinstance(error, (hub.RepositoryNotFoundError, hub.RevisionNotFoundError)):
        return NotFoundError(_what_is_missing(error, repository, revision))
    return TransferError(_what_failed(error, status, repository))


def _what_is_missing(error: Exception, repository: str, revision: str | None) -> str:
    from huggingface_hub import constants

    hub = _error_classes()
    if isinstance(error, hub.RevisionNotFoundError):
        return f"{repository!r} has no revision {revision!r}: give a branch, tag or commit of it with --revision"
    if isinstance(error, hub.EntryNotFoundError):
        return f"{repository!r} lacks a file that its list of files names: try again"
    return (
        f"{repository!r} is neither a path on this machine nor a model on {constants.ENDPOINT}, or it is private: "
        "check the spelling (OWNER/NAME); for a private model log in with `hf auth login` or set HF_TOKEN"
    )


def _what_failed(error: Exception, status: int | None, repository: str) -> str:
    from huggingface_hub import constants

    if isinstance(error, _error_classes().OfflineModeIsEnabled) or is_offline():
        return f"a file of {repository!r} is not on this machine, and HF_HUB_OFFLINE forbids to fetch it: unset it"
    if status is not None:
        return f"{constants.ENDPOINT} answers with status {status} for {repository!r}: try again later"
    return (
        f"no connection to {constants.ENDPOINT} for {repository!r} ({_reason(error)}): check the network and the proxy "
        "settings; what was fetched before can be read with HF_HUB_OFFLINE=1"
    )


def _reason(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    lines = str(error).splitlines()
    return repr(lines[0]) if lines and lines[0] else type(error).__name__
