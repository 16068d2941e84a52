"""A logdir as TensorBoard walks it: which folders are runs, and which files are where nobody looks.

Readers: ``projector_plugin.py`` (``_update_configs``, ``_append_plugin_asset_directories``) and the data server's
``logdir.rs`` and ``server.rs``, which list a run only when one of its events files has a readable event.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from projector_export.checks.asset_path import read_head
from projector_export.formats.event_file import has_record
from projector_export.formats.projector_config import FILE_NAME

__all__ = ["ASSETS", "ROOT", "Logdir", "Place", "survey"]

ROOT = "."
ASSETS = Path("plugins") / "org_tensorflow_tensorboard_projector"
"""Below a run: a config here is used instead of the run's own."""

EVENT_HEAD_BYTES = 2**20


@dataclass
class Place:
    """One folder below the logdir, and the files in it that matter.

    Parameters
    ----------
    name
        Path relative to the logdir with forward slashes, ``"."`` for the logdir itself: the run's name.
    path
        The folder.
    files
        Names of its files.
    events
        Its events files, and whether each has a readable event.
    """

    name: str
    path: Path
    files: tuple[str, ...]
    events: dict[str, bool] = field(default_factory=dict)

    @property
    def is_run(self) -> bool:
        """Whether TensorBoard lists the folder with every loader."""
        return self.name == ROOT or any(self.events.values())

    @property
    def has_config(self) -> bool:
        """Whether the folder holds a projector config."""
        return FILE_NAME in self.files

    @property
    def checkpoint_folder(self) -> Path:
        """Where the run's checkpoint is searched: two levels up if any folder above is called ``plugins``.

        Reader: ``_assets_dir_to_logdir``, meant for configs in the plugin folder.
        """
        path = self.path.absolute()
        return path.parent.parent if "plugins" in path.parts[:-1] else self.path

    def label(self, file: str = "") -> str:
        """Return the path of a file of this folder, relative to the logdir."""
        return "/".join(part for part in ("" if self.name == ROOT else self.name, file) if part) or ROOT


@dataclass(frozen=True)
class Logdir:
    """All folders below a logdir."""

    path: Path
    places: dict[str, Place]

    @property
    def runs(self) -> tuple[Place, ...]:
        """The folders that TensorBoard looks at, the logdir last as TensorBoard does."""
        found = [place for place in self.places.values() if place.is_run and place.name != ROOT]
        return (*found, self.places[ROOT])

    def config_place(self, run: Place) -> Place:
        """Return where a run's config is read: its plugin folder if there is a config in it and the run has events."""
        name = "/".join(part for part in (run.name if run.name != ROOT else "", *ASSETS.parts) if part)
        assets = self.places.get(name)
        return assets if assets and assets.has_config and any(run.events.values()) else run


def survey(folder: Path) -> Logdir:
    """Walk through a logdir."""
    return Logdir(folder, {place.name: place for place in _walk(folder)})


def _walk(folder: Path) -> Iterator[Place]:
    seen: set[str] = set()
    for root, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(root)
        folders.sort()
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        path = Path(root)
        events = {name: _is_readable(path / name) for name in sorted(files) if "tfevents" in name}
        yield Place(path.relative_to(folder).as_posix(), path, tuple(sorted(files)), events)


def _is_readable(path: Path) -> bool:
    head = read_head(path, EVENT_HEAD_BYTES)
    return head is not None and not path.name.endswith(".profile-empty") and has_record(head)
