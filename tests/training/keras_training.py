"""A small Keras training: python keras_training.py BACKEND LOGDIR; its weights by epoch go into LOGDIR.npz."""

import os
import sys
from pathlib import Path


def train(framework, logdir):
    """Train a classifier of texts for three epochs and one more."""
    import numpy as np

    from projector_export import keras as door

    is_old = framework.__name__ == "tf_keras"
    callback = door.tf_keras_callback if is_old else door.ProjectorCallback
    layers = framework.layers
    words = ["good", "bad", "film", "plot", "actor"]
    rows = np.random.default_rng(0).integers(1, 7, (96, 4))
    inner = framework.Sequential([layers.Input((4,)), layers.Embedding(9, 5, name="words")], name="inner")
    model = framework.Sequential([layers.Input((4,)), inner, layers.GlobalAveragePooling1D(), layers.Dense(1)])
    model.compile("adam", "mse")
    weights = {}

    def keep(*_):
        weights[f"epoch-{len(weights):03}"] = np.array(inner.layers[0].get_weights()[0])

    keep()
    projector = callback(logdir, labels=["", "[UNK]", *words, "x", "y"], trajectory=["good", "bad"])
    keeper = framework.callbacks.LambdaCallback(on_epoch_end=keep)
    for n_epochs in (3, 1):
        model.fit(rows, (rows == 2).mean(1), epochs=n_epochs, verbose=0, callbacks=[projector, keeper])
    np.savez(f"{logdir}.npz", **weights)


if __name__ == "__main__":
    backend, folder = sys.argv[1:]
    if backend == "tf_keras":
        import tf_keras as chosen
    else:
        os.environ["KERAS_BACKEND"] = backend
        import keras as chosen
    train(chosen, Path(folder))
