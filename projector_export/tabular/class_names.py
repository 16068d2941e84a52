"""Classes by their names, in files of Hugging Face ``datasets``, which store their numbers.

Source: ``datasets/features/features.py`` (``ClassLabel``: the number of a class is its place among ``names``, -1 is no class),
``datasets/arrow_writer.py`` (``ArrowWriter._build_metadata``: ``{"info": {"features": ...}}`` under ``huggingface`` in the
metadata of the schema); ``dataset_info.json`` has the same ``features``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from projector_export.provenance import JSONValue
from projector_export.tabular.json_lines import parse
from projector_export.tabular.records import Batch, ChangedFile, RecordFile, Wanted

__all__ = ["ClassNames", "NamedClasses", "names_in_features", "names_in_schema", "with_class_names"]

ClassNames: TypeAlias = Mapping[str, tuple[str, ...]]
"""Name of a column -> name of each class."""

_SCHEMA_KEY = b"huggingface"


@dataclass(frozen=True, eq=False)
class NamedClasses(ChangedFile):
    """A file in which some columns hold numbers of classes, with the names in their place.

    Parameters
    ----------
    file
        Holds the numbers.
    class_names
        Of its columns.
    """

    class_names: ClassNames

    @property
    def describe(self) -> dict[str, JSONValue]:
        """What was found out about the file, and how many classes are named in each such column."""
        counts: dict[str, JSONValue] = {name: len(names) for name, names in self.class_names.items()}
        return {**self.file.describe, "named_classes": counts}

    def chunks(self, wanted: Wanted) -> Iterator[Batch]:
        """Walk through the rows; a number that has no name stays as it is."""
        for chunk in self.file.chunks(wanted):
            yield {name: values if name in wanted.raw else self._named(name, values) for name, values in chunk.items()}

    def _named(self, column: str, values: Sequence[object]) -> Sequence[object]:
        names = self.class_names.get(column)
        if names is None:
            return values
        return [names[value] if type(value) is int and 0 <= value < len(names) else value for value in values]


def with_class_names(file: RecordFile, class_names: ClassNames) -> RecordFile:
    """Return a file with names in the place of numbers; itself where there are none for its columns, or has them already."""
    known = {name: names for name, names in class_names.items() if name in file.columns}
    return file if isinstance(file, NamedClasses) or not known else NamedClasses(file, known)


def names_in_schema(metadata: Mapping[bytes, bytes] | None) -> ClassNames:
    """Return the class names that the metadata of an Arrow schema or a Parquet file tells; none where it is of other making."""
    try:
        found = parse((metadata or {}).get(_SCHEMA_KEY, b"{}"))
    except ValueError:
        return {}
    return names_in_features(found.get("info")) if isinstance(found, dict) else {}


def names_in_features(info: object) -> ClassNames:
    """Return the class names among the features of a dataset; those of lists and objects are left alone."""
    features = info.get("features") if isinstance(info, dict) else None
    if not isinstance(features, dict):
        return {}
    return {
        str(column): tuple(feature["names"])
        for column, feature in features.items()
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and _are_names(feature.get("names"))
    }


def _are_names(names: object) -> bool:
    return isinstance(names, list) and bool(names) and all(isinstance(name, str) for name in names)
