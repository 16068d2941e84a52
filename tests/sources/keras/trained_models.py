"""Models that Keras makes, and a sentiment classifier that it trains in seconds."""

import numpy as np

GOOD = ["good", "great", "lovely", "brilliant", "moving", "charming", "superb", "warm", "clever", "delightful"]
BAD = ["bad", "awful", "dull", "boring", "terrible", "weak", "clumsy", "silly", "ugly", "tedious"]
NEUTRAL = ["the", "film", "was", "and", "a", "story", "with", "acting", "it", "plot"]


def reviews(n_reviews=600, seed=0):
    """Return made-up reviews and whether each is kind: every one has words of one side only."""
    generator = np.random.default_rng(seed)
    texts, kind = [], generator.integers(0, 2, n_reviews)
    for is_kind in kind:
        words = [*generator.choice(GOOD if is_kind else BAD, 3), *generator.choice(NEUTRAL, 5)]
        texts.append(" ".join(generator.permutation(words)))
    return texts, kind.astype("f4")


def sentiment_classifier(keras, n_epochs=12):
    """Train a classifier of texts; its 16-dimensional embedding is the layer ``words``."""
    import tensorflow as tf

    keras.utils.set_random_seed(1)
    texts, kind = reviews()
    lookup = keras.layers.TextVectorization(output_sequence_length=8, name="split")
    lookup.adapt(texts)
    text = keras.Input((), dtype="string")
    inner = keras.layers.Embedding(lookup.vocabulary_size(), 16, mask_zero=True, name="words")(lookup(text))
    answer = keras.layers.Dense(1, activation="sigmoid")(keras.layers.GlobalAveragePooling1D()(inner))
    model = keras.Model(text, answer)
    model.compile(keras.optimizers.Adam(0.02), "binary_crossentropy")
    model.fit(tf.constant(texts), kind, epochs=n_epochs, batch_size=32, verbose=0)
    return model


def shapes(keras):
    """Return models of many shapes, each with where each embedding layer is: its name -> its values."""
    layers = keras.layers
    return {
        "sequential": _sequential(keras, layers),
        "nested and shared": _nested(keras, layers),
        "two of one class": _two(keras, layers),
        "subclassed": _subclassed(keras, layers),
        "wrapped": _wrapped(keras, layers),
    }


def _values(*found):
    return {layer.name: np.array(layer.get_weights()[0]) for layer in found}


def _sequential(keras, layers):
    table = layers.Embedding(9, 4, name="first")
    model = keras.Sequential(
        [layers.Input((3,), dtype="int32"), table, layers.Flatten(), layers.Dense(4, use_bias=False)]
    )
    return model, _values(table)


def _nested(keras, layers):
    shared, deep = layers.Embedding(11, 3, name="shared"), layers.Embedding(5, 3, name="deep")
    innermost = keras.Sequential([layers.Input((3,), dtype="int32"), deep], name="innermost")
    inner_in = keras.Input((3,), dtype="int32")
    inner = keras.Model(inner_in, layers.Add()([innermost(inner_in), shared(inner_in)]), name="inner")
    left, right = keras.Input((3,), dtype="int32"), keras.Input((3,), dtype="int32")
    both = layers.Concatenate()([shared(left), inner(right), shared(right)])
    outputs = [layers.Bidirectional(layers.LSTM(2))(both), layers.Dense(3)(both)]
    return keras.Model([left, right], outputs), _values(shared, deep)


def _two(keras, layers):
    user, item = layers.Embedding(6, 3, name="user"), layers.Embedding(8, 3, name="item")
    left, right = keras.Input((1,), dtype="int32"), keras.Input((1,), dtype="int32")
    return keras.Model([left, right], layers.Dot(-1)([user(left), item(right)])), _values(user, item)


def _subclassed(keras, layers):
    class Parts(layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.token_emb, self.project = layers.Embedding(7, 4, name="tokens"), layers.Dense(2)

        def call(self, ids):
            return self.project(self.token_emb(ids))

    class Subclassed(keras.Model):
        def __init__(self, **options):
            super().__init__(**options)
            self.parts, self.zoo = Parts(), [layers.Embedding(4, 4, name="listed")]

        def call(self, ids):
            return self.parts(ids) + keras.ops.sum(self.zoo[0](ids * 0))

    model = Subclassed()
    model(np.ones((2, 3), "int32"))
    return model, _values(model.parts.token_emb, model.zoo[0])


def _wrapped(keras, layers):
    table = layers.Embedding(10, 3, name="wrapped")
    ids = keras.Input((2, 3), dtype="int32")
    return keras.Model(ids, layers.TimeDistributed(table)(ids)), _values(table)
