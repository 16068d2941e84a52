"""Where the files of a config lie: the path rule of TensorBoard 2.21, and reading that survives any file."""

from __future__ import annotations

from pathlib import Path

__all__ = ["is_file", "is_outside", "read_head", "resolved"]


def read_head(path: Path, n_bytes: int = -1) -> bytes | None:
    """Return the beginning of a file, all of it by default; None where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read(n_bytes)
    except (OSError, ValueError):
        return None


def is_file(path: Path) -> bool:
    """Tell whether a path is an ordinary file that can be asked for at all."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def resolved(path: str, folder: Path) -> Path | None:
    """Return where TensorBoard looks for a path of a config, None for what no path can be.

    Reader: ``projector_plugin.py``, ``_rel_to_abs_asset_path``.
    """
    try:
        return (folder.resolve() / Path(path).expanduser()).resolve()
    except (OSError, ValueError, RuntimeError):
        return None


def is_outside(path: Path, folder: Path) -> bool:
    """Tell whether a resolved path lies outside the config's folder, which TensorBoard 2.21 refuses."""
    return not path.is_relative_to(folder.resolve())
