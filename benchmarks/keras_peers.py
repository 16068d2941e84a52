"""How people bring a Keras layer to TensorBoard's Projector today: ``python keras_peers.py make|checkpoint MODEL [LOGDIR]``.

``make`` writes the model that is measured. ``checkpoint`` follows TensorBoard's tutorial: the model is loaded, its embedding is
saved by ``tf.train.Checkpoint``, its vocabulary line by line, and ``projector.visualize_embeddings`` writes the configuration.
"""

from __future__ import annotations

import sys
from pathlib import Path

N_ROWS, N_DIMS = 100_000, 256


def make(path: Path) -> None:
    """Write a model that has a vocabulary of 100,000 words and their embedding."""
    import keras

    words = [f"word{number}" for number in range(N_ROWS - 2)]
    lookup = keras.layers.TextVectorization(output_sequence_length=8, vocabulary=words)
    text = keras.Input((), dtype="string")
    vectors = keras.layers.Embedding(N_ROWS, N_DIMS, mask_zero=True, name="embedding")(lookup(text))
    answer = keras.layers.Dense(1)(keras.layers.GlobalAveragePooling1D()(vectors))
    keras.Model(text, answer).save(path)


def checkpoint(path: Path, logdir: Path) -> None:
    """Write the layer as TensorBoard's tutorial does."""
    import keras
    import tensorflow as tf
    from tensorboard.plugins import projector

    model = keras.models.load_model(path)
    lookup = next(layer for layer in model.layers if isinstance(layer, keras.layers.TextVectorization))
    labels = [word or "[PAD]" for word in lookup.get_vocabulary()]
    (logdir / "metadata.tsv").write_text("\n".join(labels) + "\n", encoding="utf-8")
    weights = tf.Variable(model.get_layer("embedding").get_weights()[0])
    tf.train.Checkpoint(embedding=weights).save(str(logdir / "embedding.ckpt"))
    config = projector.ProjectorConfig()
    embedding = config.embeddings.add()
    embedding.tensor_name = "embedding/.ATTRIBUTES/VARIABLE_VALUE"
    embedding.metadata_path = "metadata.tsv"
    projector.visualize_embeddings(str(logdir), config)


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]))
    else:
        checkpoint(Path(sys.argv[2]), Path(sys.argv[3]))
