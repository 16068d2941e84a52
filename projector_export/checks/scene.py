"""What the rules look at: a whole logdir, one run of it, or one tensor of one run or of a standalone folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from projector_export.checks.finding import Readers
from projector_export.checks.logdir import Logdir
from projector_export.checks.replay import Run
from projector_export.checks.wording import bare, quoted
from projector_export.formats.projector_config import EmbeddingInfo
from projector_export.formats.viewer_limits import MAX_ROWS

__all__ = ["RunScene", "Scene", "TensorScene"]


@dataclass(frozen=True)
class Scene:
    """A logdir, its runs and the TensorBoards it is judged for."""

    logdir: Logdir
    runs: tuple[Run, ...]
    readers: Readers


@dataclass(frozen=True)
class RunScene:
    """One run of a logdir."""

    scene: Scene
    run: Run

    @property
    def readers(self) -> Readers:
        """The TensorBoards it is judged for."""
        return self.scene.readers

    @property
    def where(self) -> str:
        """The run's config, or its folder where it has none."""
        label = self.run.config_label if self.run.config_place.has_config else self.run.place.label()
        return f"{bare(label)}, run {quoted(self.run.name)}"


@dataclass(frozen=True)
class TensorScene:
    """One tensor.

    Parameters
    ----------
    info
        Its entry, as the viewer's server hands it out.
    folder
        The config's folder, to which its paths are relative.
    prefix
        That folder relative to the one being checked, with a slash at its end, or empty.
    config_label
        The config, relative to the folder being checked.
    run
        Name of the run; None in a standalone folder.
    readers
        The TensorBoards it is judged for.
    """

    info: EmbeddingInfo
    folder: Path
    prefix: str
    config_label: str
    run: str | None
    readers: Readers

    @property
    def is_standalone(self) -> bool:
        """Whether a browser reads the files by itself, without TensorBoard's server."""
        return self.run is None

    @property
    def max_rows(self) -> int | None:
        """Rows that the viewer reads at most."""
        return None if self.is_standalone else MAX_ROWS

    @property
    def name(self) -> str:
        """The tensor's name in quotes."""
        return quoted(self.info.tensor_name)

    def where(self, path: str = "", detail: str = "") -> str:
        """Return the place of a finding: a file (the config where none is given), the run, the tensor and a detail."""
        run = "" if self.run is None or self.run == "." else f"run {quoted(self.run)}"
        file = bare(f"{self.prefix}{path}" if path else self.config_label)
        return ", ".join(part for part in (file, detail, run, f"tensor {self.name}") if part)
