"""Logdirs as the usual programs leave them: torch, Keras, TensorFlow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from projector_export.checks import Report, check

pytestmark = pytest.mark.heavy


def run(script: str, folder: Path) -> Report:
    """Run a user's script in a process of its own, and check what it wrote."""
    done = subprocess.run([sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return check(folder)


def codes(report: Report, severity: str = "fault") -> list[str]:
    return [finding.code for finding in report.findings if finding.severity == severity]


TORCH = """
import sys
import torch
from torch.utils.tensorboard import SummaryWriter
writer = SummaryWriter(sys.argv[1])
vectors = torch.nn.functional.normalize(torch.randn(16, 64))
writer.add_embedding(vectors, ARGUMENTS)
writer.close()
"""


def with_arguments(arguments: str) -> str:
    return TORCH.replace("ARGUMENTS", arguments)


def test_torch_with_plain_labels_is_clean(tmp_path: Path) -> None:
    report = run(with_arguments("metadata=[f'w{i % 5}' for i in range(16)], tag='t'"), tmp_path)
    assert report.findings == ()
    assert [(tensor.name, tensor.shape, tensor.n_labels) for tensor in report.tensors] == [("t:00000", (16, 64), 16)]


def test_torch_with_images_is_clean(tmp_path: Path) -> None:
    report = run(with_arguments("label_img=torch.rand(16, 3, 8, 8)"), tmp_path)
    assert report.findings == ()


def test_torch_with_a_line_break_and_a_tab_in_labels(tmp_path: Path) -> None:
    labels = r"[('x\ty' if i == 3 else 'a\nb\nc' if i == 5 else f'w{i}') for i in range(16)]"
    report = run(with_arguments(f"metadata={labels}"), tmp_path)
    assert codes(report) == ["row-mismatch"]
    assert "18 rows, the tensor 16" in report.findings[0].problem


def test_torch_with_a_header_of_one_item(tmp_path: Path) -> None:
    report = run(with_arguments("metadata=[[f'w{i}'] for i in range(16)], metadata_header=['word']"), tmp_path)
    assert codes(report) == ["single-column-header"]


def test_torch_with_empty_labels(tmp_path: Path) -> None:
    report = run(with_arguments("metadata=['' if i == 4 else f'w{i}' for i in range(16)]"), tmp_path)
    assert codes(report) == ["blank-lines"]


KERAS = """
import sys
import keras
import numpy as np
model = keras.Sequential([keras.layers.Embedding(30, 8), keras.layers.Flatten(), keras.layers.Dense(1)])
model.compile("adam", "mse")
callback = keras.callbacks.TensorBoard(sys.argv[1], embeddings_freq=1)
model.fit(np.ones((8, 4)), np.ones((8, 1)), epochs=1, verbose=0, callbacks=[callback])
"""


def test_keras_3_with_embeddings_freq(tmp_path: Path) -> None:
    report = run(KERAS, tmp_path)
    assert {"nothing-to-show", "keras-weights-file", "keras-hard-coded-name"} <= set(codes(report))
    assert report.tensors == ()
    weights = next(finding for finding in report.findings if finding.code == "keras-weights-file")
    assert weights.where == "train/keras_embedding.ckpt-0.weights.h5"


TENSORFLOW = r"""
import sys
import tensorflow as tf
from tensorboard.plugins import projector
values = tf.Variable(tf.math.l2_normalize(tf.random.normal((12, 64)), axis=1))
tf.train.Checkpoint(embedding=values).save(sys.argv[1] + "/embedding.ckpt")
open(sys.argv[1] + "/metadata.tsv", "w").writelines(f"w{i}\n" for i in range(12))
config = projector.ProjectorConfig()
entry = config.embeddings.add()
entry.tensor_name = "NAME"
entry.metadata_path = "metadata.tsv"
projector.visualize_embeddings(sys.argv[1], config)
"""


def test_tensorflow_with_the_right_name(tmp_path: Path) -> None:
    report = run(TENSORFLOW.replace("NAME", "embedding/.ATTRIBUTES/VARIABLE_VALUE"), tmp_path)
    assert codes(report) == []
    assert codes(report, "warning") == ["needs-tensorflow"]
    assert [(tensor.shape, tensor.n_labels) for tensor in report.tensors] == [((12, 64), 12)]


def test_tensorflow_with_the_wrong_name(tmp_path: Path) -> None:
    report = run(TENSORFLOW.replace("NAME", "embedding"), tmp_path)
    assert codes(report) == ["tensor-not-in-checkpoint"]
    assert "embedding/.ATTRIBUTES/VARIABLE_VALUE" in report.findings[0].remedy
