"""Keras files made by hand, and those that Keras and TensorFlow write."""

import json
import pickle
import sys
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
from source_promises import SourceCase

sys.path.insert(0, str(Path(__file__).resolve().parent / "keras"))

from made_keras import VOCABULARY, archive, members, numbers, weights

from projector_export.sources import keras
from projector_export.sources.keras import live

LABELS = ["[PAD]", "[UNK]", "the", "cat", "␣sat", "\\x1b[31mred", "7"]


def read(path, **options):
    (table,) = keras.read(path, **options)
    return table


def model_file(folder, compression=zipfile.ZIP_STORED):
    return archive(folder / "model.keras", members(), compression)


def weights_file(folder):
    path = folder / "model.weights.h5"
    path.write_bytes(weights({"layers/embedding": [numbers()], "layers/dense": [numbers(4), np.zeros(4)]}))
    return path


def spoilt(change):
    """Return what writes an archive after a change to its members."""

    def make(folder):
        made = members()
        change(made)
        return archive(folder / "model.keras", made)

    return make


def truncated(folder):
    path = model_file(folder)
    path.write_bytes(path.read_bytes()[:3000])
    return path


def short_weights(folder):
    path = weights_file(folder)
    path.write_bytes(path.read_bytes()[:-40])
    return path


def climbing(folder):
    return archive(folder / "model.keras", members() | {"../../outside.txt": "x"})


def twice(folder):
    path = model_file(folder)
    with zipfile.ZipFile(path, "a") as made:
        made.writestr("config.json", "{}")
    return path


def bomb(folder):
    path = folder / "model.keras"
    made = members()
    made.pop("model.weights.h5")
    archive(path, made)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as grown,
        grown.open("model.weights.h5", "w", force_zip64=True) as member,
    ):
        for _ in range(300):
            member.write(bytes(2**20))
    return path


def encrypted(folder):
    path = model_file(folder)
    data = bytearray(path.read_bytes())
    for place in range(len(data) - 4):
        if data[place : place + 4] == b"PK\x01\x02":
            data[place + 8] |= 1
    path.write_bytes(bytes(data))
    return path


def pickled(folder, name):
    path = folder / name
    path.write_bytes(pickle.dumps({"layers": [1, 2]}))
    return path


def linked(folder, link):
    import h5py

    path = folder / "model.weights.h5"
    with h5py.File(folder / "other.h5", "w") as other:
        other["secret"] = numbers()
    with h5py.File(path, "w") as file:
        group = file.create_group("layers/embedding/vars")
        if link == "external":
            group["0"] = h5py.ExternalLink("other.h5", "secret")
        elif link == "soft":
            file["there"] = numbers()
            group["0"] = h5py.SoftLink("/there")
        elif link == "virtual":
            layout = h5py.VirtualLayout(shape=(7, 4), dtype="f4")
            layout[:] = h5py.VirtualSource("other.h5", "secret", shape=(7, 4))
            group.create_virtual_dataset("0", layout)
        else:
            group.create_dataset("0", (7, 4), "f4", external=[("/etc/hostname", 0, 112)])
    return path


def huge(folder):
    import h5py

    path = folder / "model.weights.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("layers/embedding/vars/0", (10**9, 1000), "f4", chunks=(1000, 1000))
    return path


DAMAGED = {
    "truncated": (truncated, ("model.keras", "damaged")),
    "truncated weights": (short_weights, ("model.weights.h5", "damaged")),
    "a member outside": (climbing, ("../../outside.txt", "outside the archive")),
    "a member twice": (twice, ("two members named 'config.json'",)),
    "a bomb": (bomb, ("would grow", "314,572,800")),
    "encrypted": (encrypted, ("encrypted",)),
    "no weights": (spoilt(lambda made: made.pop("model.weights.h5")), ("model.weights.h5",)),
    "weights of another kind": (
        spoilt(lambda made: made.update({"model.weights.npz": made.pop("model.weights.h5")})),
        ("model.weights.npz", "save it again"),
    ),
    "a configuration that is no JSON": (spoilt(lambda made: made.update({"config.json": "{"})), ("no JSON",)),
    "a configuration nested too deep": (
        spoilt(lambda made: made.update({"config.json": '{"a":' * 100_000 + "1" + "}" * 100_000})),
        ("configuration",),
    ),
    "a vocabulary that is no text": (
        spoilt(lambda made: made.update({"assets/layers/text_vectorization/vocabulary.txt": b"a\nb\xff"})),
        ("vocabulary.txt", "UTF-8"),
    ),
    "a pickle named .keras": (partial(pickled, name="model.keras"), ("model.keras",)),
    "a pickle named .h5": (partial(pickled, name="model.h5"), ("model.h5",)),
    "an external link": (partial(linked, link="external"), ("link to another file", "other.h5")),
    "a soft link": (partial(linked, link="soft"), ("soft link",)),
    "values in another file": (partial(linked, link="virtual"), ("keeps its values in other files",)),
    "values in any file": (partial(linked, link="storage"), ("keeps its values in other files",)),
    "a table far larger than the file": (huge, ("declares", "bytes are stored")),
    "nothing there": (lambda folder: folder / "none.keras", ("none.keras",)),
    "an embedding layer of no numbers": (
        spoilt(lambda made: made.update({"model.weights.h5": weights({"layers/embedding": [[[b"a", b"b"]]]})})),
        ("no real numbers",),
    ),
}


def trained(folder, library="keras", ending=".keras"):
    """Write a model with a vocabulary by Keras itself."""
    import importlib

    made = importlib.import_module(library)
    lookup = made.layers.StringLookup(vocabulary=["a", "b", "c d"], mask_token="[MASK]", name="words")
    text = made.Input((3,), dtype="string")
    model = made.Model(text, made.layers.Embedding(5, 3, name="table")(lookup(text)))
    path = folder / f"model{ending}"
    if ending == ".live":
        return model
    if ending == ".saved" and library == "tf_keras":
        import tensorflow as tf

        tf.saved_model.save(model, str(path))
    elif ending == ".saved":
        model.export(path, verbose=False)
    else:
        model.save(path)
    np.save(folder.parent / f"{folder.name}.npy", np.asarray(model.layers[-1].get_weights()[0]))
    return path


def kept(path):
    return np.load(path.parent.parent / f"{path.parent.name}.npy")


def checkpoint(folder):
    import tensorflow as tf

    prefix = str(folder / "state")
    variable = tf.Variable(numbers(), name="word_embeddings")
    tf.train.Checkpoint(words=variable).write(prefix)
    return Path(prefix)


def with_labels(path):
    labels = path.parent.parent / f"{path.name}.labels.json"
    labels.write_text(json.dumps(dict(zip(VOCABULARY, range(7), strict=True))))
    return read(path, labels=labels)


TRAINED_LABELS = ["[MASK]", "[UNK]", "a", "b", "c␣d"]

CASES = [
    SourceCase("Keras file", model_file, read, lambda _: numbers(), lambda _: LABELS, DAMAGED),
    SourceCase(
        "Keras file, packed",
        partial(model_file, compression=zipfile.ZIP_DEFLATED),
        read,
        lambda _: numbers(),
        lambda _: LABELS,
    ),
    SourceCase("Keras weights", weights_file, read, lambda _: numbers(), lambda _: [f"row {row}" for row in range(7)]),
    SourceCase(
        "Keras weights with labels",
        weights_file,
        with_labels,
        lambda _: numbers(),
        lambda _: ["(empty token)", *LABELS[1:]],
    ),
    SourceCase("Keras 3 model", trained, read, kept, lambda _: TRAINED_LABELS, is_heavy=True),
    SourceCase("Keras 3 HDF5", partial(trained, ending=".h5"), read, kept, lambda _: TRAINED_LABELS, is_heavy=True),
    SourceCase(
        "Keras 2 HDF5",
        partial(trained, library="tf_keras", ending=".h5"),
        read,
        kept,
        lambda _: TRAINED_LABELS,
        is_heavy=True,
    ),
    SourceCase(
        "Keras 2 model", partial(trained, library="tf_keras"), read, kept, lambda _: TRAINED_LABELS, is_heavy=True
    ),
    SourceCase(
        "Keras 2 SavedModel",
        partial(trained, library="tf_keras", ending=".saved"),
        read,
        kept,
        lambda _: TRAINED_LABELS,
        is_heavy=True,
    ),
    SourceCase(
        "Keras 3 SavedModel",
        partial(trained, ending=".saved"),
        read,
        kept,
        lambda _: TRAINED_LABELS,
        is_heavy=True,
    ),
    SourceCase(
        "live Keras model",
        partial(trained, ending=".live"),
        live.read,
        lambda model: model.layers[-1].get_weights()[0],
        lambda _: TRAINED_LABELS,
        is_heavy=True,
    ),
    SourceCase(
        "TensorFlow checkpoint",
        checkpoint,
        read,
        lambda _: numbers(),
        lambda _: [f"row {row}" for row in range(7)],
        is_heavy=True,
    ),
]
