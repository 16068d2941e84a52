"""By what work of an earlier command is known again."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version

from projector_export.provenance import JSONValue
from projector_export.sources.encoders.corpus import Survey
from projector_export.sources.encoders.opening import Model
from projector_export.sources.encoders.options import TextOptions

__all__ = ["identity_of", "versions_of_libraries"]

FORMAT = 1
"""Raised when the same work gives other files than before."""

_LIBRARIES = ("torch", "transformers", "sentence-transformers", "tokenizers", "model2vec", "onnxruntime", "numpy")


def identity_of(model: Model, options: TextOptions, survey: Survey, chunk_texts: int) -> dict[str, JSONValue]:
    """Return all that changes the vectors: the same work has the same, and nothing else has.

    Parameters
    ----------
    model, options
        Which model, what is made of a text, how the work is done.
    survey
        Of all texts.
    chunk_texts
        Texts of a chunk.
    """
    running = options.running
    return {
        "format": FORMAT,
        "model": {"digest": model.digest, "library": model.describe["library"]},
        "texts": {"n": survey.n_texts, "digest": sha256("".join(survey.digests).encode()).hexdigest()},
        "encoding": options.encoding.as_json(),
        "running": {
            "device": running.device,
            "dtype": running.dtype,
            "backend": running.backend,
            "batch_tokens": running.batch_tokens,
        },
        "chunk_texts": chunk_texts,
        "versions": dict(versions_of_libraries()),
    }


def versions_of_libraries() -> Iterator[tuple[str, JSONValue]]:
    """Walk through the libraries that compute vectors, as far as they are installed, each with its version."""
    for name in _LIBRARIES:
        try:
            yield name, version(name)
        except PackageNotFoundError:
            continue
