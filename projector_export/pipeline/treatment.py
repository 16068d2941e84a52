"""What is done to vectors between source and target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from projector_export.errors import InvalidInputError
from projector_export.pipeline.layouts import Layouts, lay_out
from projector_export.sources.huggingface import Progress
from projector_export.table import EmbeddingTable
from projector_export.transforms.all_but_the_top import all_but_the_top
from projector_export.transforms.center import center
from projector_export.transforms.drop_bad_rows import drop_bad_rows
from projector_export.transforms.drop_zero_rows import drop_zero_rows
from projector_export.transforms.normalize import normalize
from projector_export.transforms.principal_components import principal_components

__all__ = ["Progress", "Treatment", "stage", "transform"]


@dataclass(frozen=True)
class Treatment:
    """What is done to the vectors before they are written, in this order.

    Parameters
    ----------
    drop_bad_rows
        Leave out rows with NaN or infinite numbers; otherwise they are an error.
    drop_zero_rows
        Leave out rows of zeros, which have no direction.
    center
        Subtract the mean row.
    all_but_the_top
        Take away the mean and so many principal directions; ``"auto"`` for a hundredth of the dimensions.
    normalize
        Scale rows to unit length.
    dims
        Exact PCA to so many dimensions.
    layouts
        Pictures of all rows, made of the vectors as they are by then: names such as ``"umap"``, or :class:`Layouts`.
    """

    drop_bad_rows: bool = False
    drop_zero_rows: bool = False
    center: bool = False
    all_but_the_top: int | str | None = None
    normalize: bool = False
    dims: int | None = None
    layouts: Layouts | Sequence[str] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "layouts", self.wanted_layouts)
        if self.dims is not None and type(self.dims) is not int:
            raise InvalidInputError(f"dims is a whole number, not {self.dims!r}")
        if self.all_but_the_top not in {None, "auto"} and type(self.all_but_the_top) is not int:
            raise InvalidInputError(
                f"all_but_the_top is a number of directions or 'auto', not {self.all_but_the_top!r}"
            )

    @property
    def wanted_layouts(self) -> Layouts:
        """The layouts, in one form."""
        return self.layouts if isinstance(self.layouts, Layouts) else Layouts(self.layouts)

    @property
    def changes_vectors(self) -> bool:
        """Whether a NaN would spread to other rows."""
        return self.center or self.normalize or self.all_but_the_top is not None or self.dims is not None


def transform(table: EmbeddingTable, treatment: Treatment, *, progress: Progress | None = None) -> EmbeddingTable:
    """Return a table to which everything was done that a treatment asks for."""
    walked = stage(progress, "principal components")
    if treatment.drop_bad_rows:
        table = drop_bad_rows(table)
    elif treatment.changes_vectors:
        table.require_finite()
    if treatment.drop_zero_rows:
        table = drop_zero_rows(table)
    if treatment.center:
        table = center(table)
    if treatment.all_but_the_top is not None:
        asked = treatment.all_but_the_top
        table = all_but_the_top(table, asked if isinstance(asked, int) else None, progress=walked)
    if treatment.normalize:
        table = normalize(table)
    if treatment.dims is not None:
        table = principal_components(table, treatment.dims, progress=walked)
    return lay_out(table, treatment.wanted_layouts, progress=progress)


def stage(progress: Progress | None, name: str) -> Callable[[int, int], None] | None:
    """Return a progress function for one stage."""
    if progress is None:
        return None
    told = progress
    return lambda done, total: told(name, done, total)
