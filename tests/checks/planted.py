"""A small clean logdir (or standalone folder) with one of everything, into which a test plants one fault."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from projector_export.formats import event_file, projector_config, raw_tensor, standalone_config, tensor_bundle
from projector_export.formats.checksum import crc32c
from projector_export.formats.projector_config import EmbeddingInfo, ProjectorConfig

N_ROWS, N_DIMS, CELL = 9, 60, 4


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = (b"\0" + b"\x80" * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def vectors(n_rows: int = N_ROWS, n_dims: int = N_DIMS) -> np.ndarray:
    values = np.random.default_rng(7).normal(size=(n_rows, n_dims)).astype("<f4")
    values -= values.mean(axis=0)
    values /= max(np.linalg.norm(values, axis=1).max(), 1e-6)
    return raw_tensor.nudged(values)[0] if raw_tensor.is_taken_for_text(values.tobytes()) else values


def bookmark(**changes: object) -> dict[str, object]:
    point = {f"pca-{axis}": 0.1 for axis in range(10)} | {f"umap-{axis}": 0.2 for axis in range(3)}
    state: dict[str, object] = {
        "label": "saved",
        "isSelected": False,
        "projections": [point] * N_ROWS,
        "selectedProjection": "umap",
        "dataSetDimensions": [N_ROWS, N_DIMS],
        "pcaComponentDimensions": [0, 1, 2],
        "tSNEPerplexity": 8,
        "tSNELearningRate": 10,
        "tSNEIteration": 0,
        "selectedPoints": [],
        "selectedLabelOption": "word",
        **{f"custom{side}Text": "" for side in ("XLeft", "XRight", "YUp", "YDown")},
    }
    state.update(changes)
    return {key: value for key, value in state.items() if value is not ...}


CLEAN = EmbeddingInfo(
    tensor_name="words",
    tensor_path="words/vectors.bytes",
    tensor_shape=(N_ROWS, N_DIMS),
    metadata_path="words/metadata.tsv",
    bookmarks_path="words/bookmarks.json",
    sprite_path="words/sprite.png",
    sprite_size=(CELL, CELL),
)


@dataclass
class Planted:
    """A folder with one tensor "words", its metadata, sprite and bookmarks."""

    root: Path
    info: EmbeddingInfo = field(default_factory=lambda: CLEAN)

    def build(self) -> Planted:
        (self.root / "words").mkdir(parents=True)
        self.tensor(vectors())
        self.metadata([f"word {row}\tkind {row % 2}\t{row % 3}" for row in range(N_ROWS)])
        self.file("words/sprite.png").write_bytes(png(3 * CELL, 3 * CELL))
        self.bookmarks([bookmark()])
        self.config()
        return self

    def file(self, path: str) -> Path:
        found = self.root / path
        found.parent.mkdir(parents=True, exist_ok=True)
        return found

    def tensor(self, values: np.ndarray, path: str = "words/vectors.bytes") -> None:
        self.file(path).write_bytes(values.astype("<f4").tobytes())

    def resized(self, values: np.ndarray) -> None:
        """Replace the tensor and everything whose size depends on it, so that only its values or shape matter."""
        self.tensor(values)
        self.metadata([f"word {row}\tkind {row % 2}\t{row % 3}" for row in range(len(values))])
        self.config(tensor_shape=values.shape, bookmarks_path="", sprite_path="", sprite_size=())

    def metadata(self, rows: list[str], header: str | None = "word\tkind\tcount") -> None:
        self.file("words/metadata.tsv").write_bytes(
            "".join(f"{line}\n" for line in ([header] if header else []) + rows).encode()
        )

    def bookmarks(self, states: object) -> None:
        self.file("words/bookmarks.json").write_text(json.dumps(states))

    def config(self, path: str = "projector_config.pbtxt", **changes: object) -> None:
        self.info = replace(self.info, **changes)
        self.configs(self.info, path=path)

    def configs(self, *infos: EmbeddingInfo, path: str = "projector_config.pbtxt", **fields: str) -> None:
        self.file(path).write_text(projector_config.encode(ProjectorConfig(infos, **fields)))

    def event(self, folder: str) -> None:
        self.file(f"{folder}/events.out.tfevents.1.host").write_bytes(event_file.encode_file_version(1.0))

    def checkpoint(self, tensors: dict[str, np.ndarray], prefix: str = "model.ckpt", *, state: bool = True) -> None:
        entries, data = [], b""
        for name, values in tensors.items():
            raw = values.tobytes()
            entries.append(
                tensor_bundle.TensorEntry(name, str(values.dtype), values.shape, 0, len(data), len(raw), crc32c(raw))
            )
            data += raw
        self.file(f"{prefix}.index").write_bytes(tensor_bundle.encode_index(entries))
        self.file(f"{prefix}.data-00000-of-00001").write_bytes(data)
        if state:
            self.file("checkpoint").write_text(tensor_bundle.checkpoint_state(prefix))


@dataclass
class Standalone(Planted):
    """The same for a browser."""

    def configs(self, *infos: EmbeddingInfo, path: str = "config.json", **fields: str) -> None:
        del fields
        self.file(path).write_text(standalone_config.encode(infos))

    def config(self, path: str = "config.json", **changes: object) -> None:
        super().config(path, **changes)


@dataclass(frozen=True)
class Case:
    """One planted fault and what the check has to say about it."""

    name: str
    code: str
    words: tuple[str, ...]
    severity: str
    plant: Callable[[Planted], None]
    server: bool | None = None
    """Whether TensorBoard's own server fails on it too, whatever the viewer does; None: the viewer decides."""


def collector() -> tuple[list[Case], Callable[..., Callable[[Callable[[Planted], None]], None]]]:
    """Return a list of cases and the decorator that fills it."""
    cases: list[Case] = []

    def case(code: str, *words: str, severity: str = "fault", server: bool | None = None):
        def keep(plant: Callable[[Planted], None]) -> None:
            cases.append(Case(plant.__name__, code, words, severity, plant, server))

        return keep

    return cases, case
