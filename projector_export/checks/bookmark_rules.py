"""Rules on a bookmarks file: saved views, which may carry coordinates of every row.

Readers: ``vz-projector-bookmark-panel.ts``, ``vz-projector.ts`` (``loadState``), ``vz-projector-projections-panel.ts``
(``restoreUIFromBookmark``), ``data.ts`` (``State``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import orjson

from projector_export.checks.asset_path import read_head
from projector_export.checks.finding import Finding, fault, warning
from projector_export.checks.metadata_file import Metadata
from projector_export.checks.scene import TensorScene
from projector_export.checks.wording import bare, first_few, quoted
from projector_export.formats.bookmarks import NO_COLOR

__all__ = ["bookmark_findings"]

State: TypeAlias = dict[str, object]
REQUIRED: dict[str, tuple[type, ...]] = {
    "projections": (list,),
    "selectedProjection": (str,),
    "pcaComponentDimensions": (list,),
    "tSNEPerplexity": (int, float),
    "tSNELearningRate": (int, float),
    "tSNEIteration": (int, float),
    "selectedPoints": (list,),
    "customXLeftText": (str,),
    "customXRightText": (str,),
    "customYUpText": (str,),
    "customYDownText": (str,),
}
COLUMN_OPTIONS = ("selectedColorOptionName", "selectedLabelOption")


@dataclass(frozen=True)
class Bookmark:
    """One saved view: its text for people, its content, and what it has to fit."""

    where: str
    state: State
    shape: tuple[int, ...]
    n_shown: int | None
    column_names: tuple[str, ...] | None


def bookmark_findings(
    scene: TensorScene, path: Path, shape: tuple[int, ...], metadata: Metadata | None
) -> Iterator[Finding]:
    """Find bookmarks that fail, or that do not show what they hold."""
    where = scene.where(scene.info.bookmarks_path)
    try:
        states = orjson.loads(read_head(path) or b"")
    except orjson.JSONDecodeError as error:
        yield fault(
            "bookmarks-not-json",
            where,
            f"It is no JSON ({bare(str(error))}), so the viewer keeps saying 'Fetching bookmarks...' over the picture.",
            "Write JSON (no NaN, no comment), as the viewer's own bookmark panel saves it.",
        )
        return
    if not isinstance(states, list) or not all(isinstance(state, dict) for state in states):
        yield fault(
            "bookmarks-not-a-list",
            where,
            f"It holds {type(states).__name__ if not isinstance(states, list) else 'a list of other things'}, and the viewer "
            "expects a list of saved views (objects).",
            "Put the views into a list: [{...}].",
        )
        return
    n_shown = min(shape[0], scene.max_rows or shape[0]) if shape else None
    names = tuple(metadata.viewed.names) if metadata else None
    for number, state in enumerate(states, start=1):
        label = f", bookmark {number} {quoted(str(state.get('label', '')))}"
        bookmark = Bookmark(where + label, state, shape, n_shown, names)
        for rule in BOOKMARK_RULES:
            yield from rule(bookmark)


def fields(bookmark: Bookmark) -> Iterator[Finding]:
    """Find missing fields, on which the viewer fails half-way."""
    bad = [name for name, types in REQUIRED.items() if not _is_a(bookmark.state.get(name), types)]
    if bad:
        yield fault(
            "bookmark-fields",
            bookmark.where,
            f"Missing, or of the wrong type: {first_few(bad)}. The viewer fails half-way and the page stays blank.",
            "Give projections, pcaComponentDimensions and selectedPoints as lists, the tSNE values as numbers, the custom "
            'texts as texts ("").',
        )


def _is_a(value: object, types: tuple[type, ...]) -> bool:
    return isinstance(value, types) and not isinstance(value, bool)


def points(bookmark: Bookmark) -> Iterator[Finding]:
    """Compare the saved coordinates with the rows."""
    projections, n_shown = bookmark.state.get("projections"), bookmark.n_shown
    filtered = bookmark.state.get("filteredPoints")
    expected = len(filtered) if isinstance(filtered, list) and filtered else n_shown
    if isinstance(projections, list) and expected is not None and len(projections) > expected:
        yield fault(
            "bookmark-too-many-points",
            bookmark.where,
            f"It has coordinates of {len(projections):,} points, and {expected:,} are shown: the viewer fails on it.",
            "Save coordinates of the shown points only.",
        )
    size = bookmark.state.get("dataSetDimensions")
    if isinstance(size, list) and n_shown is not None and size != [n_shown, bookmark.shape[1]]:
        yield warning(
            "bookmark-of-other-tensor",
            bookmark.where,
            f"dataSetDimensions is {str(size)[:40]}, and the tensor shown is {[n_shown, bookmark.shape[1]]}: it seems to be of "
            "another one.",
            "Save the view again with this tensor.",
        )


def sampling(bookmark: Bookmark) -> Iterator[Finding]:
    """Find an empty list of samples, which leaves later projections without points."""
    indices, n_shown = bookmark.state.get("shuffledDataIndices"), bookmark.n_shown
    if isinstance(indices, list) and n_shown is not None and len(indices) != n_shown:
        yield fault(
            "bookmark-sample",
            bookmark.where,
            f"shuffledDataIndices has {len(indices):,} of {n_shown:,} rows: t-SNE, UMAP and PCA started later see only those.",
            "Leave shuffledDataIndices out.",
        )


def slot(bookmark: Bookmark) -> Iterator[Finding]:
    """Tell what becomes of the coordinates in the slot in which they are kept."""
    chosen = bookmark.state.get("selectedProjection")
    projections = bookmark.state.get("projections")
    first = projections[0] if isinstance(projections, list) and projections else None
    keys = set(first) if isinstance(first, dict) else set()
    if chosen == "tsne" and keys:
        yield warning(
            "bookmark-tsne-restarts",
            bookmark.where,
            "Its coordinates are kept as t-SNE, and the viewer restarts t-SNE from them: they drift away within seconds.",
            "Keep them as umap-0, umap-1 (and umap-2), with selectedProjection umap.",
        )
    if chosen == "umap" and keys and "pca-0" not in keys:
        yield warning(
            "bookmark-blanks-pca",
            bookmark.where,
            "It has umap coordinates without pca-0 to pca-9: after it the PCA tab is empty.",
            "Save pca-0 to pca-9 of every point too.",
        )
    if chosen == "pca" and projections == []:
        return  # points keep what they have, and the viewer computes its own PCA when it opens a tensor
    if isinstance(chosen, str) and chosen in SLOTS and not any(key.startswith(SLOTS[chosen]) for key in keys):
        yield fault(
            "bookmark-without-coordinates",
            bookmark.where,
            f"selectedProjection is {quoted(chosen)}, and its first point has no {SLOTS[chosen]}0: nothing is drawn.",
            "Save the coordinates of that projection.",
        )


SLOTS = {"pca": "pca-", "umap": "umap-", "tsne": "tsne-"}


def options(bookmark: Bookmark) -> Iterator[Finding]:
    """Find columns that the metadata does not have."""
    for option in COLUMN_OPTIONS:
        name = bookmark.state.get(option)
        if isinstance(name, str) and name and bookmark.column_names is not None and name not in bookmark.column_names:
            if name in {"__index__", "None", NO_COLOR}:
                continue
            yield warning(
                "bookmark-column",
                bookmark.where,
                f"{option} is {quoted(name)}, and the metadata has no such column.",
                f"Name one of {first_few(map(quoted, bookmark.column_names))}.",
            )


BOOKMARK_RULES: tuple[Callable[[Bookmark], Iterator[Finding]], ...] = (fields, points, sampling, slot, options)
