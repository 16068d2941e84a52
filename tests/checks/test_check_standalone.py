"""Folders for the standalone viewer: one planted fault at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from planted import N_DIMS, N_ROWS, Case, Standalone, collector, vectors

from projector_export.checks import check
from projector_export.formats import tensor_tsv

CASES, case = collector()


@case("config-unreadable", "config.json")
def no_json(folder: Standalone) -> None:
    folder.file("config.json").write_text("{")


@case("config-unreadable", "'embeddings'")
def other_json(folder: Standalone) -> None:
    folder.file("config.json").write_text('{"hidden_size": 8}')


@case("config-without-tensors", "names no tensor")
def no_tensors(folder: Standalone) -> None:
    folder.configs()


@case("bytes-suffix", "does not end in .bytes", "raw numbers")
def raw_of_another_name(folder: Standalone) -> None:
    folder.tensor(np.zeros((N_ROWS, N_DIMS)), "words/vectors.bin")
    folder.config(tensor_path="words/vectors.bin")


@case("bytes-suffix", "'?' counts")
def query_after_the_suffix(folder: Standalone) -> None:
    folder.tensor(np.zeros((N_ROWS, N_DIMS)))
    folder.config(tensor_path="words/vectors.bytes?v=2")


@case("bytes-suffix", "ends in .bytes", "it is text")
def text_called_bytes(folder: Standalone) -> None:
    folder.file("words/vectors.bytes").write_bytes(tensor_tsv.encode(vectors()))


@case("bytes-suffix", ".npy")
def numpy_called_bytes(folder: Standalone) -> None:
    with open(folder.root / "words/vectors.bytes", "wb") as file:
        np.save(file, vectors())


@case("tensor-size-mismatch", "2,159 bytes", "60 float32")
def truncated(folder: Standalone) -> None:
    folder.file("words/vectors.bytes").write_bytes(vectors().tobytes()[:-1])


@case("tensor-shape-mismatch", "says 12 rows", "has 9", severity="warning")
def fewer_rows_than_said(folder: Standalone) -> None:
    folder.config(tensor_shape=(12, N_DIMS))


@case("tensor-without-shape", "tensorShape is []")
def no_shape(folder: Standalone) -> None:
    folder.config(tensor_shape=())


@case("tensor-without-path", "nothing to load")
def no_path(folder: Standalone) -> None:
    folder.config(tensor_path="")


@case("tensor-file-missing", "'gone.bytes'")
def missing_tensor(folder: Standalone) -> None:
    folder.config(tensor_path="gone.bytes")


@case("sprite-file-missing", "'gone.png'")
def missing_sprite(folder: Standalone) -> None:
    folder.config(sprite_path="gone.png")


@case("outside-folder", "'../outside.bytes'")
def outside(folder: Standalone) -> None:
    folder.tensor(vectors(), "../outside.bytes")
    folder.config(tensor_path="../outside.bytes")


@case("insecure-address", "http://example.org", severity="warning")
def insecure(folder: Standalone) -> None:
    folder.config(metadata_path="http://example.org/words/metadata.tsv")


@case("address-not-followed", "https://example.org/other.tsv", severity="note")
def remote(folder: Standalone) -> None:
    folder.config(metadata_path="https://example.org/other.tsv")


@case("upload-rows", "words/vectors.tsv", "8 rows")
def upload_of_other_length(folder: Standalone) -> None:
    folder.file("words/vectors.tsv").write_bytes(tensor_tsv.encode(vectors()[:8]))


@case("tensor-text-invalid", "Line 2 has 2 numbers")
def ragged_text(folder: Standalone) -> None:
    text_tensor(folder, "1\t2\t3\n1\t2\n")


@case("tensor-text-invalid", "two or more")
def one_number_a_row(folder: Standalone) -> None:
    text_tensor(folder, "1\n2\n")


@case("tensor-text-invalid", "no line break")
def one_row_without_line_break(folder: Standalone) -> None:
    text_tensor(folder, "1\t2\t3")


@case("labels-thrown-away", "9 rows", severity="note")
def labels_in_the_text(folder: Standalone) -> None:
    text_tensor(folder, "".join(f"w{row}\t0.{row}\t0.{9 - row}\t-0.3\n" for row in range(N_ROWS)))


@case("not-finite", "row 1")
def words_in_the_text(folder: Standalone) -> None:
    text_tensor(folder, "1\t2\t3\n1\tx\t3\n")


@case("crlf", "words/metadata.tsv")
def windows_lines(folder: Standalone) -> None:
    path = folder.file("words/metadata.tsv")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


@case("name-doubled", "'words'")
def doubled(folder: Standalone) -> None:
    folder.configs(folder.info, folder.info)


def text_tensor(folder: Standalone, text: str) -> None:
    folder.file("words/v.tsv").write_text(text)
    changes = {"metadata_path": "", "bookmarks_path": "", "sprite_path": "", "sprite_size": ()}
    folder.config(tensor_path="words/v.tsv", **changes)


@pytest.fixture
def folder(tmp_path: Path) -> Standalone:
    return Standalone(tmp_path / "site").build()


def test_a_clean_folder_has_only_the_note_on_paths(folder: Standalone) -> None:
    folder.file("words/vectors.tsv").write_bytes(tensor_tsv.encode(vectors()))
    report = check(folder.root)
    assert report.kind == "standalone"
    assert [finding.code for finding in report.findings] == ["paths-relative-to-page"]
    assert [(tensor.name, tensor.shape, tensor.n_labels) for tensor in report.tensors] == [
        ("words", (N_ROWS, N_DIMS), N_ROWS)
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_planted_fault_is_found(folder: Standalone, case: Case) -> None:
    case.plant(folder)
    report = check(folder.root)
    found = [finding for finding in report.findings if finding.code == case.code]
    assert found, [str(finding) for finding in report.findings]
    assert found[0].severity == case.severity
    for word in case.words:
        assert word in str(found[0])
    assert {finding.code for finding in report.findings if finding.severity == "fault"} <= {case.code}


def test_addresses_of_this_very_folder_are_checked_here(folder: Standalone) -> None:
    base = "https://example.org/site/"
    folder.configs(
        replace(
            folder.info,
            tensor_path=f"{base}words/vectors.bytes",
            metadata_path=f"{base}words/metadata.tsv",
            bookmarks_path="",
            sprite_path="",
        )
    )
    report = check(folder.root)
    assert report.findings == ()
    assert report.tensors[0].n_labels == N_ROWS


def test_more_than_100000_rows_are_no_limit_here(folder: Standalone) -> None:
    folder.resized(vectors(100_001, 3))
    assert [finding.code for finding in check(folder.root).findings] == ["paths-relative-to-page"]
    assert check(folder.root).tensors[0].shape == (100_001, 3)


def test_a_folder_may_be_both(folder: Standalone) -> None:
    from planted import Planted

    Planted(folder.root, folder.info).config()
    report = check(folder.root)
    assert report.kind == "tensorboard"
    assert [tensor.run for tensor in report.tensors] == [".", ""]
