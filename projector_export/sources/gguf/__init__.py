"""Token embeddings of GGUF files, llama.cpp's: the embedding tensor alone, with every token spelled out."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path

from projector_export.errors import InvalidInputError
from projector_export.formats.gguf_header import MAGIC
from projector_export.provenance import JSONValue, Provenance, Step
from projector_export.sources.gguf.parts import Model, open_model
from projector_export.sources.gguf.rows import rows_of
from projector_export.sources.gguf.tokens import vocabulary_of
from projector_export.sources.vocabulary_columns import unlabelled_columns, vocabulary_columns
from projector_export.table import EmbeddingTable
from projector_export.vectors import Progress, norms_of

__all__ = ["INPUT_TENSOR", "OUTPUT_TENSOR", "read", "recognises"]

INPUT_TENSOR, OUTPUT_TENSOR = "token_embd.weight", "output.weight"
"""Names of the two tables of tokens (llama.cpp ``gguf-py/gguf/constants.py``, ``TENSOR_NAMES``)."""


def recognises(path: str | PathLike[str]) -> bool:
    """Whether a path is a GGUF file, by its first four bytes."""
    try:
        if not Path(path).is_file():
            return False
        with open(path, "rb") as file:
            return file.read(4) == MAGIC
    except OSError:
        return False


def read(
    path: str | PathLike[str],
    *,
    tensor: str | None = None,
    limit: int | None = None,
    progress: Progress | None = None,
) -> EmbeddingTable:
    """Read the token embeddings of a model; no other tensor of it is touched.

    Parameters
    ----------
    path
        A ``.gguf`` file; of a model in several files, any of them.
    tensor
        Name of the table: by default ``token_embd.weight``; the output head is ``output.weight``.
    limit
        Read the first rows only, at most so many.
    progress
        Told how many rows are measured.

    Returns
    -------
    EmbeddingTable
        Rows are token ids, vectors are lazy. Columns ``token`` (the label), ``id``, ``kind``, ``text``, ``bytes``, ``length``
        and ``norm``; without tokens in the file ``token`` (``row 17``), ``id`` and ``norm``. Quantised values are dequantised
        block by block, which a note says.

    Raises
    ------
    NotFoundError
        If there is no such file or tensor, or another part of the model is missing.
    CorruptFileError
        If the file is damaged.
    MissingExtraError
        If the tensor is quantised and the package ``gguf`` is not installed.
    """
    if limit is not None and limit < 1:
        raise InvalidInputError(f"limit is a number of rows, 1 or more, not {limit!r}")
    model = open_model(Path(path))
    part, stored = model.tensor(tensor or INPUT_TENSOR)
    vectors, notes = rows_of(part, stored, limit)
    vocabulary = vocabulary_of(model)
    norms = norms_of(vectors, progress=progress)
    if vocabulary is None:
        columns = unlabelled_columns(norms)
        told: tuple[str, ...] = ("the file has no tokens: rows are labelled by number",)
    else:
        columns, told = vocabulary_columns(vocabulary, stored.shape[0], norms)
    parameters: dict[str, JSONValue] = {
        "path": fspath(path),
        "tensor": stored.name,
        "file": part.path.name,
        "dtype": vectors.dtype,
        "architecture": model.first.header.text("general.architecture"),
        "tokenizer": model.first.header.text("tokenizer.ggml.model"),
        "limit": limit,
    }
    history = Provenance().then(Step("read_gguf", parameters), *notes, *told)
    return EmbeddingTable(_name(model), vectors, columns, history)


def _name(model: Model) -> str:
    """Return the name that the model gives itself, or the file's."""
    return model.name.removesuffix(".gguf")
