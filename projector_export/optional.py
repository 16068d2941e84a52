"""The only door to optional packages: which extra brings which import."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import MappingProxyType

from projector_export.errors import MissingExtraError

__all__ = ["EXTRAS", "require", "required_for"]

EXTRAS = MappingProxyType(
    {
        "PIL": "images",
        "aiohttp": "remote",
        "faiss": "neighbours",
        "gguf": "gguf",
        "h5py": "hdf5",
        "lancedb": "lance",
        "matplotlib": "plot",
        "model2vec": "model2vec",
        "openTSNE": "tsne",
        "pacmap": "pacmap",
        "plotly": "plot",
        "pyarrow": "arrow",
        "pynndescent": "umap",
        "sentencepiece": "sentencepiece",
        "sentence_transformers": "texts",
        "sklearn": "mds",
        "torch": "torch",
        "transformers": "verify",
        "umap": "umap",
    }
)
"""Name of the import -> name of the extra in ``pyproject.toml``."""


@contextmanager
def required_for(work: str, *, extra: str | None = None) -> Iterator[None]:
    """Turn a missing optional package into the command that installs it.

    Parameters
    ----------
    work
        What needs the package, in a few words ("reading model.bin").
    extra
        The extra that brings all that this work needs, where a package serves several; by default that of :data:`EXTRAS`.

    Raises
    ------
    MissingExtraError
        If an import inside the block fails because a package named in :data:`EXTRAS` is not installed. A package that is
        there and broken shows its own error.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        usual = EXTRAS.get(error.name or "")
        if usual is None:
            raise
        raise MissingExtraError(
            f"{work} needs the package {error.name!r}: pip install 'projector-export[{extra or usual}]'"
        ) from error


def require(work: str, *packages: str, extra: str | None = None) -> None:
    """Look whether packages are installed, without importing them.

    Raises
    ------
    MissingExtraError
        If one is not; as :func:`required_for` says it.
    """
    for package in packages:
        with required_for(work, extra=extra):
            if find_spec(package) is None:
                raise ModuleNotFoundError(f"No module named {package!r}", name=package)
