"""From a source, through transforms, to targets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from os import PathLike, fspath
from pathlib import Path

from projector_export.errors import InvalidInputError
from projector_export.formats.findings import Findings
from projector_export.pipeline.layouts import Layouts, reduced_tables
from projector_export.pipeline.pictures import draw
from projector_export.pipeline.treatment import Progress, Treatment, stage, transform
from projector_export.table import EmbeddingTable
from projector_export.targets import plot, standalone, tensorboard
from projector_export.targets.result import Written, checked_names, usual_name
from projector_export.transforms.for_viewer import ViewerLimits, for_viewer

__all__ = [
    "Destination",
    "as_destination",
    "check_picture",
    "check_wishes",
    "count_kinds",
    "name_tables",
    "treat",
    "write",
]


NEIGHBOURS_FOLDER = ".neighbours"
"""Beside an export; TensorBoard's loaders see no run in it."""


@dataclass(frozen=True)
class Destination:
    """Where tables are written to; at least one place.

    Parameters
    ----------
    logdir
        A TensorBoard logdir.
    standalone
        A folder for projector.tensorflow.org.
    plot
        A picture of the layouts: a file that ends in ``.png``, ``.svg`` or ``.html``.
    run
        A run below the logdir; by default the logdir itself.
    base_url
        Address at which the standalone folder will be served, ending in ``/``.
    """

    logdir: str | PathLike[str] | None = None
    standalone: str | PathLike[str] | None = None
    run: str | None = None
    base_url: str = ""
    plot: str | PathLike[str] | None = None

    def __post_init__(self) -> None:
        for name in ("logdir", "standalone", "plot"):
            place = getattr(self, name)
            if place is not None and (
                not isinstance(place, (str, PathLike)) or fspath(place) == "" or "\0" in fspath(place)
            ):
                raise InvalidInputError(f"{name} is a path, not {place!r}")
        if self.logdir is None and self.standalone is None and self.plot is None:
            raise InvalidInputError("nowhere to write to: give a logdir, a standalone folder, or a picture (plot)")
        if self.logdir is None and self.run is not None:
            raise InvalidInputError("a run lies below a logdir: give a logdir too, or leave the run away")
        if self.standalone is None and self.base_url:
            raise InvalidInputError("a base URL is for a standalone folder: give one too, or leave the base URL away")

    @property
    def cache(self) -> Path | None:
        """Where nearest neighbours are kept for the next command: beside the export."""
        place = self.logdir if self.logdir is not None else self.standalone
        return None if place is None else Path(place).expanduser() / NEIGHBOURS_FOLDER


def as_destination(destination: Destination | str | PathLike[str]) -> Destination:
    """Return a destination: a bare path is a logdir."""
    return destination if isinstance(destination, Destination) else Destination(logdir=destination)


def name_tables(tables: Sequence[EmbeddingTable], name: str | None = None) -> tuple[EmbeddingTable, ...]:
    """Return tables under names that the viewer takes: the given one, or their own with such characters replaced."""
    if name is None:
        return tuple(replace(table, name=usual_name(table.name)) for table in tables)
    if len(tables) == 1:
        return (replace(tables[0], name=name),)
    return tuple(replace(table, name=f"{name} {role}") for table, role in zip(tables, ("input", "output"), strict=True))


def write(
    tables: EmbeddingTable | Sequence[EmbeddingTable],
    destination: Destination | str | PathLike[str],
    *,
    treatment: Treatment | None = None,
    limits: ViewerLimits | None = None,
    findings: Mapping[str, Findings] | None = None,
    progress: Progress | None = None,
) -> tuple[Written, ...]:
    """Write tables for the Projector: all of them to all targets, or none.

    Parameters
    ----------
    tables
        One table or several of different names.
    destination
        A TensorBoard logdir, or a :class:`Destination` for more.
    treatment, limits
        What to do to the vectors, how much the viewer is given.
    findings
        What was found in the tables, by their names; written beside them.
    progress
        Told about stages that may take long.

    Returns
    -------
    tuple of Written
        One for each table and target, with notes that the user should read.
    """
    destination = as_destination(destination)
    given = [tables] if isinstance(tables, EmbeddingTable) else list(tables)
    for table in given:
        if not isinstance(table, EmbeddingTable):
            raise InvalidInputError(f"a {type(table).__name__} is no table: make one by EmbeddingTable.from_array")
    treated = treat(given, treatment or Treatment(), destination, progress=progress)
    reducing = stage(progress, "principal components for the viewer")
    pairs = [(table, for_viewer(table, limits, progress=reducing)) for table in treated]
    writing = stage(progress, "writing")
    with ExitStack() as stack:
        commits = []
        if destination.logdir is not None:
            logdir, run = destination.logdir, destination.run
            place = tensorboard.prepared(pairs, logdir, run=run, findings=findings, progress=writing)
            commits.append(stack.enter_context(place))
        if destination.standalone is not None:
            folder, url = destination.standalone, destination.base_url
            place = standalone.prepared(pairs, folder, base_url=url, findings=findings, progress=writing)
            commits.append(stack.enter_context(place))
        drawn = () if destination.plot is None else draw(treated, destination.plot, progress=progress)
        return (*(written for commit in commits for written in commit()), *drawn)


def check_wishes(treatment: Treatment, destination: Destination) -> None:
    """Look at what can be known before a table is read: packages, and the places to write to.

    Raises
    ------
    ProjectorExportError
        If a layout needs a package that is not installed, or one of the places cannot be written to.
    """
    treatment.wanted_layouts.require_packages()
    if destination.logdir is not None:
        tensorboard.check_place(destination.logdir, destination.run)
    if destination.standalone is not None:
        standalone.check_place(destination.standalone, destination.base_url)
    if destination.plot is not None:
        plot.check_path(destination.plot)


def check_picture(layouts: Layouts, destination: Destination) -> None:
    """Raise InvalidInputError if a picture is wanted of tables without layouts, and no layout is."""
    if destination.plot is not None and not layouts.views:
        raise InvalidInputError(
            f"there is no layout to draw into {Path(destination.plot).name}: ask for one, as in layouts=['umap']"
        )


def treat(
    tables: Sequence[EmbeddingTable],
    treatment: Treatment,
    destination: Destination,
    *,
    progress: Progress | None = None,
) -> tuple[EmbeddingTable, ...]:
    """Return what is written of tables: each as it was treated, followed by those of its layouts that become tensors.

    Raises
    ------
    ProjectorExportError
        If they cannot be treated, or not be written then: before any long computation where that can be known.
    """
    check_wishes(treatment, destination)
    layouts = treatment.wanted_layouts
    if destination.logdir is not None or destination.standalone is not None:
        checked_names(tables)
    if not any(table.layouts for table in tables):
        check_picture(layouts, destination)
    if layouts.cache is None:
        layouts = replace(layouts, cache=destination.cache)
    treated = (transform(table, replace(treatment, layouts=layouts), progress=progress) for table in tables)
    return tuple(part for table in treated for part in reduced_tables(table, layouts))


def count_kinds(table: EmbeddingTable) -> dict[str, int]:
    """Return how many rows there are of each kind of token, the most frequent first; empty without a column ``kind``."""
    for column in table.columns:
        if column.name == "kind" and not column.is_numeric:
            return {str(kind): count for kind, count in Counter(column.values).most_common()}
    return {}
