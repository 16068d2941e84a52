"""The program against its peers, same work, one run: ``python benchmarks/run.py``; see README.md beside it."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FrameType
from typing import NoReturn

from cases import Case, Outcome, hub, large, vocabulary
from inspection_cases import inspection
from keras_cases import keras
from layout_cases import growth, layouts
from measure import Measurement, RunFailedError, own_peak_bytes
from rich.console import Console
from rich.table import Table
from text_cases import text_memory, texts
from torch_cases import add_embedding
from word_vector_cases import word_vectors

PACKAGES = (
    "numpy", "torch", "tensorflow", "tensorboard", "safetensors", "tokenizers", "umap-learn", "openTSNE", "scikit-learn",
    "faiss-cpu", "pacmap", "keras", "gensim", "sentence-transformers", "transformers",
)  # fmt: skip

CASES = {
    "vocabulary": Case(5, vocabulary),
    "large": Case(1, large),
    "hub": Case(1, hub),
    "layouts": Case(1, layouts),
    "growth": Case(1, growth),
    "inspection": Case(1, inspection),
    "keras": Case(3, keras),
    "add_embedding": Case(3, add_embedding),
    "word_vectors": Case(1, word_vectors),
    "texts": Case(1, texts),
    "text_memory": Case(1, text_memory),
}


def main() -> None:
    """Run the cases that were asked for and print them."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, _interrupt)
    talk = Console(stderr=True)
    console = Console(width=max(160, Console().width), highlight=False)
    report = []
    for name in arguments.only or CASES:
        case = CASES[name]
        before = os.getloadavg()[0]
        try:
            with tempfile.TemporaryDirectory(prefix="projector-export-benchmark-", dir=arguments.folder) as scratch:
                outcome = case.run(Path(scratch), arguments.repeat or case.repeat, lambda text: talk.print(f"  {text}"))
        except RunFailedError as error:
            raise SystemExit(f"Error: {error}") from error
        load = (before, os.getloadavg()[0])
        report.append(_as_json(name, outcome, load))
        if not arguments.json:
            _show(console, outcome, load)
    if arguments.json:
        print(json.dumps({"machine": _machine(), "cases": report}, indent=2))
    else:
        console.print(", ".join(f"{key} {value}" for key, value in _machine().items()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=sorted(CASES), help="a case; may be given several times")
    parser.add_argument("--repeat", type=int, help="rounds; by default 5, and 1 for the large case")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument(
        "--folder", type=Path, help="where temporary files go: 11 GB for the large case; a disk, not memory"
    )
    return parser.parse_args()


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _show(console: Console, outcome: Outcome, load: tuple[float, float]) -> None:
    console.print(f"\n[bold]{outcome.title}[/bold]")
    if outcome.measurements:
        console.print(_table(outcome.measurements))
    for target in outcome.targets:
        console.print(f"{'reached' if target.is_met else 'MISSED '}  {target.text}: {target.found}")
    for remark in outcome.remarks:
        console.print(f"         {remark}")
    console.print(f"         Load average {load[0]:.1f} before, {load[1]:.1f} after, on {os.cpu_count()} cores.")


def _table(measurements: list[Measurement]) -> Table:
    ours = measurements[0]
    table = Table()
    for head in ("way", "writes"):
        table.add_column(head, no_wrap=True)
    for head in ("runs", "median s", "min..max s", "CPU s", "time x", "peak MB", "memory x", "disk MB"):
        table.add_column(head, justify="right", no_wrap=True)
    for measured in measurements:
        seconds = sorted(run.seconds for run in measured.runs)
        table.add_row(
            measured.contender.label,
            measured.contender.writes,
            str(len(seconds)),
            f"{measured.seconds:.2f}",
            f"{seconds[0]:.2f}..{seconds[-1]:.2f}",
            f"{measured.cpu_seconds:.2f}",
            f"{measured.seconds / ours.seconds:.2f}",
            _peak(measured),
            f"{measured.peak_bytes / ours.peak_bytes:.2f}",
            f"{measured.disk_bytes / 1e6:,.0f}",
        )
    return table


def _peak(measured: Measurement) -> str:
    """A peak below this process's own cannot be seen."""
    hidden = measured.peak_bytes <= own_peak_bytes()
    return f"{'< ' if hidden else ''}{measured.peak_bytes / 1e6:,.0f}"


def _as_json(name: str, outcome: Outcome, load: tuple[float, float]) -> dict[str, object]:
    ways = [
        {
            "way": measured.contender.label,
            "writes": measured.contender.writes,
            "commands": measured.contender.commands,
            "median_seconds": measured.seconds,
            "median_cpu_seconds": measured.cpu_seconds,
            "runs": [asdict(run) for run in measured.runs],
        }
        for measured in outcome.measurements
    ]
    return {
        "case": name,
        "title": outcome.title,
        "ways": ways,
        "targets": [asdict(target) for target in outcome.targets],
        "remarks": list(outcome.remarks),
        "load_average": load,
    }


def _machine() -> dict[str, str]:
    found = {"Python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
