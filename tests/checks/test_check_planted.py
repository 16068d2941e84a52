"""One planted fault at a time: the check names it, says file and value, and finds no other fault."""

from __future__ import annotations

from pathlib import Path

import cases_assets
import cases_tensorboard
import numpy as np
import pytest
from planted import N_DIMS, N_ROWS, Case, Planted, vectors

from projector_export.checks import Finding, Report, check
from projector_export.errors import NotFoundError
from projector_export.formats import tensor_tsv

CASES = [*cases_tensorboard.CASES, *cases_assets.CASES]
CONSEQUENCES = {
    "nothing-to-show": {"config-without-tensors", "tensor-not-in-checkpoint", "keras-hard-coded-name"},
    "keras-weights-file": {"keras-hard-coded-name"},
    "row-mismatch": set(),
}
"""Faults that another one always brings with it."""
SILENT = {"nothing-to-show", "tensor-not-in-checkpoint", "keras-hard-coded-name"}
"""What is also said whenever nothing at all can be shown."""


@pytest.fixture
def folder(tmp_path: Path) -> Planted:
    return Planted(tmp_path / "log").build()


def findings(report: Report, severity: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.severity == severity]


def test_a_clean_logdir_has_no_findings(folder: Planted) -> None:
    report = check(folder.root)
    assert report.findings == ()
    assert report.kind == "tensorboard"
    assert [tensor.as_json() for tensor in report.tensors] == [
        {"run": ".", "name": "words", "shape": [N_ROWS, N_DIMS], "n_labels": N_ROWS}
    ]


def test_a_clean_run_below_the_logdir_has_no_findings(folder: Planted) -> None:
    cases_tensorboard.move_to_run(folder, "runs/a", events=True)
    report = check(folder.root)
    assert report.findings == ()
    assert [tensor.run for tensor in report.tensors] == ["runs/a"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_planted_fault_is_found(folder: Planted, case: Case) -> None:
    case.plant(folder)
    report = check(folder.root)
    found = [finding for finding in report.findings if finding.code == case.code]
    assert found, [str(finding) for finding in report.findings]
    assert found[0].severity == case.severity
    for word in case.words:
        assert word in str(found[0])
    for finding in report.findings:
        assert f"{finding.where}{finding.problem}{finding.remedy}".isprintable()
        assert finding.problem.endswith((".", "..."))
        assert finding.remedy.endswith((".", "..."))
    others = {finding.code for finding in findings(report, "fault")} - {case.code}
    if not report.tensors:
        others -= SILENT
    assert others <= CONSEQUENCES.get(case.code, set()), [str(finding) for finding in report.findings]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="gone"):
        check(tmp_path / "gone")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotFoundError, match="file"):
        check(tmp_path / "file")


def test_without_tensorflow_a_checkpoint_alone_is_a_fault(folder: Planted) -> None:
    cases_tensorboard.CASES[[case.name for case in cases_tensorboard.CASES].index("checkpoint_only")].plant(folder)
    assert check(folder.root, tensorflow=True).n_faults == 0
    assert check(folder.root, tensorflow=True).n_warnings == 0
    without = check(folder.root, tensorflow=False)
    assert {finding.code for finding in findings(without, "fault")} == {"needs-tensorflow", "nothing-to-show"}
    assert without.tensors == ()


def test_the_text_trap_that_only_tensorflow_falls_into(folder: Planted) -> None:
    values = np.full((N_ROWS, N_DIMS), 0.7, np.float32) + vectors()
    raw = bytearray(values.tobytes())
    raw[:4] = b"AA\n>"
    folder.file("words/vectors.bytes").write_bytes(raw)
    report = check(folder.root)
    assert [finding.code for finding in report.findings] == ["tensor-taken-for-text"]
    assert "with TensorFlow installed" in report.findings[0].problem
    assert check(folder.root, tensorflow=False).findings == ()


def test_padding_lines_that_shift_nothing_are_no_finding(folder: Planted) -> None:
    path = folder.file("words/metadata.tsv")
    path.write_bytes(path.read_bytes().replace(b"word 3", b"\n\n\nword 3"))
    assert check(folder.root).findings == ()


def test_windows_lines_are_no_finding_in_tensorboard(folder: Planted) -> None:
    path = folder.file("words/metadata.tsv")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert check(folder.root).findings == ()


def test_every_tensor_after_a_missing_one_is_still_judged(folder: Planted) -> None:
    from dataclasses import replace

    folder.configs(replace(folder.info, tensor_name="gone", tensor_path="gone.bytes"), folder.info)
    report = check(folder.root)
    assert [finding.code for finding in report.findings] == ["tensor-file-missing"]


def test_hostile_names_are_never_shown_raw(folder: Planted) -> None:
    folder.config(tensor_name="\x1b[31mred\u202e", metadata_path="\x1b]0;x\x07.tsv")
    report = check(folder.root)
    assert report.n_faults
    for finding in report.findings:
        assert finding.where.isprintable()
        assert finding.problem.isprintable()


def test_a_large_tensor_is_judged_by_its_shape(folder: Planted) -> None:
    with open(folder.root / "words/vectors.bytes", "wb") as file:
        file.write(vectors(1, 1600).tobytes())
        file.truncate(4 * 1600 * 90_000)
    folder.config(tensor_shape=(90_000, 1600), metadata_path="", bookmarks_path="", sprite_path="", sprite_size=())
    assert "too-large-for-browser" in [finding.code for finding in findings(check(folder.root), "fault")]


def test_below_a_folder_called_plugins_checkpoints_are_searched_elsewhere(tmp_path: Path) -> None:
    folder = Planted(tmp_path / "plugins/x/log").build()
    folder.checkpoint({"words": vectors()})
    folder.config(tensor_path="")
    report = check(folder.root, tensorflow=True)
    assert "plugins-in-path" in [finding.code for finding in report.findings]
    assert str(tmp_path / "plugins") in str(report.findings)
    assert report.tensors == ()


def test_a_large_text_is_a_note(folder: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projector_export.checks.tensorboard_check.LARGE_TEXT_BYTES", 100)
    folder.file("words/vectors.bytes").write_bytes(tensor_tsv.encode(vectors()))
    assert [finding.code for finding in check(folder.root).findings] == ["large-text"]


@pytest.mark.parametrize("file", ["metadata.tsv", "vectors.bytes"])
def test_a_file_that_fails_in_the_middle_is_a_finding(
    folder: Planted, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise OSError(5, "Input/output error")

    place = "asset_checks.read_metadata" if file == "metadata.tsv" else "tensor_file.gather"
    monkeypatch.setattr(f"projector_export.checks.{place}", broken)
    report = check(folder.root)
    assert [(finding.code, finding.severity) for finding in report.findings] == [("file-unreadable", "fault")]
    assert report.findings[0].where.startswith(f"words/{file}")
    assert "Input/output error" in report.findings[0].problem


def test_progress_counts_tensors(folder: Planted) -> None:
    seen: list[tuple[int, int]] = []
    check(folder.root, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 1), (1, 1)]
