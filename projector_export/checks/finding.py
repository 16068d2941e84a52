"""What a check says: findings, the tensors that the viewer will show, and the report that holds both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from projector_export.provenance import JSONValue

__all__ = ["Finding", "Readers", "Report", "Severity", "ShownTensor", "fault", "note", "warning"]

Severity: TypeAlias = Literal["fault", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing to know about a folder.

    Parameters
    ----------
    code
        Short stable name of the kind, in kebab case.
    severity
        ``"fault"``: something will not be shown, or wrongly. ``"warning"``: it works, but not as most people expect, or
        only with TensorFlow beside TensorBoard. ``"note"``: worth knowing.
    where
        File relative to the folder, run and tensor.
    problem
        One sentence with the values.
    remedy
        One sentence: what to do or type.
    """

    code: str
    severity: Severity
    where: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.severity} [{self.code}] {self.where}: {self.problem} {self.remedy}"

    def as_json(self) -> dict[str, JSONValue]:
        """Return the finding as JSON values."""
        return {
            "code": self.code,
            "severity": self.severity,
            "where": self.where,
            "problem": self.problem,
            "remedy": self.remedy,
        }


def fault(code: str, where: str, problem: str, remedy: str) -> Finding:
    """Return a finding of something that will not be shown, or wrongly."""
    return Finding(code, "fault", where, problem, remedy)


def warning(code: str, where: str, problem: str, remedy: str) -> Finding:
    """Return a finding of something that works, but not as most people expect."""
    return Finding(code, "warning", where, problem, remedy)


def note(code: str, where: str, problem: str, remedy: str) -> Finding:
    """Return a finding that is worth knowing."""
    return Finding(code, "note", where, problem, remedy)


@dataclass(frozen=True)
class Readers:
    """Which TensorBoards a folder is judged for: one with TensorFlow beside it, one without, or both."""

    with_tensorflow: bool = True
    without_tensorflow: bool = True

    @property
    def modes(self) -> tuple[bool, ...]:
        """True and False as asked for, TensorFlow first."""
        return (True,) * self.with_tensorflow + (False,) * self.without_tensorflow

    @property
    def are_both(self) -> bool:
        """Whether both are judged for."""
        return self.with_tensorflow and self.without_tensorflow

    @property
    def splits_at_return(self) -> bool:
        """Whether a lone carriage return ends a line: TensorBoard's own file reader does so, TensorFlow's deletes it."""
        return self.without_tensorflow and not self.with_tensorflow

    def verdict(self, *, fails_with: bool, fails_without: bool) -> tuple[Severity, str] | None:
        """Return how grave a failure is and for whom, None where it does not touch the readers judged for.

        The words are empty, or ``"with TensorFlow installed, "`` or ``"without TensorFlow, "``.
        """
        fails_with = fails_with and self.with_tensorflow
        fails_without = fails_without and self.without_tensorflow
        if not (fails_with or fails_without):
            return None
        if fails_with:
            both = fails_without or not self.without_tensorflow
            return "fault", "" if both else "with TensorFlow installed, "
        return ("warning" if self.with_tensorflow else "fault"), "without TensorFlow, "


@dataclass(frozen=True)
class ShownTensor:
    """A tensor that the viewer will offer.

    Parameters
    ----------
    run
        Name of the run; empty in a standalone folder.
    name
        Name of the tensor in the viewer's list.
    shape
        ``(n_rows, n_dims)`` as shown, after the viewer's limit on rows.
    n_labels
        Rows of metadata that the viewer reads; None without metadata.
    """

    run: str
    name: str
    shape: tuple[int, int]
    n_labels: int | None

    def as_json(self) -> dict[str, JSONValue]:
        """Return the tensor as JSON values."""
        return {"run": self.run, "name": self.name, "shape": list(self.shape), "n_labels": self.n_labels}


@dataclass(frozen=True)
class Report:
    """What was found in a folder.

    Parameters
    ----------
    folder
        The folder as it was given.
    kind
        What it is: a logdir of TensorBoard, or a folder for the standalone projector.
    tensors
        What the viewer will show.
    findings
        Faults first, then warnings, then notes.
    """

    folder: str
    kind: Literal["tensorboard", "standalone"]
    tensors: tuple[ShownTensor, ...]
    findings: tuple[Finding, ...]

    @property
    def n_faults(self) -> int:
        """Number of findings of something that will not be shown, or wrongly."""
        return self._count("fault")

    @property
    def n_warnings(self) -> int:
        """Number of findings of something that works, but not as most people expect."""
        return self._count("warning")

    @property
    def n_notes(self) -> int:
        """Number of findings that are worth knowing."""
        return self._count("note")

    def _count(self, severity: Severity) -> int:
        return sum(finding.severity == severity for finding in self.findings)

    def as_json(self) -> dict[str, JSONValue]:
        """Return the report as JSON values."""
        return {
            "folder": self.folder,
            "kind": self.kind,
            "n_faults": self.n_faults,
            "n_warnings": self.n_warnings,
            "n_notes": self.n_notes,
            "tensors": [tensor.as_json() for tensor in self.tensors],
            "findings": [finding.as_json() for finding in self.findings],
        }
