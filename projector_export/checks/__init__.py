"""Replay the viewer's own rules on any logdir or standalone folder, and say what will go wrong and how to mend it."""

from __future__ import annotations

from projector_export.checks.finding import Finding, Report, Severity, ShownTensor
from projector_export.checks.inspection import check

__all__ = ["Finding", "Report", "Severity", "ShownTensor", "check"]
