"""What class an object has, told by names, without importing the library it comes from."""

from __future__ import annotations

__all__ = ["described", "has_class"]


def has_class(value: object, library: str, *names: str) -> bool:
    """Tell whether an object is of a library's class of one of these names, or of a class derived from it."""
    return any(each.__name__ in names and each.__module__.partition(".")[0] == library for each in type(value).__mro__)


def described(value: object) -> str:
    """Return the class of an object with the module it is defined in, as in ``torch.nn.modules.sparse.Embedding``."""
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
