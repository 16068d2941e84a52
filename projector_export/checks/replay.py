"""What TensorBoard's server makes of one run: the list of tensors that it hands to the viewer.

Reader: ``projector_plugin.py`` (``_read_latest_config_files``, ``_augment_configs_with_checkpoint_info``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from projector_export.checks import checkpoint as checkpoints
from projector_export.checks.asset_path import read_head
from projector_export.checks.checkpoint import Checkpoint
from projector_export.checks.finding import Readers
from projector_export.checks.logdir import ASSETS, ROOT, Logdir, Place
from projector_export.errors import CorruptFileError
from projector_export.formats.projector_config import FILE_NAME, EmbeddingInfo, ProjectorConfig, decode

__all__ = ["Entry", "Run", "is_in_assets", "read_run"]

LARGEST_CONFIG_BYTES = 2**26


@dataclass(frozen=True)
class Entry:
    """One tensor in the server's list.

    Parameters
    ----------
    info
        As the server hands it out: named, ``:0`` stripped.
    position
        Index in the config; None for one that was added from the checkpoint.
    """

    info: EmbeddingInfo
    position: int | None


@dataclass(frozen=True)
class Run:
    """One run.

    Parameters
    ----------
    place
        The run's folder.
    config_place
        The folder of its config.
    config
        Its config; None where there is none, or none that can be read.
    config_problem
        Why the config cannot be read.
    latest
        The checkpoint that TensorFlow finds for the run.
    checkpoint
        The checkpoint that TensorBoard reads with TensorFlow.
    listings
        For each reader (True: with TensorFlow) the tensors that it lists; None where it drops the run.
    """

    place: Place
    config_place: Place
    config: ProjectorConfig | None
    config_problem: str
    latest: Path | None
    checkpoint: Checkpoint | None
    listings: dict[bool, tuple[Entry, ...] | None]

    @property
    def name(self) -> str:
        """Name of the run."""
        return self.place.name

    @property
    def config_label(self) -> str:
        """The config's path relative to the logdir."""
        return self.config_place.label(FILE_NAME)

    @property
    def is_listed(self) -> bool:
        """Whether any of the readers lists the run."""
        return any(listing is not None for listing in self.listings.values())

    def entries(self) -> tuple[Entry, ...]:
        """Return the tensors that any of the readers lists."""
        found: dict[tuple[int | None, str], Entry] = {}
        for listing in self.listings.values():
            for entry in listing or ():
                found.setdefault((entry.position, entry.info.tensor_name), entry)
        return tuple(found.values())


def read_run(logdir: Logdir, place: Place, readers: Readers) -> Run:
    """Replay TensorBoard on one run."""
    config_place = logdir.config_place(place)
    config, problem = _read_config(config_place)
    latest = checkpoints.latest(config_place.checkpoint_folder)
    named = Path(config.model_checkpoint_path) if config and config.model_checkpoint_path else None
    prefix = named or latest
    found = _load(prefix) if prefix else None
    listings: dict[bool, tuple[Entry, ...] | None] = {}
    for tensorflow in readers.modes:
        usable = found if tensorflow else None
        listings[tensorflow] = None if problem else _listing(config or ProjectorConfig(), usable, named, tensorflow)
    return Run(place, config_place, config, problem, latest, found, listings)


def _read_config(place: Place) -> tuple[ProjectorConfig | None, str]:
    if not place.has_config:
        return None, ""
    data = read_head(place.path / FILE_NAME, LARGEST_CONFIG_BYTES)
    if data is None:
        return None, "the file cannot be opened"
    try:
        return decode(data.decode("utf-8"), where="the file"), ""
    except UnicodeDecodeError as error:
        return None, f"byte {error.start:,} is not UTF-8"
    except CorruptFileError as error:
        return None, str(error.__cause__)


def _load(prefix: Path) -> Checkpoint | None:
    found = checkpoints.load(prefix)
    if found.problem and not _matches(prefix):
        return None
    return found


def _matches(prefix: Path) -> bool:
    try:
        return any(path.name.startswith(prefix.name) for path in prefix.parent.iterdir())
    except (OSError, ValueError):
        return False


def _listing(
    config: ProjectorConfig, checkpoint: Checkpoint | None, named: Path | None, tensorflow: bool
) -> tuple[Entry, ...] | None:
    has_files = any(info.tensor_path for info in config.embeddings)
    if named is None and checkpoint is None and not has_files:
        return None
    if named is not None and tensorflow and checkpoint is None:
        return None
    entries = [Entry(_stripped(info), position) for position, info in enumerate(_named(config.embeddings))]
    if checkpoint and not checkpoint.problem:
        entries = _augmented(entries, checkpoint)
    return tuple(entries) or None


def _named(embeddings: tuple[EmbeddingInfo, ...]) -> tuple[EmbeddingInfo, ...]:
    """Name the first tensor that has a file after that file, and no other (the loop of the plugin ends there)."""
    first = next((position for position, info in enumerate(embeddings) if info.tensor_path), None)
    if first is None or embeddings[first].tensor_name:
        return embeddings
    named = replace(embeddings[first], tensor_name=PurePosixPath(embeddings[first].tensor_path).name)
    return (*embeddings[:first], named, *embeddings[first + 1 :])


def _stripped(info: EmbeddingInfo) -> EmbeddingInfo:
    return replace(info, tensor_name=info.tensor_name.removesuffix(":0"))


def _augmented(entries: list[Entry], checkpoint: Checkpoint) -> list[Entry]:
    special = entries.pop(0).info if entries and not entries[0].info.tensor_name else EmbeddingInfo()
    by_name: dict[str, int] = {}
    for index, entry in enumerate(entries):
        by_name.setdefault(entry.info.canonical_name, index)
    for tensor in checkpoint.entries:
        if len(tensor.shape) != 2 or ".OPTIMIZER_SLOT" in tensor.name:
            continue
        shape = (tensor.shape[0], tensor.shape[1])
        added = EmbeddingInfo(tensor.name, "", shape, special.metadata_path, special.bookmarks_path)
        index = by_name.get(added.canonical_name, -1)
        if index < 0:
            by_name[added.canonical_name] = len(entries)
            entries.append(Entry(added, None))
        elif not entries[index].info.tensor_shape:
            entries[index] = replace(entries[index], info=replace(entries[index].info, tensor_shape=shape))
    return entries


def is_in_assets(place: Place) -> bool:
    """Tell whether a folder is the projector's plugin folder of some run."""
    return place.path.parts[-len(ASSETS.parts) :] == ASSETS.parts and place.name != ROOT
