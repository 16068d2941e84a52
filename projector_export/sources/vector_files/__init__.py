"""Vectors in files of arrays and records."""
