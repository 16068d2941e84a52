"""Bytes to values and back, as pure functions; each format cites the reader it serves."""
