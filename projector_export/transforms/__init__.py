"""Embedding table in, embedding table out."""
