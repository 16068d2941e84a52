"""Vocabularies of Hugging Face models: the embedding table alone, with every token spelled out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from os import PathLike, fspath
from pathlib import Path

import numpy as np
import numpy.typing as npt

from projector_export.errors import ProjectorExportError
from projector_export.provenance import JSONValue, Provenance, Step
from projector_export.sources.huggingface.choosing import ChosenTable, Table, choose_tables
from projector_export.sources.huggingface.model_files import ModelFiles, open_model
from projector_export.sources.huggingface.tokenizer import read_tokenizer, read_tokenizer_path
from projector_export.sources.vocabulary_columns import refuse_other_model, unlabelled_columns, vocabulary_columns
from projector_export.table import EmbeddingTable
from projector_export.tokens import Vocabulary
from projector_export.vectors import StageProgress as Progress
from projector_export.vectors import norms_of

__all__ = ["Progress", "Table", "read"]


def read(
    source: str | PathLike[str],
    *,
    revision: str | None = None,
    tokenizer: str | PathLike[str] | None = None,
    tensor: str | None = None,
    table: Table = "input",
    progress: Progress | None = None,
) -> tuple[EmbeddingTable, ...]:
    """Read the token tables of a model: no other tensor of it is touched or fetched.

    Parameters
    ----------
    source
        Hub id, model folder or ``.safetensors`` file.
    revision
        Branch, tag or commit of a model on the Hub.
    tokenizer
        File or folder of the tokenizer, where it is not beside the model.
    tensor
        Name of the embedding tensor, where it is not found by itself.
    table
        ``"input"`` embeddings, the ``"output"`` head, or ``"both"``.
    progress
        Told about stages that may take long.

    Returns
    -------
    tuple of EmbeddingTable
        One table; two for ``table="both"`` of a model whose tables differ. Rows are token ids; vectors are lazy.

    Raises
    ------
    ProjectorExportError
        If there is no such model, its files are damaged, several tensors fit, or a download fails.
    """
    fetched = None if progress is None else lambda done, total: progress("fetching the embedding table", done, total)
    model = open_model(source, revision=revision, progress=fetched)
    if progress is not None:
        progress("reading the tokenizer", 0, 0)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(_tokenizer, model, tokenizer)
        measured = _measured_meanwhile(model, tensor, table)
        found = coming.result()
    n_tokens = len(found[0]) if found else None
    chosen = choose_tables(model, tensor=tensor, table=table, n_tokens=n_tokens)
    walked = None if progress is None else lambda done, total: progress("measuring the rows", done, total)
    tables = []
    for one in chosen:
        norms = measured.get(one.tensor)
        if norms is None:
            norms = norms_of(one.vectors, progress=walked)
        tables.append(_table(model, one, found, tokenizer, norms, is_one_of_two=len(chosen) > 1))
    return tuple(tables)


def _measured_meanwhile(model: ModelFiles, tensor: str | None, table: Table) -> dict[str, npt.NDArray[np.float64]]:
    """Measure the rows of a local table while the tokenizer is read; what it cannot choose without one is measured later."""
    try:
        if not model.is_local:
            return {}
        chosen = choose_tables(model, tensor=tensor, table=table)
        return {one.tensor: norms_of(one.vectors) for one in chosen}
    except ProjectorExportError:
        return {}


def _tokenizer(model: ModelFiles, tokenizer: str | PathLike[str] | None) -> tuple[Vocabulary, tuple[str, ...]] | None:
    if tokenizer is not None:
        return read_tokenizer_path(Path(tokenizer))
    return read_tokenizer(model.small_file)


def _table(
    model: ModelFiles,
    chosen: ChosenTable,
    found: tuple[Vocabulary, tuple[str, ...]] | None,
    tokenizer: str | PathLike[str] | None,
    norms: npt.NDArray[np.float64],
    *,
    is_one_of_two: bool,
) -> EmbeddingTable:
    if found is None:
        columns = unlabelled_columns(norms)
        notes: tuple[str, ...] = (
            "the model has no tokenizer files: rows are labelled by number (--tokenizer names one)",
        )
    else:
        refuse_other_model(found[0], len(norms))
        columns, notes = vocabulary_columns(found[0], len(norms), norms)
    parameters: dict[str, JSONValue] = {
        **model.describe,
        "tensor": chosen.tensor,
        "role": chosen.role,
        "dtype": chosen.vectors.dtype,
        "tokenizer": list(found[1]) if found else None,
        "tokenizer_path": None if tokenizer is None else fspath(tokenizer),
    }
    name = _short_name(model)
    if is_one_of_two:
        name = f"{name} {chosen.role}"
    history = Provenance().then(Step("read_vocabulary", parameters), *chosen.notes, *notes)
    return EmbeddingTable(name, chosen.vectors, columns, history)


def _short_name(model: ModelFiles) -> str:
    """Return the id of a model on the Hub; of a path, its last part."""
    if "repository" in model.describe:
        return model.name
    path = Path(model.name).resolve()
    return path.stem if path.is_file() else path.name or "model"
