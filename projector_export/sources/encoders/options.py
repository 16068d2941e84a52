"""What is read of a collection of texts, what is made of it, and how the work is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal, get_args

from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue

__all__ = ["BACKENDS", "DATA_TYPES", "GRANULARITIES", "POOLINGS", "Encoding", "Running", "TextColumns", "TextOptions"]

Pooling = Literal["cls", "mean", "max", "last"]
Granularity = Literal["text", "word", "token"]
Backend = Literal["torch", "onnx", "openvino"]
DataType = Literal["float32", "float16", "bfloat16"]

POOLINGS: tuple[Pooling, ...] = get_args(Pooling)
GRANULARITIES: tuple[Granularity, ...] = get_args(Granularity)
BACKENDS: tuple[Backend, ...] = get_args(Backend)
DATA_TYPES: tuple[DataType, ...] = get_args(DataType)


@dataclass(frozen=True)
class TextColumns:
    """What is read of a file of records.

    Parameters
    ----------
    text
        Columns that hold the text; several are joined. Empty: the only column, or the one called ``text``.
    separator
        Stands between joined texts; an empty part is left out together with its separator.
    metadata
        Columns that go along; None for all others.
    max_characters
        Longer texts are cut in labels and metadata, never before they are encoded.
    format
        Format of the file, where its name does not tell it (``"csv"``, ``"jsonl"``...).
    header
        Whether the first row of CSV or TSV names the columns; None to decide by its content.
    split
        Which part of a folder that has several (``"train"``).
    limit
        The first so many texts only; None for all.
    """

    text: Sequence[str] = ()
    separator: str = " "
    metadata: Sequence[str] | None = None
    max_characters: int = 160
    format: str | None = None
    header: bool | None = None
    split: str | None = None
    limit: int | None = None

    def __post_init__(self) -> None:
        for name in ("text", "metadata"):
            value = getattr(self, name)
            object.__setattr__(self, name, (value,) if isinstance(value, str) else value and tuple(value))
        object.__setattr__(self, "text", tuple(self.text or ()))
        if len(set(self.text)) < len(self.text):
            raise InvalidInputError(f"a text column is named twice: {', '.join(map(repr, self.text))}")
        _require_whole("max_characters", self.max_characters, 8)
        if self.limit is not None:
            _require_whole("limit", self.limit, 1)


@dataclass(frozen=True)
class Encoding:
    """What is made of a text; all of it changes the vectors.

    Parameters
    ----------
    prompt
        Put before every text; None for the model's own default.
    prompt_name
        One of the prompts that the model brings along.
    truncate_dim
        Only the first so many dimensions (Matryoshka models).
    granularity
        One vector a ``"text"``, ``"word"`` (mean of its sub-words) or ``"token"``, in its context.
    pooling
        How token vectors become one: ``"cls"`` (the first), ``"mean"``, ``"max"`` or ``"last"``; None as the model does it,
        the mean for a bare transformer.
    layer
        0 for the token embeddings, 1 for the first block, negative ones count from the end; ``"all"`` for one table a layer;
        None for the last one.
    special_tokens
        Whether ``[CLS]`` and such are rows too, where rows are tokens.
    """

    prompt: str | None = None
    prompt_name: str | None = None
    truncate_dim: int | None = None
    granularity: Granularity = "text"
    pooling: Pooling | None = None
    layer: int | Literal["all"] | None = None
    special_tokens: bool = False

    def __post_init__(self) -> None:
        _require_one_of("granularity", self.granularity, GRANULARITIES)
        if self.pooling is not None:
            _require_one_of("pooling", self.pooling, POOLINGS)
        if self.layer is not None and self.layer != "all" and type(self.layer) is not int:
            raise InvalidInputError(f"layer is a whole number or 'all', not {self.layer!r}")
        if self.truncate_dim is not None:
            _require_whole("truncate_dim", self.truncate_dim, 1)
        if self.prompt is not None and self.prompt_name is not None:
            raise InvalidInputError("prompt and prompt_name say the same in two ways: give one of them")
        if self.granularity != "text" and self.pooling is not None:
            raise InvalidInputError(
                f"pooling makes one vector of a whole text: leave it out, or ask for texts instead of {self.granularity}s"
            )
        if self.special_tokens and self.granularity != "token":
            raise InvalidInputError("special tokens are rows only where rows are tokens: add granularity 'token'")

    @property
    def needs_transformer(self) -> bool:
        """Whether token vectors are asked for, which only a transformer has."""
        return self.granularity != "text" or self.pooling is not None or self.layer is not None

    def as_json(self) -> dict[str, JSONValue]:
        """Return it as a JSON object."""
        return asdict(self)


@dataclass(frozen=True)
class Running:
    """How the work is done.

    Parameters
    ----------
    revision
        Branch, tag or commit of a model on the Hub.
    device
        ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``; None for all CUDA devices that there are, else the processor.
    dtype
        In which numbers the model computes; None for float32 on a processor, as stored on other devices.
    backend
        What computes sentence-transformers models.
    batch_tokens
        Padded tokens of a batch; None for what suits the device.
    workers
        Processes that each load the model; None for one, or one a CUDA device. A script that asks for several keeps what it
        does under ``if __name__ == "__main__":``, because each process imports it.
    """

    revision: str | None = None
    device: str | None = None
    dtype: DataType | None = None
    backend: Backend = "torch"
    batch_tokens: int | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        _require_one_of("backend", self.backend, BACKENDS)
        if self.dtype is not None:
            _require_one_of("dtype", self.dtype, DATA_TYPES)
        if self.batch_tokens is not None:
            _require_whole("batch_tokens", self.batch_tokens, 1)
        if self.workers is not None:
            _require_whole("workers", self.workers, 1)


@dataclass(frozen=True)
class TextOptions:
    """Everything that can be said about texts and their encoding.

    Parameters
    ----------
    columns, encoding, running
        What is read, what is made of it, how the work is done.
    name
        What the viewer calls the tensor; by default that of the data.
    """

    columns: TextColumns = field(default_factory=TextColumns)
    encoding: Encoding = field(default_factory=Encoding)
    running: Running = field(default_factory=Running)
    name: str | None = None


def _require_one_of(name: str, value: object, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise InvalidInputError(f"{name} is one of {', '.join(allowed)}, not {value!r}")


def _require_whole(name: str, value: object, least: int) -> None:
    if type(value) is not int or value < least:
        raise InvalidInputError(f"{name} is a whole number from {least} on, not {value!r}")
