"""A training without end, to be killed: python endless_training.py LOGDIR FIRST."""

import sys
import time

import numpy as np

from projector_export.training.recorder import Layer, Recorder

SHAPE = (2000, 48)


def values_of_epoch(number):
    return np.random.default_rng(number).normal(size=SHAPE).astype(np.float32)


def train(logdir, first):
    recorder = Recorder(logdir, trajectory=20)
    recorder.begin(first)
    for number in range(first, 10_000):
        recorder.record(number, {"tokens": Layer(values_of_epoch(number))})
        time.sleep(0.01)


if __name__ == "__main__":
    train(sys.argv[1], int(sys.argv[2]))
