"""The runs of a training below its logdir: their names, which of them are there, and the vectors in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal, get_args

from projector_export.errors import InvalidInputError
from projector_export.formats import projector_config
from projector_export.sources import own_export
from projector_export.vectors import FileVectors

__all__ = ["TRAJECTORY_RUN", "UNITS", "Unit", "check_unit", "recorded", "run_name", "stored_vectors"]

Unit = Literal["epoch", "step"]

UNITS: tuple[Unit, ...] = get_args(Unit)

TRAJECTORY_RUN = "trajectory"

_N_DIGITS = {"epoch": 3, "step": 7}


def check_unit(unit: str) -> Unit:
    """Return a unit, if it is one.

    Raises
    ------
    InvalidInputError
        If it is not.
    """
    for known in UNITS:
        if unit == known:
            return known
    raise InvalidInputError(
        f"a training is recorded every so many epochs or steps: unit is 'epoch' or 'step', not {unit!r}"
    )


def run_name(unit: Unit, number: int) -> str:
    """Return the name of a run: numbers have leading zeros, so that names sort as numbers do.

    Examples
    --------
    >>> run_name("epoch", 7), run_name("step", 1500)
    ('epoch-007', 'step-0001500')
    """
    return f"{unit}-{number:0{_N_DIGITS[unit]}}"


def recorded(logdir: Path, unit: Unit) -> dict[int, Path]:
    """Return the runs that a logdir holds, by number: only those whose export is complete."""
    pattern = re.compile(rf"{unit}-(\d+)")
    found = {}
    for folder in logdir.glob(f"{unit}-*"):
        match = pattern.fullmatch(folder.name)
        if match and folder.name == run_name(unit, int(match[1])) and (folder / projector_config.FILE_NAME).is_file():
            found[int(match[1])] = folder
    return dict(sorted(found.items()))


def stored_vectors(run: Path, name: str) -> FileVectors | None:
    """Return the vectors of one tensor of a run, still on disk; None where the run has no export of that name.

    Raises
    ------
    CorruptFileError
        If the run's files are not what they say.
    """
    return own_export.stored_vectors(run, name, remedy=f"delete the run {run.name}")
