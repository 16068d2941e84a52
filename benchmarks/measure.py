"""Run commands as whole processes, in turns, and measure them: wall time, peak resident memory, bytes left on disk.

This module and whoever imports it must stay small in memory: Linux hands the peak of the process that starts a command down
to that command (``exec_mmap`` in ``fs/exec.c`` folds the old memory's high-water mark into ``ru_maxrss``), so that a big
parent would hide a small child.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

RSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""``ru_maxrss`` counts bytes on macOS, KiB elsewhere (``getrusage(2)``)."""


class RunFailedError(Exception):
    """A command ended with an error; the message holds the end of what it printed."""


@dataclass(frozen=True)
class Contender:
    """One way of doing the work.

    Parameters
    ----------
    label
        What the table calls it.
    commands
        Run one after the other; ``{out}`` stands for a new folder of each run. Times add up, the higher peak counts.
    writes
        What it leaves behind, in words.
    environment
        Variables set on top of this process's.
    """

    label: str
    commands: Sequence[Sequence[str]]
    writes: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """One run: seconds of wall time and of all cores' time, bytes of peak resident memory and of the files left behind."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    disk_bytes: int


@dataclass(frozen=True)
class Measurement:
    """All runs of one contender."""

    contender: Contender
    runs: tuple[Run, ...]

    @property
    def seconds(self) -> float:
        """Median wall time."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def cpu_seconds(self) -> float:
        """Median time of all cores, user and system: what a busy machine changes least."""
        return statistics.median(run.cpu_seconds for run in self.runs)

    @property
    def peak_bytes(self) -> int:
        """Highest peak of all runs."""
        return max(run.peak_bytes for run in self.runs)

    @property
    def disk_bytes(self) -> int:
        """Bytes left behind by the last run."""
        return self.runs[-1].disk_bytes


def own_peak_bytes() -> int:
    """Return this process's peak: no smaller peak of a child can be seen."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT


def take_turns(
    contenders: Sequence[Contender],
    folder: Path,
    *,
    repeat: int,
    tell: Callable[[str], None],
    warm_up: Contender | None = None,
) -> list[Measurement]:
    """Run A B C A B C ...

    Parameters
    ----------
    contenders
        Who takes part.
    folder
        An existing folder for what the runs write; each run's output is deleted before the next one starts.
    repeat
        Number of rounds.
    tell
        Told before each run.
    warm_up
        Run first and not counted: whoever first fills memory that the machine has not used for long pays for it, on a
        virtual machine twice (4.6 instead of 2.8 s of CPU time for a gigabyte), and the next one finds it ready.
    """
    if warm_up is not None:
        tell(f"warming up: {warm_up.label}")
        run_once(warm_up, folder)
    runs: list[list[Run]] = [[] for _ in contenders]
    for turn in range(repeat):
        for found, contender in zip(runs, contenders, strict=True):
            tell(f"round {turn + 1} of {repeat}: {contender.label}")
            found.append(run_once(contender, folder))
    return [Measurement(contender, tuple(found)) for contender, found in zip(contenders, runs, strict=True)]


def run_once(contender: Contender, folder: Path) -> Run:
    """Run a contender once.

    Raises
    ------
    RunFailedError
        If a command ends with an error.
    """
    with _new_folder(folder / "out") as out:
        os.sync()  # what others wrote before is on disk: nobody pays for it
        results = [_run(command, out, contender.environment) for command in contender.commands]
        disk_bytes = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    seconds, cpu_seconds, peaks = zip(*results, strict=True)
    return Run(sum(seconds), sum(cpu_seconds), max(peaks), disk_bytes)


def _run(command: Sequence[str], out: Path, environment: Mapping[str, str]) -> tuple[float, float, int]:
    words = [word.replace("{out}", str(out)) for word in command]
    log = out.with_name("log.txt")
    with open(log, "wb") as sink:
        start = time.perf_counter()
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, env={**os.environ, **environment}
        )
        with _killed_on_error(process):
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
    if process.returncode:
        raise RunFailedError(
            f"{' '.join(words)} ended with {process.returncode}:\n{log.read_text(errors='replace')[-2000:]}"
        )
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * RSS_UNIT


@contextmanager
def _killed_on_error(process: subprocess.Popen[bytes]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        process.kill()
        process.wait()
        raise


@contextmanager
def _new_folder(path: Path) -> Iterator[Path]:
    path.mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
