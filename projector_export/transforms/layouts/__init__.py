"""Layouts: one file each, table in, table out."""
