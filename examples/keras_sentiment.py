"""A sentiment classifier on made-up reviews: its embedding, straight from the .keras file, shows two poles.

Run:  python examples/keras_sentiment.py [FOLDER]
"""

import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import projector_export

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "projector")
good = ["good", "great", "lovely", "brilliant", "moving", "charming", "superb", "warm", "clever", "delightful"]
bad = ["bad", "awful", "dull", "boring", "terrible", "weak", "clumsy", "silly", "ugly", "tedious"]
other = ["the", "film", "was", "and", "a", "story", "with", "acting", "it", "plot"]

generator = np.random.default_rng(0)
is_kind = generator.integers(0, 2, 600)
reviews = [" ".join([*generator.choice(good if kind else bad, 3), *generator.choice(other, 5)]) for kind in is_kind]

keras.utils.set_random_seed(1)
split = keras.layers.TextVectorization(output_sequence_length=8)
split.adapt(reviews)
text = keras.Input((), dtype="string")
vectors = keras.layers.Embedding(split.vocabulary_size(), 16, mask_zero=True, name="words")(split(text))
answer = keras.layers.Dense(1, activation="sigmoid")(keras.layers.GlobalAveragePooling1D()(vectors))
model = keras.Model(text, answer)
model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy")
model.fit(tf.constant(reviews), is_kind.astype("float32"), epochs=12, verbose=0)

folder.mkdir(parents=True, exist_ok=True)
model.save(folder / "sentiment.keras")
for written in projector_export.export_vocabulary(folder / "sentiment.keras", folder / "logdir"):
    print(written.folder, written.viewer_shape)
