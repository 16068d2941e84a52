"""Which encoder a model gets: recognised once, loaded when there is work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from os import PathLike
from typing import TypeAlias

from projector_export import optional
from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue
from projector_export.sources.encoders.encoder import Encoder
from projector_export.sources.encoders.function import (
    FunctionEncoder,
    TextFunction,
    name_of_function,
    trial_of_function,
)
from projector_export.sources.encoders.model_folder import ModelFolder, open_model_folder
from projector_export.sources.encoders.options import Encoding, Running
from projector_export.sources.encoders.sentence_encoder import open_sentence_transformer
from projector_export.sources.encoders.static_model import open_static_model
from projector_export.sources.encoders.transformer_loading import open_transformer

__all__ = ["Model", "ModelName", "recognise"]

ModelName: TypeAlias = "str | PathLike[str] | TextFunction"

_PACKAGES = {
    "sentence_transformers": ("sentence_transformers", "torch"),
    "transformers": ("transformers", "torch"),
    "model2vec": ("model2vec",),
}
_EXTRAS = {"sentence_transformers": "texts", "transformers": "texts", "model2vec": "model2vec"}
"""Library of a model -> the extra that brings it with all that it needs."""


@dataclass(frozen=True)
class Model:
    """A model that is known and not yet loaded.

    Parameters
    ----------
    name
        What people call it.
    digest
        SHA-256 of its files, or of what a function does.
    source
        Its folder, or a function.
    encoding, running
        What is made of a text, how the work is done.
    n_dims
        Dimensions of all that a function returns; None for models, which tell it when they are loaded.
    """

    name: str
    digest: str
    source: ModelFolder | TextFunction
    encoding: Encoding
    running: Running
    n_dims: int | None = None

    @property
    def describe(self) -> dict[str, JSONValue]:
        """What is known without loading it."""
        library = self.source.library if isinstance(self.source, ModelFolder) else "function"
        return {"name": self.name, "library": library, "digest": self.digest, "revision": self.running.revision}

    @property
    def is_function(self) -> bool:
        """Whether it is a function of the caller."""
        return not isinstance(self.source, ModelFolder)

    def load(self, device: str | None = None) -> Encoder:
        """Load it.

        Parameters
        ----------
        device
            Another one than was asked for.
        """
        running = self.running if device is None else replace(self.running, device=device)
        if not isinstance(self.source, ModelFolder):
            return FunctionEncoder.of(self.source, self.encoding)
        if self.source.library == "transformers" or self.encoding.needs_transformer:
            return open_transformer(self.source, self.encoding, running)
        if self.source.library == "sentence_transformers":
            return open_sentence_transformer(self.source, self.encoding, running)
        return open_static_model(self.source, self.encoding)


def recognise(model: ModelName, encoding: Encoding, running: Running) -> Model:
    """Return which model is meant, without loading it.

    Parameters
    ----------
    model
        A folder, a Hub id, or a function from a list of texts to an array, which is called with three short texts.

    Raises
    ------
    ProjectorExportError
        If there is no such model, its library is not installed, or a function returns something else.
    """
    if isinstance(model, (str, PathLike)):
        folder = open_model_folder(model, revision=running.revision, backend=running.backend)
        optional.require("encoding texts", *_PACKAGES[folder.library], extra=_EXTRAS[folder.library])
        return Model(folder.name, folder.digest, folder, encoding, running)
    if not callable(model):
        raise InvalidInputError(f"a model is a folder, a Hub id, or a function of a list of texts, not {model!r}")
    FunctionEncoder.of(model, encoding)
    digest, n_dims = trial_of_function(model)
    return Model(name_of_function(model), digest, model, encoding, running, n_dims)
