"""What a file is, by its first bytes, and by its name where those do not tell."""

from __future__ import annotations

import struct
import zipfile
from itertools import islice
from os import PathLike
from types import MappingProxyType

from projector_export.errors import CorruptFileError, InvalidInputError, ProjectorExportError
from projector_export.formats.safetensors_header import header_size
from projector_export.tabular.heads import is_number
from projector_export.tabular.location import Location
from projector_export.tabular.text_lines import lines_of

__all__ = ["FORMATS", "REFUSED", "recognises"]

ARRAYS = ("npy", "npz", "safetensors", "torch", "hdf5")
RECORDS = ("csv", "tsv", "jsonl", "json", "parquet", "arrow", "dataset")
FORMATS = (*ARRAYS, *RECORDS, "numbers")
"""Names of the formats; ``"numbers"`` is text with spaces between numbers, as ``numpy.savetxt`` writes it."""

REFUSED = MappingProxyType(
    {
        "pickle": "is a pickle, and loading one runs what its maker put into it: where you trust it, save its array by np.save",
        "raw": "is bare values without their shape: save them by np.save(NEW, np.fromfile(OLD, '<f4').reshape(ROWS, DIMS))",
        "keras": "is a Keras model: projector-export vocab FILE exports its embedding layer, with the labels that it has",
        "zip": "is a zip archive without arrays of NumPy or torch in it",
    }
)
"""What is recognised and not read -> the end of the sentence that says so."""

_ENDINGS = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".jsonlines": "jsonl", ".json": "json",
    ".parquet": "parquet", ".pq": "parquet", ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow",
    ".npy": "npy", ".npz": "npz", ".safetensors": "safetensors", ".pt": "torch", ".pth": "torch", ".h5": "hdf5",
    ".hdf5": "hdf5", ".bytes": "raw",
}  # fmt: skip

_BEGINNINGS = (
    (b"\x93NUMPY", "npy"), (b"\x89HDF\r\n\x1a\n", "hdf5"), (b"PAR1", "parquet"), (b"ARROW1", "arrow"),
    (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "torch"),
)  # fmt: skip
"""The last one is torch's own mark (``torch/serialization.py``, ``MAGIC_NUMBER``) in the format before the zip."""

_SAMPLE_LINES = 20
_DATASET_FILES = ("state.json", "dataset_dict.json", "dataset_info.json")


def recognises(path: str | PathLike[str]) -> str | None:
    """Return which of :data:`FORMATS`, or of the keys of :data:`REFUSED`, a file is; None if it is none of them.

    The first bytes count; the name is asked where they do not tell. A folder counts if Hugging Face ``datasets`` wrote it or
    it holds files of records. Of an address only the name is asked.
    """
    location = Location.of(path)
    if location.is_address:
        return _ENDINGS.get(location.suffix) or ("dataset" if not location.suffix else None)
    if location.path.is_dir():
        return _folder(location)
    try:
        with location.path.open("rb") as file:
            first = file.read(64)
    except OSError:
        return None
    return _by_content(first, location) or _ENDINGS.get(location.suffix) or _numbers(location)


def _folder(location: Location) -> str | None:
    if any((location.path / name).is_file() for name in _DATASET_FILES):
        return "dataset"
    children = [path for place in (location.path, location.path / "data") if place.is_dir() for path in place.iterdir()]
    known = {Location(str(path)).suffix for path in children if path.is_file()}
    return "dataset" if any(_ENDINGS.get(ending) in RECORDS for ending in known - {".json"}) else None


def _by_content(first: bytes, location: Location) -> str | None:
    for beginning, found in _BEGINNINGS:
        if first.startswith(beginning):
            return found
    if first.startswith(b"PK\x03\x04"):
        return _archive(location)
    if len(first) > 8 and first[8:9] == b"{" and _is_length(first):
        return "safetensors"
    if first[:1] == b"\x80" and first[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}:
        return "pickle"
    return None


def _is_length(first: bytes) -> bool:
    try:
        header_size(first)
    except CorruptFileError:
        return False
    return True


def _archive(location: Location) -> str | None:
    try:
        with zipfile.ZipFile(location.path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError, IndexError, struct.error):
        return _ENDINGS.get(location.suffix)
    if any(name.rpartition("/")[2] == "data.pkl" for name in names):
        return "torch"
    if "model.weights.h5" in names:
        return "keras"
    if any(name.endswith(".npy") for name in names) or location.suffix == ".npz":
        return "npz"
    return "zip" if location.suffix in _ENDINGS else None


def _numbers(location: Location) -> str | None:
    """Return ``"numbers"`` for a text file whose first lines hold equally many numbers, at least two, and nothing else."""
    try:
        lines = [line.split() for line in islice(lines_of(location), _SAMPLE_LINES) if not line.startswith("#")]
    except (InvalidInputError, ProjectorExportError):
        return None
    rows = [line for line in lines if line]
    if not rows or len(rows[0]) < 2 or any(len(row) != len(rows[0]) for row in rows):
        return None
    return "numbers" if all(is_number(cell) for row in rows for cell in row) else None
