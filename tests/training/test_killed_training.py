"""A training killed at any moment leaves complete runs only, and goes on from there."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from endless_training import values_of_epoch
from recorded_runs import assert_is, assert_no_fault, runs_of, values_of

from projector_export.training.recorder import Layer, Recorder

pytestmark = pytest.mark.heavy

SCRIPT = Path(__file__).with_name("endless_training.py")


def kill_after(logdir, first, seconds):
    """Kill a training some time after its next run is there."""
    known = len(runs_of(logdir))
    with subprocess.Popen([sys.executable, SCRIPT, str(logdir), str(first)]) as process:
        deadline = time.monotonic() + 120
        while len(runs_of(logdir)) <= known + 1 and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(seconds)
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)


def test_only_complete_runs_are_left(tmp_path):
    generator = random.Random(0)
    last = 0
    for _ in range(4):
        kill_after(tmp_path, last, generator.uniform(0, 0.2))
        found = runs_of(tmp_path)
        last = len(found) - 1
        assert found == [f"epoch-{number:03}" for number in range(last + 1)]
        assert_no_fault(tmp_path)
        for run in found[-3:]:
            assert_is(values_of(tmp_path, run), values_of_epoch(int(run[-3:])))
    recorder = Recorder(tmp_path, trajectory=20)
    recorder.begin(last)
    recorder.record(last, {"tokens": Layer(values_of_epoch(last))})
    recorder.finish()
    assert values_of(tmp_path, "trajectory").shape == (20 * (last + 1), 48)
    assert_no_fault(tmp_path)
