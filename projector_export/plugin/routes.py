"""What the page may ask for. Exports are named by run and tensor, never by a path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote, urlencode

import numpy as np

from projector_export.errors import InvalidInputError, NotFoundError
from projector_export.plugin.comparison import compare, joined
from projector_export.plugin.contents import Contents, Shelf
from projector_export.plugin.exports import Export, Survey
from projector_export.plugin.nearest import nearest
from projector_export.plugin.replies import Route
from projector_export.provenance import JSONValue

__all__ = ["MAX_NEIGHBOURS", "MAX_PAGE", "Routes"]

MAX_PAGE = 20_000
"""Rows of text in one answer."""

MAX_NEIGHBOURS = 200
MAX_MOVED = 500


class Routes:
    """The answers, by name of the route.

    Parameters
    ----------
    survey
        Returns what is below the logdir now.
    """

    def __init__(self, survey: Callable[[], Survey]) -> None:
        self._survey = survey
        self._shelf = Shelf()

    def all(self) -> dict[str, Route]:
        """Return every route by its name."""
        return {
            "exports": self.exports,
            "description": self.description,
            "numbers": self.numbers,
            "codes": self.codes,
            "texts": self.texts,
            "layout": self.layout,
            "neighbours": self.neighbours,
            "comparison": self.comparison,
            "projector_config": self.projector_config,
            "projector_file": self.projector_file,
        }

    def exports(self, _: Mapping[str, str]) -> dict[str, JSONValue]:
        """Return all exports, and a sentence for each that cannot be read."""
        found = self._survey()
        return {"exports": [_summary(each) for each in found.exports], "problems": list(found.problems)}

    def description(self, query: Mapping[str, str]) -> dict[str, JSONValue]:
        """Return columns, layouts and findings of one export."""
        return self._contents(query).description()

    def numbers(self, query: Mapping[str, str]) -> bytes:
        """Return a column of numbers, little-endian."""
        return self._contents(query).numbers(_required(query, "column")).tobytes()

    def codes(self, query: Mapping[str, str]) -> bytes:
        """Return a column of a few distinct texts, one byte a row."""
        return self._contents(query).codes(_required(query, "column"))

    def texts(self, query: Mapping[str, str]) -> dict[str, JSONValue]:
        """Return one page of a column of texts."""
        start = _integer(query, "start", default=0, most=2**40)
        stop = start + _integer(query, "count", default=MAX_PAGE, most=MAX_PAGE)
        return {"start": start, "texts": self._contents(query).texts(_required(query, "column"), start, stop)}

    def layout(self, query: Mapping[str, str]) -> bytes:
        """Return coordinates of all rows, float32, little-endian, row after row."""
        name = _required(query, "layout")
        for layout in self._contents(query).table.layouts:
            if layout.name == name:
                return layout.coordinates.astype("<f4", copy=False).tobytes()
        raise NotFoundError(f"there is no layout {name!a} in this export: choose another one")

    def neighbours(self, query: Mapping[str, str]) -> dict[str, JSONValue]:
        """Return the nearest rows of one row by cosine similarity, exactly."""
        contents = self._contents(query)
        row = _integer(query, "row", most=2**40)
        rows, similarities = nearest(
            contents.table.vectors, row, _integer(query, "count", default=10, most=MAX_NEIGHBOURS)
        )
        return {"rows": rows.tolist(), "similarities": similarities.tolist()}

    def comparison(self, query: Mapping[str, str]) -> dict[str, JSONValue]:
        """Return the tokens whose rank in a column moved most from one export to another."""
        found = self._survey()
        first = self._shelf.get(_chosen(found, query))
        second = self._shelf.get(found.find(_required(query, "other_run"), _required(query, "other_name")))
        name = _required(query, "column")
        return _moved(first, second, name, _integer(query, "count", default=100, most=MAX_MOVED))

    def projector_config(self, query: Mapping[str, str]) -> dict[str, JSONValue]:
        """Return the config that the projector reads where it is a page of its own.

        Reader: ``vz_projector/data-provider-demo.ts``, which takes a tensor for raw float32 if its address ends in ``.bytes``.
        """
        export = _chosen(self._survey(), query)
        if not export.is_whole_in_viewer:
            raise NotFoundError(f"the projector is given a choice of the rows of {export.name!a} only: see its own tab")
        address = "projector_file?" + urlencode(
            {"run": export.run, "name": export.name, "stamp": export.stamp}, quote_via=quote
        )
        config: dict[str, JSONValue] = {
            "tensorName": export.name,
            "tensorShape": list(export.info.tensor_shape),
            "tensorPath": f"{address}&file=tensor#.bytes",
        }
        if export.info.metadata_path:
            config["metadataPath"] = f"{address}&file=metadata"
        if export.info.bookmarks_path:
            config["bookmarksPath"] = f"{address}&file=bookmarks"
        return {"embeddings": [config]}

    def projector_file(self, query: Mapping[str, str]) -> bytes:
        """Return a file of the export as the projector is given it."""
        export = _chosen(self._survey(), query)
        paths = {
            "tensor": export.info.tensor_path,
            "metadata": export.info.metadata_path,
            "bookmarks": export.info.bookmarks_path,
        }
        return export.viewer_file(paths.get(_required(query, "file"), "")).read_bytes()

    def _contents(self, query: Mapping[str, str]) -> Contents:
        return self._shelf.get(_chosen(self._survey(), query))


def _chosen(found: Survey, query: Mapping[str, str]) -> Export:
    return found.find(_required(query, "run"), _required(query, "name"), query.get("stamp", ""))


def _summary(export: Export) -> dict[str, JSONValue]:
    n_rows, n_dims = export.manifest.shape
    return {"run": export.run, "name": export.name, "stamp": export.stamp, "rows": n_rows, "dimensions": n_dims}


def _moved(first: Contents, second: Contents, name: str, count: int) -> dict[str, JSONValue]:
    labels, other_labels = first.labels(), second.labels()
    values, other_values = first.numbers(name), second.numbers(name)
    moved = compare(values, other_values, joined(labels, other_labels))
    columns = (moved.rows, moved.other_rows, moved.ranks, moved.other_ranks)
    return {
        "shared": len(moved.rows),
        "only_here": first.table.n_rows - len(moved.rows),
        "only_there": second.table.n_rows - len(moved.rows),
        "moved": [
            {
                "row": row,
                "other_row": other_row,
                "label": labels[row],
                "value": _finite(values[row]),
                "other_value": _finite(other_values[other_row]),
                "rank": rank,
                "other_rank": other_rank,
            }
            for row, other_row, rank, other_rank in zip(*(each[:count].tolist() for each in columns), strict=True)
        ],
    }


def _finite(value: np.generic) -> float | None:
    number = float(value)
    return number if np.isfinite(number) else None


def _required(query: Mapping[str, str], name: str) -> str:
    value = query.get(name, "")
    if not value:
        raise InvalidInputError(f"the request does not say which {name}: add {name}=...")
    return value


def _integer(query: Mapping[str, str], name: str, *, most: int, default: int | None = None) -> int:
    text = query.get(name, "" if default is None else str(default))
    if not (text.isascii() and text.isdecimal() and len(text) < 16 and int(text) <= most):
        raise InvalidInputError(f"{name} is a whole number from 0 to {most:,}, not {text[:40]!a}")
    return int(text)
