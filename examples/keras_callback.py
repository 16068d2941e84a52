"""The words of a sentiment classifier, epoch by epoch: two poles come out of one cloud.

Run:  python examples/keras_callback.py [FOLDER]     (needs keras and one of its backends)
See:  tensorboard --logdir FOLDER, tab Projector, run "trajectory", a click on the bookmark
"""

import random
import sys

import keras
import numpy as np

from projector_export.keras import ProjectorCallback

folder = sys.argv[1] if len(sys.argv) > 1 else "runs/keras"
praise = ["lovely", "bright", "moving", "witty", "superb", "gripping", "tender", "clever", "warm", "fresh"]
blame = ["dull", "clumsy", "tedious", "flat", "hollow", "noisy", "stale", "lazy", "bleak", "wooden"]
others = [
    "the",
    "a",
    "film",
    "plot",
    "actor",
    "scene",
    "music",
    "was",
    "and",
    "with",
    "camera",
    "ending",
    "director",
    "its",
]
generator = random.Random(0)
vocabulary = ["[PAD]", *praise, *blame, *others]
row_of = {word: row for row, word in enumerate(vocabulary)}


def review(words: list[str]) -> list[int]:
    chosen = generator.choices(others, k=6) + generator.choices(words, k=2)
    return [row_of[word] for word in generator.sample(chosen, k=8)]


good, bad = ([review(words) for _ in range(1500)] for words in (praise, blame))
model = keras.Sequential(
    [
        keras.Input((8,)),
        keras.layers.Embedding(len(vocabulary), 16, name="words"),
        keras.layers.GlobalAveragePooling1D(),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy")
callback = ProjectorCallback(
    folder, labels=vocabulary, trajectory=["superb", "lovely", "dull", "tedious", "the", "film"]
)
model.fit(np.array(good + bad), np.repeat([1, 0], 1500), epochs=10, verbose=0, callbacks=[callback])
print(f"tensorboard --logdir {folder}")
