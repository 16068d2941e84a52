"""Source, transforms, target: the only file that knows all three."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from os import PathLike

from projector_export.errors import InvalidInputError
from projector_export.sources import huggingface
from projector_export.sources.huggingface import Reading
from projector_export.table import EmbeddingTable
from projector_export.targets import standalone, tensorboard
from projector_export.targets.result import Written, usual_name
from projector_export.transforms.all_but_the_top import all_but_the_top
from projector_export.transforms.center import center
from projector_export.transforms.drop_bad_rows import drop_bad_rows
from projector_export.transforms.for_viewer import ViewerLimits, for_viewer
from projector_export.transforms.normalize import normalize
from projector_export.transforms.principal_components import principal_components

__all__ = [
    "Destination",
    "Progress",
    "Reading",
    "Treatment",
    "ViewerLimits",
    "Written",
    "count_kinds",
    "export_vocabulary",
    "read_vocabulary",
    "transform",
    "write",
]

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is."""


@dataclass(frozen=True)
class Treatment:
    """What is done to the vectors before they are written, in this order.

    Parameters
    ----------
    drop_bad_rows
        Leave out rows with NaN or infinite numbers; otherwise they are an error.
    center
        Subtract the mean row.
    all_but_the_top
        Take away the mean and so many principal directions; ``"auto"`` for a hundredth of the dimensions.
    normalize
        Scale rows to unit length.
    dims
        Exact PCA to so many dimensions.
    """

    drop_bad_rows: bool = False
    center: bool = False
    all_but_the_top: int | str | None = None
    normalize: bool = False
    dims: int | None = None

    @property
    def changes_vectors(self) -> bool:
        """Whether a NaN would spread to other rows."""
        return self.center or self.normalize or self.all_but_the_top is not None or self.dims is not None


@dataclass(frozen=True)
class Destination:
    """Where tables are written to; at least one place.

    Parameters
    ----------
    logdir
        A TensorBoard logdir.
    standalone
        A folder for projector.tensorflow.org.
    run
        A run below the logdir; by default the logdir itself.
    base_url
        Address at which the standalone folder will be served, ending in ``/``.
    """

    logdir: str | PathLike[str] | None = None
    standalone: str | PathLike[str] | None = None
    run: str | None = None
    base_url: str = ""

    def __post_init__(self) -> None:
        if self.logdir is None and self.standalone is None:
            raise InvalidInputError("nowhere to write to: give a logdir, a standalone folder, or both")
        if self.logdir is None and self.run is not None:
            raise InvalidInputError("a run lies below a logdir: give a logdir too, or leave the run away")
        if self.standalone is None and self.base_url:
            raise InvalidInputError("a base URL is for a standalone folder: give one too, or leave the base URL away")


def read_vocabulary(
    source: str | PathLike[str], reading: Reading | None = None, *, progress: Progress | None = None
) -> EmbeddingTable:
    """Read the embedding table of a model's vocabulary; only that tensor is read or fetched.

    Parameters
    ----------
    source
        Hub id, model folder or ``.safetensors`` file.
    reading
        Revision, tokenizer, tensor, or the output table instead of the input table.
    progress
        Told about stages that may take long.

    Returns
    -------
    EmbeddingTable
        One row a token id, with columns token, id, kind, text, bytes, length and norm.

    Examples
    --------
    >>> table = read_vocabulary("sentence-transformers/all-MiniLM-L6-v2")  # doctest: +SKIP
    >>> table.shape  # doctest: +SKIP
    (30522, 384)
    """
    tables = huggingface.read(source, reading, progress=progress)
    if len(tables) > 1:
        raise InvalidInputError("read_vocabulary returns one table: ask for table='input' or table='output'")
    return tables[0]


def export_vocabulary(
    source: str | PathLike[str],
    destination: Destination | None = None,
    *,
    logdir: str | PathLike[str] | None = None,
    name: str | None = None,
    reading: Reading | None = None,
    treatment: Treatment | None = None,
    limits: ViewerLimits | None = None,
    progress: Progress | None = None,
) -> tuple[Written, ...]:
    """Read a model's vocabulary and write it for the Projector.

    Parameters
    ----------
    source
        Hub id, model folder or ``.safetensors`` file.
    destination
        Where to write to; or, for a logdir alone:
    logdir
        A TensorBoard logdir.
    name
        What the viewer calls the tensor; by default the model's name.
    reading, treatment, limits
        What to read, what to do to the vectors, how much the viewer is given.
    progress
        Told about stages that may take long.

    Examples
    --------
    >>> export_vocabulary("bert-base-uncased", logdir="runs")  # doctest: +SKIP
    """
    if destination is not None and logdir is not None:
        raise InvalidInputError("give a destination or a logdir, not both")
    place = destination or Destination(logdir=logdir)
    tables = huggingface.read(source, reading, progress=progress)
    return write(
        [_named(table, name, tables) for table in tables],
        place,
        treatment=treatment,
        limits=limits,
        progress=progress,
    )


def transform(table: EmbeddingTable, treatment: Treatment, *, progress: Progress | None = None) -> EmbeddingTable:
    """Return a table to which everything was done that a treatment asks for."""
    walked = _stage(progress, "principal components")
    if treatment.drop_bad_rows:
        table = drop_bad_rows(table)
    elif treatment.changes_vectors:
        table.require_finite()
    if treatment.center:
        table = center(table)
    if treatment.all_but_the_top is not None:
        table = all_but_the_top(table, _directions(treatment.all_but_the_top), progress=walked)
    if treatment.normalize:
        table = normalize(table)
    if treatment.dims is not None:
        table = principal_components(table, treatment.dims, progress=walked)
    return table


def write(
    tables: EmbeddingTable | Sequence[EmbeddingTable],
    destination: Destination,
    *,
    treatment: Treatment | None = None,
    limits: ViewerLimits | None = None,
    progress: Progress | None = None,
) -> tuple[Written, ...]:
    """Write tables for the Projector: each target gets all of them or none.

    Parameters
    ----------
    tables
        One table or several of different names.
    destination
        Where to write to.
    treatment, limits
        What to do to the vectors, how much the viewer is given.
    progress
        Told about stages that may take long.

    Returns
    -------
    tuple of Written
        One for each table and target, with notes that the user should read.
    """
    given = [tables] if isinstance(tables, EmbeddingTable) else list(tables)
    treated = [transform(table, treatment or Treatment(), progress=progress) for table in given]
    pairs = [(table, _for_viewer(table, limits or ViewerLimits(), progress)) for table in treated]
    writing = _stage(progress, "writing")
    written: tuple[Written, ...] = ()
    if destination.logdir is not None:
        written += tensorboard.write(pairs, destination.logdir, run=destination.run, progress=writing)
    if destination.standalone is not None:
        written += standalone.write(pairs, destination.standalone, base_url=destination.base_url, progress=writing)
    return written


def count_kinds(table: EmbeddingTable) -> dict[str, int]:
    """Return how many rows there are of each kind of token, the most frequent first; empty without a column ``kind``."""
    for column in table.columns:
        if column.name == "kind" and not column.is_numeric:
            return {str(kind): count for kind, count in Counter(column.values).most_common()}
    return {}


def _for_viewer(table: EmbeddingTable, limits: ViewerLimits, progress: Progress | None) -> EmbeddingTable:
    if limits.max_bytes and 4 * min(table.n_rows, limits.max_rows) * table.n_dims > limits.max_bytes:
        table.require_finite()
    return for_viewer(table, limits, progress=_stage(progress, "principal components for the viewer"))


def _named(table: EmbeddingTable, name: str | None, tables: Sequence[EmbeddingTable]) -> EmbeddingTable:
    if name is None:
        return replace(table, name=usual_name(table.name))
    if len(tables) == 1:
        return replace(table, name=name)
    role = "input" if table is tables[0] else "output"
    return replace(table, name=f"{name} {role}")


def _directions(asked: int | str) -> int | None:
    if asked == "auto":
        return None
    if isinstance(asked, str):
        raise InvalidInputError(f"all_but_the_top takes a number of directions or 'auto', not {asked!r}")
    return asked


def _stage(progress: Progress | None, name: str) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    told = progress
    return lambda done, total: told(name, done, total)
