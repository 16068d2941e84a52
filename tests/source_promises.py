"""What a source has to tell so that ``tests/sources/test_promises.py`` can hold it to what every source promises."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from projector_export import EmbeddingTable


@dataclass(frozen=True)
class SourceCase:
    """One source on one real input.

    make(folder) writes or makes the input (deterministic) and returns it: a path, a folder or a live object.
    read(input) returns the table. vectors(input) returns, by other means than the source, the float32 values that the table
    has to hold; labels(input) the first text column as stored in the table, or None where there is none.
    damaged: how it is spoilt -> a function like make, whose result read has to refuse in a sentence that holds all of `words`.
    """

    name: str
    make: Callable[[Path], object]
    read: Callable[[object], EmbeddingTable]
    vectors: Callable[[object], np.ndarray]
    labels: Callable[[object], list[str] | None]
    damaged: Mapping[str, tuple[Callable[[Path], object], tuple[str, ...]]] = field(default_factory=dict)
    tolerance: float = 0.0
    is_heavy: bool = False
