"""Embedding layers of Keras and TensorFlow models: files and live objects, no framework imported."""
