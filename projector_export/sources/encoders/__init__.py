"""Texts -> vectors by a model: sentence-transformers, transformers, model2vec, or any function."""

from __future__ import annotations

from projector_export.sources.encoders.corpus import Data
from projector_export.sources.encoders.opening import ModelName
from projector_export.sources.encoders.options import (
    BACKENDS,
    DATA_TYPES,
    GRANULARITIES,
    POOLINGS,
    Encoding,
    Running,
    TextColumns,
    TextOptions,
)
from projector_export.sources.encoders.outlook import Outlook
from projector_export.sources.encoders.reading import ENCODING, EncodedTexts, Resumption, Workshop, encode, read

__all__ = [
    "BACKENDS",
    "DATA_TYPES",
    "ENCODING",
    "GRANULARITIES",
    "POOLINGS",
    "Data",
    "EncodedTexts",
    "Encoding",
    "ModelName",
    "Outlook",
    "Resumption",
    "Running",
    "TextColumns",
    "TextOptions",
    "Workshop",
    "encode",
    "read",
]
