"""Neighbours kept in a folder for the next command, under a name that only the same rows have."""

from __future__ import annotations

import os
import re
import time
import uuid
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from projector_export.table import Neighbours
from projector_export.vectors import Vectors, blocks_of

__all__ = ["GraphCache", "digest_of"]

VERSION = "1"
"""Raised when the same rows get other neighbours than before."""

N_KEPT = 4
N_CHECKED = 8
STALE_SECONDS = 24 * 3600
"""Age at which a half-written file has no writer any more."""

OURS = re.compile(r"neighbours-[0-9a-f]{64}\.npz")
OURS_UNFINISHED = re.compile(r"\.neighbours-[0-9a-f]{64}\.[0-9a-f]{32}\.tmp")
DAMAGED = (OSError, ValueError, KeyError, EOFError, MemoryError, NotImplementedError, RuntimeError, zipfile.BadZipFile)
"""What a file that is not what it claims makes :func:`numpy.load` raise."""


def digest_of(vectors: Vectors, search: str) -> str:
    """Return a name for the neighbours of rows: SHA-256 of their shape, their float32 values and how they are searched.

    Parameters
    ----------
    vectors
        Rows.
    search
        Metric, method, and all else on which the neighbours depend.
    """
    digest = sha256(f"{VERSION} {search} {vectors.shape[0]} {vectors.shape[1]} ".encode())
    for _, block in blocks_of(vectors):
        digest.update(np.ascontiguousarray(block, dtype="<f4").data)
    return digest.hexdigest()


@dataclass(frozen=True)
class GraphCache:
    """A folder of at most 4 graphs; files of other names in it are left alone.

    Several commands may use it at once: a file is there whole or not at all.

    Parameters
    ----------
    folder
        Made when there is something to keep.
    """

    folder: Path

    def load(self, digest: str, vectors: Vectors, k: int, *, metric: str, method: str) -> Neighbours | None:
        """Return k neighbours of each row, or None where there are none that can be believed.

        Parameters
        ----------
        digest
            Of :func:`digest_of`.
        vectors
            The rows: distances of 8 of them are computed again.
        k
            Wanted neighbours of each row; a graph of more serves too.
        metric
            Of the distances.
        method
            By which they were found.
        """
        path = self._path(digest)
        try:
            found = _read(path, metric, method)
            if found.k < k or len(found.indices) != vectors.shape[0]:
                return None
        except DAMAGED:
            return None
        if not _is_sound(found) or not _is_true(found, vectors):
            return None
        with suppress(OSError):  # a folder that cannot be written still serves
            os.utime(path)
        return found.first(k)

    def keep(self, digest: str, neighbours: Neighbours) -> str | None:
        """Write a graph and remove the oldest ones.

        Returns
        -------
        str or None
            Why it could not be kept: the command has its neighbours all the same.
        """
        unfinished = self.folder / f".neighbours-{digest}.{uuid.uuid4().hex}.tmp"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                with open(unfinished, "xb") as file:
                    _write(file, neighbours)
                unfinished.replace(self._path(digest))
            finally:
                unfinished.unlink(missing_ok=True)
            self._remove_oldest()
        except OSError as error:
            return error.strerror or type(error).__name__
        return None

    def _path(self, digest: str) -> Path:
        return self.folder / f"neighbours-{digest}.npz"

    def _remove_oldest(self) -> None:
        ages = {path: path.lstat().st_mtime for path in self.folder.iterdir() if not path.is_dir()}
        whole = sorted((path for path in ages if OURS.fullmatch(path.name)), key=lambda path: ages[path])
        stale = time.time() - STALE_SECONDS
        left = [path for path, age in ages.items() if OURS_UNFINISHED.fullmatch(path.name) and age < stale]
        for path in (*whole[:-N_KEPT], *left):
            path.unlink(missing_ok=True)


def _write(file: BinaryIO, neighbours: Neighbours) -> None:
    recall = np.float64(neighbours.recall)
    np.savez(file, indices=neighbours.indices, distances=neighbours.distances, recall=recall)


def _read(path: Path, metric: str, method: str) -> Neighbours:
    if not path.is_file():
        raise FileNotFoundError(path)
    with open(path, "rb") as file:
        with zipfile.ZipFile(file) as archive:
            if sum(member.file_size for member in archive.infolist()) > path.stat().st_size:
                raise ValueError("it would be larger than itself")
        file.seek(0)
        with np.load(file, allow_pickle=False) as arrays:
            indices, distances, recall = arrays["indices"], arrays["distances"], float(arrays["recall"])
    if indices.dtype != np.int32 or distances.dtype != np.float32 or not 0 <= recall <= 1:
        raise ValueError("it holds other numbers")
    return Neighbours(indices, distances, metric, method, recall)


def _is_sound(found: Neighbours) -> bool:
    """Tell whether no row is its own neighbour or has one twice, and distances are numbers that do not fall."""
    rows = np.sort(found.indices, axis=1)
    alone = (rows[:, 1:] > rows[:, :-1]).all() and (found.indices != np.arange(len(rows))[:, None]).all()
    numbers = np.isfinite(found.distances).all() and (found.distances[:, 0] >= 0).all()
    return bool(alone and numbers and (found.distances[:, 1:] >= found.distances[:, :-1]).all())


def _is_true(found: Neighbours, vectors: Vectors) -> bool:
    """Compare a few rows with their distances to all rows, computed in float64."""
    chosen = np.random.default_rng().choice(len(found.indices), min(N_CHECKED, len(found.indices)), replace=False)
    distances = _distances(vectors, chosen.tolist(), found.metric)
    tolerance = 1e-6 * distances.max(axis=1, keepdims=True)
    kept = found.distances[chosen]
    true = np.take_along_axis(distances, found.indices[chosen], axis=1)
    if not (np.abs(kept - true) <= 1e-3 * true + tolerance).all():
        return False
    if found.method != "exact":
        return True
    distances[np.arange(len(chosen)), chosen] = np.inf
    nearest = np.sort(np.partition(distances, found.k - 1, axis=1)[:, : found.k], axis=1)
    return bool((np.abs(kept - nearest) <= 1e-3 * nearest + tolerance).all())


def _distances(vectors: Vectors, chosen: list[int], metric: str) -> npt.NDArray[np.float64]:
    """Return the distances of a few rows to all rows, shape ``(n_chosen, n_rows)``."""
    rows = np.concatenate([vectors.read(row, row + 1) for row in chosen]).astype(np.float64)
    shift = rows[0].copy() if metric == "euclidean" else np.zeros(rows.shape[1])
    rows = _placed(rows - shift, metric)
    found = []
    for _, block in blocks_of(vectors):
        placed = _placed(block - shift, metric)
        squared = (rows**2).sum(axis=1)[:, None] + (placed**2).sum(axis=1) - 2 * (rows @ placed.T)
        found.append(squared)
    squares = np.maximum(np.concatenate(found, axis=1), 0)
    return np.asarray(squares / 2 if metric == "cosine" else np.sqrt(squares), dtype=np.float64)


def _placed(rows: npt.NDArray[np.float64], metric: str) -> npt.NDArray[np.float64]:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / lengths if metric == "cosine" else rows, dtype=np.float64)
