"""The files of a TensorFlow checkpoint: how they are called, and the one that says which checkpoint is the latest.

Readers: ``tensorflow/core/util/tensor_bundle/naming.cc`` and ``tensorflow/python/checkpoint/checkpoint_management.py``.
"""

from __future__ import annotations

import re

from google.protobuf import text_encoding

from projector_export.errors import InvalidInputError

__all__ = [
    "LARGEST_STATE_BYTES", "STATE_FILE_NAME", "checkpoint_state", "data_file_name", "index_file_name", "latest_prefix",
]  # fmt: skip

STATE_FILE_NAME = "checkpoint"
"""Name of the file that holds :func:`checkpoint_state`, beside the bundle."""

LARGEST_STATE_BYTES = 2**22
"""No more of such a file need be looked at."""

_PATH_FIELD = re.compile(r"""^\s*model_checkpoint_path\s*:\s*("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""", re.MULTILINE)


def index_file_name(prefix: str) -> str:
    """Return the name of a bundle's index file."""
    return f"{prefix}.index"


def data_file_name(prefix: str, shard: int = 0, n_shards: int = 1) -> str:
    """Return the name of a bundle's data shard.

    Raises
    ------
    InvalidInputError
        If there is no such shard.
    """
    if not 0 <= shard < n_shards:
        raise InvalidInputError(f"a checkpoint of {n_shards} shards has no shard {shard}: they are numbered from 0")
    return f"{prefix}.data-{shard:05d}-of-{n_shards:05d}"


def checkpoint_state(prefix_name: str) -> str:
    """Return the text of the file ``checkpoint`` that makes ``tf.train.latest_checkpoint(folder)`` find a bundle.

    Parameters
    ----------
    prefix_name
        The bundle's prefix, relative to the folder. The text is ASCII whatever the prefix is.

    Raises
    ------
    InvalidInputError
        If the prefix is empty, is not valid Unicode, or has a character that ``latest_checkpoint`` takes for a pattern
        when it looks for the file (``[`` and the backslash).
    """
    try:
        encoded = prefix_name.encode("utf-8")
    except UnicodeEncodeError:
        encoded = b""
    if not encoded or set(encoded) & set(b"[\\\0"):
        raise InvalidInputError(
            f"TensorFlow finds no checkpoint whose prefix is {prefix_name!a}: "
            "use a name of letters, digits, '-', '_' and '.'"
        )
    quoted = "".join(_escaped(byte) for byte in encoded)
    return f'model_checkpoint_path: "{quoted}"\nall_model_checkpoint_paths: "{quoted}"\n'


def latest_prefix(state: bytes) -> str | None:
    """Return the prefix that the content of a file ``checkpoint`` names as the latest; None where it names none.

    It is a path relative to the file's folder or an absolute one, of whoever wrote it: not yet safe to open.
    """
    match = _PATH_FIELD.search(state.decode("utf-8", "replace"))
    try:
        name = text_encoding.CUnescape(match[1][1:-1]).decode("utf-8", "replace") if match else ""
    except ValueError:
        return None
    return name if name and "\0" not in name else None


def _escaped(byte: int) -> str:
    return chr(byte) if 0x20 <= byte < 0x7F and byte != ord('"') else f"\\{byte:03o}"
