"""Keras files made by hand, in a second and without Keras: what a damaged or hostile one looks like is easiest to say so."""

import io
import json
import zipfile

import h5py
import numpy as np

VOCABULARY = ["", "[UNK]", "the", "cat", " sat", "\x1b[31mred", "7"]
N_ROWS = len(VOCABULARY)
N_DIMS = 4


def numbers(n_rows=N_ROWS, n_dims=N_DIMS, seed=0):
    return np.random.default_rng(seed).normal(size=(n_rows, n_dims)).astype("f4")


def layer(class_name, name, inputs=None, **settings):
    made = {"class_name": class_name, "config": {"name": name, **settings}, "name": name}
    if inputs is not None:
        made["inbound_nodes"] = [
            {"args": [{"config": {"keras_history": [each, 0, 0]}} for each in inputs], "kwargs": {}}
        ]
    return made


def functional(*layers):
    return {"class_name": "Functional", "config": {"name": "model", "layers": list(layers)}}


def sentiment(n_rows=N_ROWS):
    return functional(
        layer("InputLayer", "text", []),
        layer("TextVectorization", "words", ["text"], vocabulary=None, output_mode="int", max_tokens=50),
        layer("Embedding", "table", ["words"], input_dim=n_rows, output_dim=N_DIMS, mask_zero=True),
        layer("Dense", "out", ["table"], units=N_DIMS),
    )


def weights(variables, names=None):
    """Return the bytes of a weights file: layer's path -> its variables."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for path, values in variables.items():
            group = file.create_group(f"{path}/vars")
            if names and path in names:
                group.attrs["name"] = names[path]
            for number, value in enumerate(values):
                group[str(number)] = value
    return buffer.getvalue()


def archive(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return path


def members(configuration=None, table=None, vocabulary=VOCABULARY, names=None):
    """Return the files of a model with a vocabulary, an embedding layer and a layer that is none."""
    table = numbers() if table is None else table
    made = {
        "metadata.json": b"{}",
        "config.json": json.dumps(configuration or sentiment(len(table))),
        "model.weights.h5": weights(
            {"layers/embedding": [table], "layers/dense": [numbers(N_DIMS)], "optimizer": [np.int64(3), table]}, names
        ),
    }
    if vocabulary is not None:
        made["assets/layers/text_vectorization/vocabulary.txt"] = "\n".join(vocabulary)
    return made
