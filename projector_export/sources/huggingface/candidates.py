"""The tensors that may be a model's input or output table, and which one of several is meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from shlex import quote

from projector_export.errors import AmbiguousChoiceError, InvalidInputError
from projector_export.sources.huggingface.model_files import ModelFiles
from projector_export.sources.huggingface.names import is_input_table, is_output_table, is_text_part, module_path
from projector_export.sources.huggingface.scaled import check_packing
from projector_export.sources.huggingface.weights import TensorInfo

__all__ = ["find_input", "find_output", "largest_tables", "no_table_found", "output_names"]

_MOST_HEADERS = 8
"""Files whose headers an error message is worth where each costs a request."""


def find_input(model: ModelFiles, n_tokens: int | None) -> TensorInfo | None:
    """Return the table of the tokens that go in, ``None`` if there is none.

    Raises
    ------
    AmbiguousChoiceError
        If several fit.
    InvalidInputError
        If there is one that is packed in a way that is not undone.
    """
    names = [name for name in model.tensor_names if is_input_table(name)]
    found = [info for info in map(model.tensor, names) if len(info.shape) == 2]
    if not found:
        _refuse_packed(model)
        return None
    _refuse_shared_rows(model, found)
    if n_tokens is not None:
        found = _preferred(found, lambda info: info.shape[0] >= n_tokens - max(8, n_tokens // 100))
    found = _preferred(found, lambda info: module_path(info.name).split(".")[-1] == "shared")
    found = _preferred(found, lambda info: is_text_part(info.name))
    return _one_of(model, found)


def find_output(model: ModelFiles, source: TensorInfo | None, n_tokens: int | None) -> TensorInfo | None:
    """Return the table of the tokens that may come out, ``None`` if the files hold none.

    Parameters
    ----------
    model
        Its files.
    source
        The input table, if known: the output table has about as many rows (Mllama has 8 fewer).
    n_tokens
        Entries of the tokenizer, if known.

    Raises
    ------
    AmbiguousChoiceError
        If several fit.
    """
    n_rows = source.shape[0] if source is not None else n_tokens or 0
    found = [info for info in map(model.tensor, output_names(model)) if len(info.shape) == 2]
    found = [info for info in found if info.shape[0] >= n_rows // 2 and (not n_rows or info.shape[0] <= 2 * n_rows)]
    found = _preferred(found, lambda info: is_text_part(info.name))
    return _one_of(model, found) if found else None


def output_names(model: ModelFiles) -> list[str]:
    """Return the names of all tensors that may be the output table."""
    return [name for name in model.tensor_names if is_output_table(name)]


def no_table_found(model: ModelFiles) -> str:
    """Return the sentence that no tensor has the name of a token table, with the largest tables there are."""
    return f"no tensor of {model.name!r} has the name of a token table; {largest_tables(model)}"


def largest_tables(model: ModelFiles) -> str:
    """Return half a sentence that lists the largest tables there are, where looking costs little."""
    if not model.is_local and len(model.weights.files) > _MOST_HEADERS:
        return "name it with --tensor NAME"
    tables = sorted((info for info in model.tensors() if len(info.shape) == 2), key=_size, reverse=True)
    if not tables:
        return "it has no two-dimensional tensor, so it has no token table"
    return f"its largest tables are {_listed(tables[:5])}: name one with --tensor NAME{_with_labels(model)}"


def _with_labels(model: ModelFiles) -> str:
    """Return how a table of a single file gets labels that are in no tokenizer."""
    if model.storage.weight_file is None:
        return ""
    return f", or export it with labels: projector-export vectors {quote(model.name)} --column NAME --labels LABELS"


def _preferred(found: list[TensorInfo], fits: Callable[[TensorInfo], bool]) -> list[TensorInfo]:
    return [info for info in found if fits(info)] or found


def _one_of(model: ModelFiles, found: list[TensorInfo]) -> TensorInfo:
    found = sorted(found, key=lambda info: info.shape[0], reverse=True)
    largest = found[0]
    if len(found) == 1:
        return largest
    if not _are_two_sides(found) and largest.shape[0] > found[1].shape[0]:
        return largest
    same = [info for info in found if (info.shape, info.dtype) == (largest.shape, largest.dtype)]
    if len(same) == len(found) and model.is_local and all(model.are_equal(largest.name, info.name) for info in found):
        return largest
    raise AmbiguousChoiceError(
        f"{model.name!r} has {len(found)} tensors that may be the table: {_listed(found)}; choose with --tensor NAME"
    )


def _are_two_sides(found: Sequence[TensorInfo]) -> bool:
    """Return whether an encoder and a decoder have tables of their own: two vocabularies, the larger no better."""
    sides = {side for info in found for side in ("encoder", "decoder") if side in info.name.split(".")}
    return len(sides) == 2


def _refuse_packed(model: ModelFiles) -> None:
    present = frozenset(model.tensor_names)
    for name in model.tensor_names:
        path = name.rpartition(".")[0]
        if is_input_table(f"{path}.weight"):
            check_packing(path, model.name, present)


def _refuse_shared_rows(model: ModelFiles, found: Sequence[TensorInfo]) -> None:
    if "mapping" in model.tensor_names and any("." not in info.name for info in found):
        raise InvalidInputError(
            f"{model.name!r} is a Model2Vec model whose tokens share rows ('mapping'), so that its table has no row a "
            "token: distil it again without quantising its vocabulary"
        )


def _listed(infos: Sequence[TensorInfo]) -> str:
    return ", ".join(f"{info.name!r} ({' x '.join(f'{n:,}' for n in info.shape)}, {info.dtype})" for info in infos)


def _size(info: TensorInfo) -> int:
    return info.shape[0] * info.shape[1]
