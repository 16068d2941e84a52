"""Texts -> vectors by a model."""
