"""How people bring an embedding table to TensorBoard's Projector today: ``python peers.py WAY MODEL LOGDIR``.

Each way is the leanest honest script: it reads the one tensor through ``safetensors`` and the labels from ``vocab.txt``,
without loading the model or its tokenizer, and writes the token as the only label column. MODEL is a folder.
"""

from __future__ import annotations

import sys
from pathlib import Path

TENSOR = "embeddings.word_embeddings.weight"


def labels_of(model: Path) -> list[str]:
    return (model / "vocab.txt").read_text(encoding="utf-8").splitlines()


def add_embedding(model: Path, logdir: Path) -> None:
    """PyTorch's tutorial: ``SummaryWriter.add_embedding``."""
    from safetensors import safe_open
    from torch.utils.tensorboard import SummaryWriter

    with safe_open(model / "model.safetensors", framework="pt") as file:
        table = file.get_tensor(TENSOR)
    with SummaryWriter(str(logdir)) as writer:
        writer.add_embedding(table, metadata=labels_of(model), tag="vocabulary")


def add_embedding_stub(model: Path, logdir: Path) -> None:
    """The same on a machine without TensorFlow: TensorBoard's own stub writes the files."""
    sys.modules["tensorflow"] = None  # type: ignore[assignment]
    add_embedding(model, logdir)


def checkpoint(model: Path, logdir: Path) -> None:
    """TensorBoard's tutorial: ``tf.train.Checkpoint`` and ``projector.visualize_embeddings``."""
    import tensorflow as tf
    from safetensors import safe_open
    from tensorboard.plugins import projector

    with safe_open(model / "model.safetensors", framework="np") as file:
        weights = tf.Variable(file.get_tensor(TENSOR))
    (logdir / "metadata.tsv").write_text("\n".join(labels_of(model)) + "\n", encoding="utf-8")
    tf.train.Checkpoint(embedding=weights).save(str(logdir / "embedding.ckpt"))
    config = projector.ProjectorConfig()
    embedding = config.embeddings.add()
    embedding.tensor_name = "embedding/.ATTRIBUTES/VARIABLE_VALUE"
    embedding.metadata_path = "metadata.tsv"
    projector.visualize_embeddings(str(logdir), config)


def raw(model: Path, logdir: Path) -> None:
    """The limit, of no use to the viewer: the same bytes through numpy, and the labels' file as it is."""
    import numpy as np
    from safetensors import safe_open

    with safe_open(model / "model.safetensors", framework="np") as file:
        table = file.get_tensor(TENSOR)
    np.asarray(table).tofile(logdir / "tensor.bytes")
    (logdir / "metadata.tsv").write_text("\n".join(labels_of(model)) + "\n", encoding="utf-8")


WAYS = {
    "add_embedding": add_embedding,
    "add_embedding_stub": add_embedding_stub,
    "checkpoint": checkpoint,
    "raw": raw,
}

if __name__ == "__main__":
    WAYS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
