"""umap-learn without the family: its package imports TensorFlow, where that is installed, for a class nobody asked for."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, cast

__all__ = ["umap_class"]

PARAMETRIC = "umap.parametric_umap"
LATE_NAMES = ("ParametricUMAP", "load_ParametricUMAP")


def umap_class() -> Callable[..., Any]:
    """Return ``umap.UMAP``.

    Notes
    -----
    ``umap/__init__.py`` imports ``umap.parametric_umap``, which imports TensorFlow: four seconds, 400 MB and lines on
    stderr. Unless somebody has imported umap already, that module is looked for only when one of its names is asked for.
    """
    if "umap" not in sys.modules and PARAMETRIC not in sys.modules:
        with _without_parametric():
            import umap
        _import_late(umap)
    from umap import UMAP

    return cast("Callable[..., Any]", UMAP)


@contextmanager
def _without_parametric() -> Iterator[None]:
    cast("dict[str, ModuleType | None]", sys.modules)[PARAMETRIC] = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ImportWarning)
            yield
    finally:
        del sys.modules[PARAMETRIC]


def _import_late(umap: ModuleType) -> None:
    """Let ``umap.ParametricUMAP`` be what it always is, at the price of its import at that time."""
    for name in LATE_NAMES:
        vars(umap).pop(name, None)

    def look_up(name: str) -> object:
        if name not in LATE_NAMES:
            raise AttributeError(f"module 'umap' has no attribute {name!r}")
        from umap import parametric_umap

        return getattr(parametric_umap, name)

    vars(umap)["__getattr__"] = look_up
