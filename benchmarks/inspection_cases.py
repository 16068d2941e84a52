"""The whole inspection of a large vocabulary, and its growth with rows."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from cases import HERE, N_DIMS, N_ROWS, Outcome, at_most, finish, our_script
from measure import Contender, take_turns

GROWTH_ROWS = (32_000, 64_000, 128_000, N_ROWS)


def inspection(folder: Path, repeat: int, tell: Callable[[str], None]) -> Outcome:
    """``inspect`` without ``--verify`` on models of 4,096 dimensions in bfloat16."""
    contenders = []
    for n_rows in GROWTH_ROWS:
        tell(f"making a model of {n_rows:,} x {N_DIMS:,} bfloat16")
        model = folder / f"model-{n_rows}"
        finish([sys.executable, str(HERE / "large_model.py"), str(model), str(n_rows), str(N_DIMS)])
        command = [our_script(), "inspect", str(model), "--csv", "{out}/findings.csv", "--quiet"]
        contenders.append(Contender(f"inspect {n_rows:,} rows", [command], "findings as CSV"))
    found = take_turns(contenders, folder, repeat=repeat, tell=tell)
    largest, half = found[-1], found[-2]
    targets = (
        at_most(f"time at {N_ROWS:,} rows", largest.seconds, 180, "s"),
        at_most(f"peak memory at {N_ROWS:,} rows", largest.peak_bytes / 1e6, 3000, "MB"),
    )
    remark = f"Twice the rows: {largest.cpu_seconds / half.cpu_seconds:.2f} times the CPU time."
    return Outcome(f"inspect, {N_DIMS:,} dimensions in bfloat16", found, targets, (remark,))
