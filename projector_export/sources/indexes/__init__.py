"""Vectors in search indexes and databases."""
