"""Which tensors of a model are its token tables."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, TypeAlias

from projector_export.errors import InvalidInputError, NotFoundError
from projector_export.sources.huggingface.candidates import (
    find_input,
    find_output,
    largest_tables,
    no_table_found,
    output_names,
)
from projector_export.sources.huggingface.model_files import ModelFiles
from projector_export.sources.huggingface.names import is_output_table
from projector_export.sources.huggingface.scaled import is_approximate
from projector_export.sources.huggingface.ties import has_output_table, tie_flag
from projector_export.sources.huggingface.weights import TensorInfo
from projector_export.vectors import Vectors

__all__ = ["ChosenTable", "Role", "Table", "choose_tables"]

Table: TypeAlias = Literal["input", "output", "both"]
Role: TypeAlias = Literal["input", "output", "input and output (tied)"]

_TIED: Role = "input and output (tied)"
_ONE_TABLE = "the model's input and output table are one (tied): it is exported once"


@dataclass(frozen=True)
class ChosenTable:
    """A token table of a model.

    Parameters
    ----------
    role
        What the model uses it for.
    tensor
        Its name in the files; hostile text.
    file
        Name of the file that holds it.
    vectors
        Its rows, lazy.
    notes
        Sentences that the user should read.
    """

    role: Role
    tensor: str
    file: str
    vectors: Vectors
    notes: tuple[str, ...] = ()


def choose_tables(
    model: ModelFiles, *, tensor: str | None = None, table: Table = "input", n_tokens: int | None = None
) -> tuple[ChosenTable, ...]:
    """Return a model's token tables: one, or two if both are wanted and they are not tied.

    Parameters
    ----------
    model
        Its files.
    tensor
        Name of the tensor to take, whatever it is; with or without ``.weight``.
    table
        Which one: that of the tokens that go in, of those that may come out, or both.
    n_tokens
        Entries of the tokenizer, if known; of several candidates, those with far fewer rows are no token tables.

    Raises
    ------
    NotFoundError
        If there is no such tensor, no token table, or no output table.
    AmbiguousChoiceError
        If several tables fit.
    InvalidInputError
        If the tensor is no table, or is packed in a way that is not undone.
    """
    if tensor is not None:
        return (_named(model, tensor, table),)
    source = find_input(model, n_tokens)
    if table == "input" and source is not None and not model.is_local:
        # Whether a remote output table is equal would cost as much again.
        role: Role = _TIED if not output_names(model) and _is_tied_by_config(model) else "input"
        return (_opened(model, source, role),)
    target = find_output(model, source, n_tokens)
    if source is None:
        return _of_output_alone(model, target, table)
    if target is None:
        return _of_input_alone(model, source, table)
    return _of_both(model, source, target, table)


def _named(model: ModelFiles, tensor: str, table: Table) -> ChosenTable:
    if table == "both":
        raise InvalidInputError(f"tensor {tensor!r} is one table, and both are asked for: leave one of the two away")
    present = model.tensor_names
    name = next((name for name in (tensor, f"{tensor}.weight") if name in present), None)
    if name is None:
        close = get_close_matches(tensor, present, n=3, cutoff=0.5)
        hint = f"; near to it are {', '.join(map(repr, close))}" if close else f"; {largest_tables(model)}"
        raise NotFoundError(f"{model.name!r} has no tensor {tensor!r}{hint}")
    role: Role = "output" if table == "output" or is_output_table(name) else "input"
    return _opened(model, model.tensor(name), role)


def _of_output_alone(model: ModelFiles, target: TensorInfo | None, table: Table) -> tuple[ChosenTable, ...]:
    untied = tie_flag(model.config) is False
    if target is None or (untied and table != "output"):
        raise NotFoundError(no_table_found(model))
    if untied:
        return (_opened(model, target, "output"),)
    note = f"the files hold the output table {target.name!r} only, which is the input table too (tied)"
    return (_opened(model, target, _TIED, note),)


def _of_input_alone(model: ModelFiles, source: TensorInfo, table: Table) -> tuple[ChosenTable, ...]:
    if _is_tied_by_config(model):
        notes = () if table == "input" else (_ONE_TABLE,)
        return (_opened(model, source, _TIED, *notes),)
    if table == "input":
        return (_opened(model, source, "input"),)
    reason = (
        "its config.json says that the tables are not tied"
        if has_output_table(model.config)
        else "its class, by config.json, does not predict tokens"
    )
    raise NotFoundError(
        f"{model.name!r} has no output table: {reason}, and no tensor has the name of one; take the input table "
        f"{source.name!r}, or name the output table with --tensor NAME"
    )


def _of_both(model: ModelFiles, source: TensorInfo, target: TensorInfo, table: Table) -> tuple[ChosenTable, ...]:
    may_compare = model.is_local or table == "both"
    if may_compare and model.are_equal(source.name, target.name):
        notes = () if table == "input" else (_ONE_TABLE,)
        return (_opened(model, source, _TIED, *notes),)
    wanted: tuple[tuple[TensorInfo, Role], ...] = ((source, "input"), (target, "output"))
    return tuple(_opened(model, info, role) for info, role in wanted if table in {role, "both"})


def _is_tied_by_config(model: ModelFiles) -> bool:
    return tie_flag(model.config) is not False and has_output_table(model.config)


def _opened(model: ModelFiles, info: TensorInfo, role: Role, *notes: str) -> ChosenTable:
    vectors = model.vectors(info.name)
    if is_approximate(vectors):
        notes = (
            *notes,
            f"the table is stored as {vectors.dtype}: its values, and so its norms and distances, are approximate",
        )
    return ChosenTable(role, info.name, info.file, vectors, notes)
