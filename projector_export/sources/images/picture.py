"""What is given as one row's picture, and where it is, for sentences."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Picture"]


@dataclass(frozen=True)
class Picture:
    """One row's picture before anything of it was read.

    Parameters
    ----------
    content
        A file, the bytes of one, a Pillow image, an array of pixels, or None for a row without picture.
    where
        Row and name, as words of a sentence.
    """

    content: object
    where: str

    @property
    def is_file(self) -> bool:
        """Whether it has to be decoded by Pillow."""
        return isinstance(self.content, (Path, bytes))
