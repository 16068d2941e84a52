"""``add_embedding`` of ``projector_export.torch`` against torch's and tensorboardX's."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

from cases import HERE, Outcome, Target, finish, model_folder
from measure import Contender, take_turns

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": ""}
FASTER, SMALLER = 20, 5


def add_embedding(folder: Path, repeat: int, tell: Callable[[str], None]) -> Outcome:
    """The vocabulary of all-MiniLM-L6-v2 from a tensor in memory: whole processes, and the call alone."""
    model = str(model_folder())
    ways = {
        "ours": "projector_export.torch",
        "ours_stub": "projector_export.torch without TensorFlow",
        "torch": "torch.utils.tensorboard",
        "torch_stub": "torch.utils.tensorboard without TensorFlow",
        "tensorboardx": "tensorboardX",
    }
    contenders = tuple(
        Contender(label, [[*_script(way), model, "{out}"]], "checkpoint" if way.startswith("ours") else "TSV", QUIET)
        for way, label in ways.items()
    )
    found = dict(zip(ways, take_turns(contenders, folder, repeat=repeat, tell=tell), strict=True))
    calls = {way: [_call(way, model, folder / f"{way}-{turn}", tell) for turn in range(repeat)] for way in ways}
    wall = {way: statistics.median(call["wall"] for call in each) for way, each in calls.items()}
    cpu = {way: statistics.median(call["cpu"] for call in each) for way, each in calls.items()}
    smaller = found["torch"].disk_bytes / found["ours"].disk_bytes
    faster = wall["torch"] / wall["ours"]
    targets = (
        Target(f"the call at least {FASTER} times faster than torch's", faster >= FASTER, f"{faster:.1f} times"),
        Target(f"at least {SMALLER} times smaller on disk", smaller >= SMALLER, f"{smaller:.1f} times"),
    )
    remarks = [
        f"The call alone, {ways[way]}: {wall[way]:.3f} s, {cpu[way]:.3f} s of all cores, "
        f"{wall[way] / wall['ours']:.1f} times ours ({cpu[way] / cpu['ours']:.1f} of all cores)."
        for way in ways
    ]
    whole = found["torch"].seconds / found["ours"].seconds
    bare = found["torch_stub"].seconds / found["ours_stub"].seconds
    remarks.append(f"Whole processes: {whole:.2f} times ours, {bare:.2f} without TensorFlow; most of ours are imports.")
    title = "add_embedding, 30,522 x 384 float32 with 3 columns"
    return Outcome(title, tuple(found.values()), targets, remarks)


def _script(way: str) -> list[str]:
    return [sys.executable, str(HERE / "torch_peers.py"), way]


def _call(way: str, model: str, out: Path, tell: Callable[[str], None]) -> dict[str, float]:
    tell(f"the call alone: {way}")
    out.mkdir()
    finish([*_script(way), model, str(out)])
    seconds: dict[str, float] = json.loads((out / "call.json").read_text())
    return seconds
