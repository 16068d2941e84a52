"""Whatever lies in a folder, the check ends in a report."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from planted import Planted, Standalone

from projector_export.checks import check
from projector_export.errors import ProjectorExportError

NAMES = st.sampled_from(
    [
        "projector_config.pbtxt",
        "config.json",
        "checkpoint",
        "words/metadata.tsv",
        "words/vectors.bytes",
        "words/sprite.png",
        "words/bookmarks.json",
        "model.ckpt.index",
        "model.ckpt.data-00000-of-00001",
        "a/events.out.tfevents.1.host",
        "a/projector_config.pbtxt",
    ]
)
IMAGE_HEADS = [
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF89a",
    b"BM",
    b"RIFFxxxxWEBPVP8X",
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
]
CONTENTS = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.builds(lambda head, tail: head + tail, st.sampled_from(IMAGE_HEADS), st.binary(max_size=40)),
    st.lists(st.sampled_from(["1", "nan", "x", "\t", "\n", "\r", "__next__", "1e999", "", "é"])).map(
        lambda parts: "".join(parts).encode()
    ),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("tensorName", "tensorShape", "tensorPath", "metadataPath", "bookmarksPath", "sprite", "imagePath")


def survives(folder: Path) -> None:
    for tensorflow in (None, True, False):
        try:
            report = check(folder, tensorflow=tensorflow)
        except ProjectorExportError:
            continue
        json.dumps(report.as_json())
        assert all(f"{finding.where}{finding.problem}{finding.remedy}".isprintable() for finding in report.findings)


@settings(max_examples=150)
@given(files=st.dictionaries(NAMES, CONTENTS, min_size=1, max_size=4), standalone=st.booleans())
def test_random_files_in_a_clean_folder(files: dict[str, bytes], standalone: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = (Standalone if standalone else Planted)(Path(name) / "log").build()
        for path, content in files.items():
            folder.file(path).write_bytes(content)
        survives(folder.root)


@settings(max_examples=150)
@given(
    index=st.binary(max_size=6), position=st.integers(0, 10**6), shape=st.tuples(st.integers(0, 9), st.integers(0, 9))
)
def test_a_damaged_checkpoint(index: bytes, position: int, shape: tuple[int, int]) -> None:
    import numpy as np

    with tempfile.TemporaryDirectory() as name:
        folder = Planted(Path(name) / "log").build()
        folder.checkpoint({"words": np.ones(shape, np.float32), "b": np.ones(3)})
        data = bytearray(folder.file("model.ckpt.index").read_bytes())
        start = position % len(data)
        data[start : start + len(index)] = index
        folder.file("model.ckpt.index").write_bytes(data)
        folder.config(tensor_path="", tensor_shape=())
        survives(folder.root)


@settings(max_examples=150)
@example(entry={"tensorShape": [True, True]}, states=[])
@given(entry=st.dictionaries(st.sampled_from(FIELDS), JSON), states=JSON)
def test_any_json(entry: dict[str, object], states: object) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Standalone(Path(name) / "site").build()
        clean = {"tensorName": "w", "tensorShape": [9, 60], "tensorPath": "words/vectors.bytes"}
        config = {"embeddings": [{**clean, "bookmarksPath": "words/bookmarks.json", **entry}]}
        folder.file("config.json").write_text(json.dumps(config))
        folder.bookmarks(states)
        survives(folder.root)


@given(path=st.text(max_size=30))
def test_any_path(path: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        for kind in (Planted, Standalone):
            folder = kind(Path(name) / kind.__name__).build()
            folder.config(metadata_path=path.encode("utf-8", "ignore").decode())
            survives(folder.root)


def test_links_in_a_circle(tmp_path: Path) -> None:
    folder = Planted(tmp_path / "log").build()
    (folder.root / "words/again").symlink_to(folder.root, target_is_directory=True)
    (folder.root / "words/self").symlink_to(folder.root / "words/self")
    assert check(folder.root).findings == ()


@pytest.mark.skipif(os.name == "nt", reason="Windows refuses such names")
def test_names_that_are_no_unicode(tmp_path: Path) -> None:
    folder = Planted(tmp_path / "log").build()
    path = os.fsencode(folder.root) + b"/run\xff"
    Path(os.fsdecode(path)).mkdir()
    Path(os.fsdecode(path), "projector_config.pbtxt").write_bytes(b"x")
    report = check(folder.root)
    assert [finding.code for finding in report.findings] == ["config-not-in-run"]
    assert report.findings[0].where.isprintable()


def test_nothing_is_read_whole_into_memory(tmp_path: Path) -> None:
    import tracemalloc

    folder = Planted(tmp_path / "log").build()
    with open(folder.root / "words/vectors.bytes", "r+b") as file:
        file.truncate(4 * 64 * 1_000_000)
    folder.config(tensor_shape=(1_000_000, 64), metadata_path="", bookmarks_path="", sprite_path="", sprite_size=())
    tracemalloc.start()
    check(folder.root)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 150 * 2**20
