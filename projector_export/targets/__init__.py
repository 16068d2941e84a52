"""Embedding tables to files."""
