"""For users of PyTorch: ``add_embedding`` that is fast, exact and escaped, on torch's ``SummaryWriter`` or tensorboardX's.

Same arguments as ``torch.utils.tensorboard.SummaryWriter.add_embedding`` (``torch/utils/tensorboard/writer.py``) and
``tensorboardX.SummaryWriter.add_embedding``: a tensor is named ``tag:00000`` after tag and step. What differs:

- vectors are written as the bytes of a checkpoint, not as text: smaller, exact, and TensorBoard opens them at once;
- tabs, line breaks and number-like texts in metadata arrive as they are, and a header of one item works;
- an entry of the same tag and step is replaced, all others in the folder stay, whoever wrote them;
- counts that differ are a :class:`~projector_export.ProjectorExportError` (a ``ValueError``), before anything is written.

Examples
--------
>>> from projector_export.torch import SummaryWriter  # doctest: +SKIP
>>> with SummaryWriter("runs/1") as writer:  # doctest: +SKIP
...     writer.add_embedding(model.embedding.weight, metadata=words, global_step=3)
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from types import MethodType
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from projector_export.errors import InvalidInputError, counted
from projector_export.optional import required_for
from projector_export.pipeline import Destination, Written, write
from projector_export.sources import objects
from projector_export.table import EmbeddingTable, Thumbnails
from projector_export.vectors import bad_rows_of

with required_for("projector_export.torch"):
    from torch import Tensor
    from torch.utils.tensorboard import SummaryWriter as TorchSummaryWriter

__all__ = ["SummaryWriter", "add_embedding", "patch"]

Writer = TypeVar("Writer")


class SummaryWriter(TorchSummaryWriter):
    """Torch's ``SummaryWriter`` with another ``add_embedding``; all else is as it was."""

    def add_embedding(
        self,
        mat: object,
        metadata: object = None,
        label_img: object = None,
        global_step: int | None = None,
        tag: str = "default",
        metadata_header: Sequence[str] | None = None,
    ) -> tuple[Written, ...]:
        """Write an embedding, as :func:`add_embedding` does."""
        return add_embedding(self, mat, metadata, label_img, global_step, tag, metadata_header)


def patch(writer: Writer) -> Writer:
    """Give an existing writer, of torch or tensorboardX, the ``add_embedding`` of this module, and return it.

    Only this one object is changed. Such writers come from others, as ``TensorBoardLogger.experiment`` of Lightning does.

    Examples
    --------
    >>> writer = patch(tensorboardX.SummaryWriter("runs/1"))  # doctest: +SKIP
    """
    _logdir_of(writer)
    target: Any = writer
    target.add_embedding = MethodType(add_embedding, writer)
    return writer


def add_embedding(
    writer: object,
    mat: object,
    metadata: object = None,
    label_img: object = None,
    global_step: int | None = None,
    tag: str = "default",
    metadata_header: Sequence[str] | None = None,
) -> tuple[Written, ...]:
    """Write an embedding into the folder of a writer.

    Parameters
    ----------
    writer
        A ``SummaryWriter`` of torch or tensorboardX.
    mat
        Shape ``(n_rows, n_dims)``: a tensor on any device, an array, an embedding layer, or whatever else
        :func:`projector_export.export` takes.
    metadata
        One label a row; with ``metadata_header`` one sequence of values a row. Or, without header, anything that
        ``export(labels=...)`` takes.
    label_img
        Shape ``(n_rows, channels, height, width)`` with 1 channel (grey), 3 (red, green, blue) or 4 (with opacity): floating
        point numbers from 0 to 1, or uint8.
    global_step
        Part of the tensor's name, 0 by default.
    tag
        The tensor's name.
    metadata_header
        Names of the columns of ``metadata``.

    Returns
    -------
    tuple of Written
        What was written, with notes that the user should read. Empty for a tensorboardX writer that writes nothing to disk.

    Raises
    ------
    ProjectorExportError
        If labels, images and rows are not equally many (both numbers are told), the writer writes to a remote address, the
        viewer cannot ask for a tensor of that tag, a row holds NaN or infinite numbers, or the folder cannot be written to.
    """
    logdir = _logdir_of(writer)
    if vars(writer).get("_write_to_disk", True) is False:  # tensorboardX's write_to_disk
        return ()
    table = _labelled(objects.read(mat, is_kept=False), metadata, metadata_header)
    if label_img is not None:
        table = replace(table, thumbnails=_thumbnails(label_img, table.n_rows))
    step = 0 if global_step is None else global_step
    try:
        written = write(replace(table, name=f"{tag}:{str(step).zfill(5)}"), Destination(logdir))
    except InvalidInputError:
        _refuse_bad_rows(table, mat)
        raise
    flush = getattr(writer, "flush", None)
    if callable(flush):
        flush()  # TensorBoard finds a folder once the event file in it holds a record
    return written


def _logdir_of(writer: object) -> Path:
    """Return the folder of a writer: torch calls it ``log_dir``, tensorboardX ``logdir``."""
    place = getattr(writer, "log_dir", None) or getattr(writer, "logdir", None)
    if not isinstance(place, (str, os.PathLike)):
        raise InvalidInputError(
            f"a {type(writer).__name__} is no SummaryWriter of torch or tensorboardX: it has neither log_dir nor logdir"
        )
    path = os.fspath(place)
    if "://" in path:
        raise InvalidInputError(
            f"embeddings are written to folders of this machine, not to {path!r}: write to a local folder and upload that"
        )
    return Path(path).absolute()


def _refuse_bad_rows(table: EmbeddingTable, mat: object) -> None:
    """Refuse rows that cannot be shown, in words for a caller who has the rows at hand."""
    bad = bad_rows_of(table.vectors)
    if not len(bad):
        return
    rows = f"row {bad[0]:,} of mat holds" if len(bad) == 1 else f"{len(bad):,} of {table.n_rows:,} rows of mat hold"
    first = "" if len(bad) == 1 else f" (the first is row {bad[0]:,})"
    finite = "torch.isfinite(mat.float())" if isinstance(mat, Tensor) else "numpy.isfinite(mat)"
    raise InvalidInputError(
        f"{rows} NaN, infinite numbers, or numbers beyond float32{first}, and the viewer shows nothing then: give mat[keep], "
        f"with keep = {finite}.all(1), and metadata and label_img of the same rows"
    ) from None


def _labelled(table: EmbeddingTable, metadata: object, header: Sequence[str] | None) -> EmbeddingTable:
    if metadata is None:
        if header:
            raise InvalidInputError(f"metadata_header={list(header)!r} names columns, and there is no metadata")
        return table
    if not header:
        return objects.with_columns(table, labels=_as_labels(metadata))
    return objects.with_columns(replace(table, columns=()), columns=_columns(metadata, [str(name) for name in header]))


def _as_labels(metadata: object) -> object:
    """Return labels; as torch does it, any object in a list of labels is shown as its text."""
    if not isinstance(metadata, (list, tuple)):
        return metadata
    return [str(each) if isinstance(each, (bool, list, tuple, dict)) else each for each in metadata]


def _columns(metadata: object, header: Sequence[str]) -> dict[str, list[object]]:
    """Return the columns of rows."""
    if not isinstance(metadata, Iterable):
        raise InvalidInputError(f"metadata is one sequence of values a row, not {metadata!r}")
    rows = [
        [row] if len(header) == 1 and (isinstance(row, str) or not isinstance(row, Iterable)) else row
        for row in metadata
    ]
    for index, row in enumerate(rows):
        n_values = len(row) if isinstance(row, (Sequence, np.ndarray)) and not isinstance(row, str) else 1
        if n_values != len(header):
            raise InvalidInputError(
                f"metadata_header names {counted(len(header), 'column')}, "
                f"and row {index:,} of metadata has {counted(n_values, 'value')}"
            )
    if len(set(header)) < len(header):
        raise InvalidInputError(f"metadata_header={list(header)!r} names a column twice: rename one")
    return {name: [row[place] for row in rows] for place, name in enumerate(header)}


def _thumbnails(images: object, n_rows: int) -> Thumbnails:
    """Return pictures of shape ``(n_rows, channels, height, width)`` as thumbnails."""
    found: Any = images
    array = np.asarray(found.detach().cpu() if hasattr(found, "detach") else found)
    if array.ndim != 4 or array.shape[1] not in {1, 3, 4}:
        raise InvalidInputError(
            f"label_img has the shape {array.shape}, and pictures are (n_rows, channels, height, width) with 1, 3 or 4 channels"
        )
    if len(array) != n_rows:
        raise InvalidInputError(
            f"label_img holds {counted(len(array), 'picture')}, and the vectors have {counted(n_rows, 'row')}"
        )
    pixels = np.moveaxis(_as_bytes(array), 1, 3)
    return Thumbnails(np.ascontiguousarray(np.repeat(pixels, 3, axis=3) if pixels.shape[3] == 1 else pixels))


def _as_bytes(array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return values from 0 to 1 as 0 to 255, cut off as torch does it; uint8 stays as it is."""
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind not in "fiub":
        raise InvalidInputError(
            f"label_img holds values of type {array.dtype}, and pictures are numbers from 0 to 1, or uint8"
        )
    return np.nan_to_num(np.clip(array.astype(np.float32) * 255, 0, 255)).astype(np.uint8)
