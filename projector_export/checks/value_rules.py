"""Rules on a tensor's shape and values: what the viewer's projections and distances trip over.

Readers: ``vz-projector-data-panel.ts`` (which tensors are listed), ``data.ts`` (``PCA_SAMPLE_DIM``, sphereize), ``knn.ts``.
"""

from __future__ import annotations

from collections.abc import Iterator

from projector_export.checks.finding import Finding, fault, note, warning
from projector_export.checks.scene import TensorScene
from projector_export.checks.statistics import Statistics
from projector_export.checks.wording import counted
from projector_export.formats.viewer_limits import MAX_TENSOR_BYTES

__all__ = ["is_listed", "shape_findings", "value_findings"]

SPHEREIZED_FROM = 50
LARGEST_PCA_DIMS = 200
LARGEST_OFFSET = 0.5
LARGEST_NORM = 1.001


def is_listed(shape: tuple[int, ...]) -> bool:
    """Tell whether the viewer lists a tensor of this shape."""
    return len(shape) == 2 and shape[0] > 1 and shape[1] > 1


def shape_findings(scene: TensorScene, shape: tuple[int, ...]) -> Iterator[Finding]:
    """Find shapes that the viewer hides, cuts, or cannot draw."""
    where = scene.where()
    if not is_listed(shape):
        yield fault(
            "tensor-too-small",
            where,
            f"Its shape is {list(shape)}, and the viewer lists only tensors of at least 2 rows and 2 dimensions.",
            "Export two rows or more, and add a column of zeros where there is one dimension.",
        )
        return
    n_rows, n_dims = shape
    if n_dims == 2:
        yield fault(
            "two-dimensions",
            where,
            f"Its shape is {list(shape)}: the viewer's 3-D view of two dimensions draws nothing.",
            "Add a third column of zeros.",
        )
    if scene.max_rows is not None and n_rows > scene.max_rows:
        yield warning(
            "many-rows",
            where,
            f"It has {n_rows:,} rows, and the viewer shows the first {scene.max_rows:,} only.",
            "Export the rows that matter (projector-export chooses them and keeps all in the checkpoint).",
        )
    yield from _size_findings(scene, shape)


def _size_findings(scene: TensorScene, shape: tuple[int, ...]) -> Iterator[Finding]:
    n_rows, n_dims = shape
    n_bytes = 4 * n_dims * min(n_rows, scene.max_rows or n_rows)
    if n_bytes > MAX_TENSOR_BYTES:
        yield fault(
            "too-large-for-browser",
            scene.where(),
            f"The shown rows are {n_bytes / 2**20:,.0f} MiB of float32, and a browser takes some "
            f"{MAX_TENSOR_BYTES // 2**20} MiB.",
            "Reduce the dimensions (projector-export --dims 200), or the rows.",
        )
    if n_dims > LARGEST_PCA_DIMS:
        yield note(
            "random-projection",
            scene.where(),
            f"It has {n_dims:,} dimensions: for its PCA the viewer first projects them to {LARGEST_PCA_DIMS} at random, so "
            "that the picture differs a little each time.",
            f"Export an exact PCA to {LARGEST_PCA_DIMS} dimensions or fewer (projector-export --dims {LARGEST_PCA_DIMS}) if "
            "that matters.",
        )


def value_findings(scene: TensorScene, found: Statistics) -> Iterator[Finding]:
    """Find values that leave the page empty or make distances wrong."""
    where = scene.where(scene.info.tensor_path)
    if found.bad_rows:
        yield fault(
            "not-finite",
            where,
            f"NaN or infinite values in {counted(found.bad_rows)}: the viewer's PCA fails and nothing is drawn.",
            "Drop or mend these rows.",
        )
    elif found.n_rows > 1 and found.all_equal:
        same = "zero" if found.largest_norm == 0 else "the same vector"
        yield fault(
            "all-equal",
            where,
            f"All {found.n_rows:,} rows are {same}, so there is no picture of them.",
            "Export the trained values.",
        )
    elif found.n_rows > 1 and 2 < found.n_dims < SPHEREIZED_FROM:
        yield from _raw_findings(where, found)


def _raw_findings(where: str, found: Statistics) -> Iterator[Finding]:
    """Below 50 dimensions the viewer neither centres nor normalises by itself."""
    if found.offset > LARGEST_OFFSET:
        yield warning(
            "not-centred",
            where,
            f"The mean of the rows lies {found.offset:.1f} of their own spreads from zero, and with {found.n_dims} dimensions "
            f"(fewer than {SPHEREIZED_FROM}) the viewer's PCA is not centred: its first axis shows the offset.",
            "Subtract the mean (projector-export --center), or tick 'Spherize data' in the viewer.",
        )
    if found.largest_norm > LARGEST_NORM:
        yield warning(
            "norms-above-one",
            where,
            f"Norms reach {found.largest_norm:.3g}, and with {found.n_dims} dimensions (fewer than {SPHEREIZED_FROM}) the "
            "viewer's t-SNE and UMAP then lose the nearest neighbours.",
            "Normalise the rows (projector-export --normalize), or tick 'Spherize data' in the viewer.",
        )
