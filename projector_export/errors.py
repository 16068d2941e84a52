"""Every error that projector_export raises on purpose.

::

    ProjectorExportError          something the user can mend; its text says what, where, and what to type instead
    ├── InvalidInputError         an argument, a table or a file's content is not what it has to be
    │   └── CorruptFileError      a file is truncated, lies about itself, or is not of its own format
    ├── NotFoundError             a file, folder, tensor, repository or revision does not exist
    ├── AmbiguousChoiceError      several things fit and the user has to name one
    ├── MissingExtraError         an optional package is not installed
    ├── TransferError             a download failed although it was tried again
    └── WriteError                the target cannot be written (permission, full disk)

The command line turns any of these into one sentence on stderr and exit code 2. Everything else is a bug and keeps its
traceback.
"""

from __future__ import annotations

__all__ = [
    "AmbiguousChoiceError",
    "CorruptFileError",
    "InvalidInputError",
    "MissingExtraError",
    "NotFoundError",
    "ProjectorExportError",
    "TransferError",
    "WriteError",
    "excerpt",
]

MOST_QUOTED = 100
"""Characters of a foreign text that an error quotes."""


class ProjectorExportError(Exception):
    """Base of all errors raised on purpose."""


class InvalidInputError(ProjectorExportError, ValueError):
    """An argument, a table or a file's content is not what it has to be."""


class CorruptFileError(InvalidInputError):
    """A file is truncated, lies about itself, or is not of its own format."""


class NotFoundError(ProjectorExportError, LookupError):
    """A file, folder, tensor, repository or revision does not exist."""


class AmbiguousChoiceError(InvalidInputError):
    """Several things fit and the user has to name one."""


class MissingExtraError(ProjectorExportError, ImportError):
    """An optional package is not installed."""


class TransferError(ProjectorExportError, OSError):
    """A download failed although it was tried again."""


class WriteError(ProjectorExportError, OSError):
    """The target cannot be written."""


def excerpt(text: object, *, n_characters: int = MOST_QUOTED) -> str:
    """Return a text of a file or a library, cut with an ellipsis where it is longer than a sentence can bear.

    Parameters
    ----------
    text
        Any text, or an object that is told by its text: an exception's on one line.
    n_characters
        Characters at most, the ellipsis among them.

    Examples
    --------
    >>> excerpt("short"), excerpt("x" * 5000, n_characters=8)
    ('short', 'xxxxxxx…')
    """
    try:
        told = str(text)
    except ValueError:  # Python spells no whole number of more than some thousand digits
        told = "a value of too many digits"
    if isinstance(text, Exception):
        told = " ".join(told.split())
    return told if len(told) <= n_characters else f"{told[: n_characters - 1]}…"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is not 1.

    Examples
    --------
    >>> counted(1, "value"), counted(1200, "value")
    ('1 value', '1,200 values')
    """
    return f"{number:,} {noun if number == 1 else noun + 's'}"
