"""Embeddings of a training in progress: one export an epoch, and the ways that rows went."""
