"""What to read of a file of vectors."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

from projector_export.errors import InvalidInputError
from projector_export.formats.viewer_limits import MAX_SPRITE_SIDE

__all__ = ["VectorReading"]


@dataclass(frozen=True)
class VectorReading:
    """What to read of a file of vectors.

    Parameters
    ----------
    column
        Name of the array, tensor, dataset or column of lists that holds the vectors, where there are several. For a table
        with one column a dimension, a pattern of their names, such as ``"dim_*"``.
    labels
        A file with one value (or row of values) a vector.
    label
        Name of the column that the viewer shows first.
    format
        Name of the file's format, where it is not recognised.
    limit
        The first so many vectors only.
    header
        Whether the first row of CSV or TSV names the columns; None to decide by content.
    split
        Which part of a dataset folder, table of LanceDB or collection of Chroma, where there are several.
    images
        A folder of pictures; or the name of a column that holds the pictures themselves, or their paths, relative to the
        file's folder and below it. :func:`projector_export.pipeline.vectors.read_vectors` makes thumbnails of them.
    thumbnail_size
        Pixels of a thumbnail's longer side; by default 64, of many rows fewer. All thumbnails together have to fit in the
        viewer's image of 8,192 x 8,192 pixels.
    """

    column: str | None = None
    labels: str | PathLike[str] | None = None
    label: str | None = None
    format: str | None = None
    limit: int | None = None
    header: bool | None = None
    split: str | None = None
    images: str | PathLike[str] | None = None
    thumbnail_size: int | None = None

    def __post_init__(self) -> None:
        if self.limit is not None and (type(self.limit) is not int or self.limit < 1):
            raise InvalidInputError(f"limit is a number of vectors, 1 or more, not {self.limit!r}")
        size = self.thumbnail_size
        if size is not None and (type(size) is not int or not 1 <= size <= MAX_SPRITE_SIDE):
            raise InvalidInputError(f"thumbnail_size is a number of pixels from 1 to {MAX_SPRITE_SIDE:,}, not {size!r}")
        if size is not None and self.images is None:
            raise InvalidInputError("a size of thumbnails is for pictures: give images too (--images), or leave it out")
        for name in ("column", "label", "format", "split"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise InvalidInputError(f"{name} is a text, not {value!r}")
