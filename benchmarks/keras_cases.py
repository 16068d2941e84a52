"""A layer of a ``.keras`` file to a logdir, against loading the model."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from cases import HERE, Outcome, Target, finish, our_command
from measure import Contender, take_turns

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "", "KERAS_BACKEND": "tensorflow"}
FACTOR = 5


def keras(folder: Path, repeat: int, tell: Callable[[str], None]) -> Outcome:
    """100,000 rows of 256 dimensions with their vocabulary, against the script of ``keras_peers.py``."""
    tell("making a Keras model of 100,000 x 256")
    model, script = folder / "model.keras", str(HERE / "keras_peers.py")
    finish([sys.executable, script, "make", str(model)])
    contenders = (
        Contender(
            "projector-export vocab", [[*our_command(str(model)), "--logdir", "{out}"]], "checkpoint + 4 columns"
        ),
        Contender(
            "load_model, tf.train.Checkpoint",
            [[sys.executable, script, "checkpoint", str(model), "{out}"]],
            "checkpoint + 1 column",
            QUIET,
        ),
    )
    found = take_turns(contenders, folder, repeat=repeat, tell=tell)
    ours, theirs = found
    ratio, cpu_ratio = theirs.seconds / ours.seconds, theirs.cpu_seconds / ours.cpu_seconds
    target = Target(f"at least {FACTOR} times faster than load_model", ratio >= FACTOR, f"{ratio:.1f} times")
    remark = f"Time of all cores: {theirs.cpu_seconds:.1f} s against {ours.cpu_seconds:.1f} s, {cpu_ratio:.1f} times."
    return Outcome(
        "a .keras file of 100,000 x 256 float32 with its vocabulary, to a logdir", found, (target,), (remark,)
    )
