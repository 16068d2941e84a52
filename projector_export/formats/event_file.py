"""The smallest events file: what makes TensorBoard take a folder for a run.

TensorBoard lists a sub-folder as a run only if it holds an events file (``backend/event_processing/io_wrapper.py``,
``IsTensorFlowEventsFile``), and its default loader only if that file has a readable event
(``tensorboard/data/server/server.rs``, ``list_runs``). Message: ``tensorboard/compat/proto/event.proto``.
"""

from __future__ import annotations

import math
import re
import struct

from projector_export.errors import CorruptFileError, InvalidInputError
from projector_export.formats import record_file
from projector_export.formats.protobuf_wire import FIXED64, decode_message, encode_bytes_field, encode_fixed_field

__all__ = ["encode_file_version", "file_name", "has_record"]

FILE_VERSION = b"brain.Event:2"
MAX_HOST_LENGTH = 63
FOREIGN_CHARACTERS = re.compile(r"[^A-Za-z0-9._-]+")


def encode_file_version(wall_time: float) -> bytes:
    """Return a complete events file of one event: when it was made and in which version of the format.

    Parameters
    ----------
    wall_time
        Seconds since 1970-01-01 UTC. TensorBoard orders runs by it.

    Raises
    ------
    InvalidInputError
        If the time is negative or not finite.
    """
    event = encode_fixed_field(1, struct.pack("<d", _checked(wall_time))) + encode_bytes_field(3, FILE_VERSION)
    return record_file.encode([event])


def file_name(wall_time: float, host: str) -> str:
    """Return a name for an events file as TensorBoard's own writer makes it (``event_file_writer.py``).

    Parameters
    ----------
    wall_time
        Seconds since 1970-01-01 UTC.
    host
        Name of this machine; characters that some file system refuses become ``_``.

    Raises
    ------
    InvalidInputError
        If the time is negative or not finite.
    """
    name = FOREIGN_CHARACTERS.sub("_", host)[:MAX_HOST_LENGTH].strip(".") or "localhost"
    return f"events.out.tfevents.{int(_checked(wall_time)):010d}.{name}"


def _checked(wall_time: float) -> float:
    if not (math.isfinite(wall_time) and wall_time >= 0):
        raise InvalidInputError(f"an event's time is given in seconds since 1970, not as {wall_time}")
    return wall_time


def has_record(head: bytes) -> bool:
    """Return whether the bytes of an events file begin with one whole event that every loader of TensorBoard takes.

    Parameters
    ----------
    head
        The file, or as much of its beginning as the first record may need; the first record of an events file is
        usually below 200 bytes.
    """
    try:
        for record in record_file.decode(head):
            decode_message(record).integer(1, wire_type=FIXED64)
            return True
    except CorruptFileError:
        return False
    return False
