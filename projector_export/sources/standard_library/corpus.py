"""Find a library's source files and their docstrings; nothing is imported or executed."""

from __future__ import annotations

import ast
import os
import sysconfig
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from projector_export.errors import NotFoundError
from projector_export.sources.standard_library.progress import Progress, stage

__all__ = ["Corpus", "docstrings_of", "read_corpus", "standard_library_folder"]

_OTHER_FOLDERS = frozenset({"__pycache__", "dist-packages", "idle_test", "site-packages", "test", "tests"})
_GENERATED_PREFIX = "_sysconfigdata"
_BLOCKS = ("finalbody", "orelse", "cases", "handlers", "body")


@dataclass(frozen=True)
class Corpus:
    """The text of a library.

    Parameters
    ----------
    sources
        Text of each file, in the order of their paths.
    docstrings
        Docstrings of all modules, classes and functions, in the order in which they stand in the files, without
        indentation.
    n_skipped
        Files and folders that could not be read, decoded or parsed.
    """

    sources: tuple[str, ...]
    docstrings: tuple[str, ...]
    n_skipped: int


def standard_library_folder() -> Path:
    """Return the folder of the running Python's standard library.

    Raises
    ------
    NotFoundError
        If there is none on disk, as with a zipped or embedded Python.
    """
    folder = Path(sysconfig.get_path("stdlib"))
    if not folder.is_dir():
        raise NotFoundError(
            f"the running Python keeps no standard library in {str(folder)!r} (it is zipped or embedded): "
            "use a Python that was installed with its source files"
        )
    return folder


def read_corpus(folder: Path, *, progress: Progress | None = None) -> Corpus:
    """Read all source files below a folder, without tests and installed packages.

    Parameters
    ----------
    folder
        Where the library lies. Links that lead out of it are not followed.
    progress
        Called with the stage's name and the share of the files that were read.

    Raises
    ------
    NotFoundError
        If there is no source file that can be parsed, or no docstring.
    """
    report = stage(progress, "reading source files")
    paths, n_skipped = _source_files(folder)
    sources: list[str] = []
    docstrings: list[str] = []
    for position, path in enumerate(paths):
        report(position / len(paths))
        try:
            source = _read_source(path)
            found = list(docstrings_of(source))
        except (SyntaxError, ValueError, LookupError, OSError, RecursionError, MemoryError):
            n_skipped += 1
            continue
        sources.append(source)
        docstrings.extend(found)
    if not docstrings:
        raise NotFoundError(
            f"folder {str(folder)!r} holds no Python source file with a docstring ({len(paths):,} files found, "
            f"{n_skipped:,} of them skipped): use a Python that was installed with its source files"
        )
    report(1.0)
    return Corpus(tuple(sources), tuple(docstrings), n_skipped)


def docstrings_of(source: str) -> Iterator[str]:
    """Find the docstrings of a module, its classes and its functions, at any depth.

    Parameters
    ----------
    source
        Text of a Python file. It is parsed, never executed.

    Yields
    ------
    str
        One docstring, cleaned as :func:`inspect.cleandoc` does; lone surrogates have become ``?``.

    Raises
    ------
    SyntaxError, ValueError, RecursionError, MemoryError
        What :func:`ast.parse` raises.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        todo: list[ast.AST] = [ast.parse(source)]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node)
            if docstring:
                yield _encodable(docstring)
        # Expressions hold no docstrings and are nine tenths of the tree: only blocks of statements are entered.
        for block in _BLOCKS:
            children = getattr(node, block, None)
            if isinstance(children, list):
                todo.extend(reversed(children))


def _source_files(folder: Path) -> tuple[list[Path], int]:
    """Return the paths of the source files below a folder, sorted, and how many places could not be looked into."""
    unreadable: list[OSError] = []
    root = folder.resolve()
    paths: list[Path] = []
    for parent, folders, names in os.walk(root, onerror=unreadable.append):
        folders[:] = sorted(name for name in folders if name not in _OTHER_FOLDERS)
        for name in sorted(names):
            path = Path(parent, name)
            if name.endswith(".py") and not name.startswith(_GENERATED_PREFIX) and _is_file_inside(path, root):
                paths.append(path)
    return paths, len(unreadable)


def _is_file_inside(path: Path, root: Path) -> bool:
    return path.is_file() and (not path.is_symlink() or path.resolve().is_relative_to(root))


def _read_source(path: Path) -> str:
    with tokenize.open(path) as file:
        return _encodable(file.read())


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
