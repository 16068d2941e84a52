"""From texts and a model to tables, by way of a folder in which the work is kept."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias, cast

from filelock import FileLock, Timeout

from projector_export.errors import InvalidInputError
from projector_export.provenance import JSONValue
from projector_export.sources.encoders.chunk_store import ChunkStore, told_as_sentences
from projector_export.sources.encoders.corpus import Corpus, Data, opened_corpus
from projector_export.sources.encoders.encode_chunks import Assignment, encode_here
from projector_export.sources.encoders.encoder import Encoder
from projector_export.sources.encoders.identity import identity_of, versions_of_libraries
from projector_export.sources.encoders.opening import Model, ModelName, recognise
from projector_export.sources.encoders.options import TextOptions
from projector_export.sources.encoders.outlook import Outlook, outlook_of, require_dims
from projector_export.sources.encoders.text_tables import Description, tables_of
from projector_export.sources.encoders.torch_work import visible_devices
from projector_export.sources.encoders.worker_processes import encode_in_processes
from projector_export.table import EmbeddingTable
from projector_export.vectors import StageProgress

__all__ = ["ENCODING", "EncodedTexts", "Resumption", "Workshop", "encode", "read"]

ENCODING = "encoding"
"""Name of the stage whose unit are texts."""

CHUNK_TEXTS, CHUNK_TEXTS_OF_PIECES = 1024, 64
"""Texts of a chunk: what is lost at most when the work is ended. Texts that give a vector a token are many rows."""

Resumption: TypeAlias = Callable[[int, int], None]
"""Called with the texts that an earlier command has encoded and all texts, where there are some."""


@dataclass(eq=False)
class EncodedTexts:
    """Tables of texts, and the folder in which their vectors lie until they are written somewhere else.

    Parameters
    ----------
    tables
        One a layer.
    folder
        Holds the vectors.
    n_texts, n_before
        All texts, and those that an earlier command had encoded.
    is_kept
        Whether the folder stays; set it to False when the tables are not needed any more.
    """

    tables: tuple[EmbeddingTable, ...]
    folder: Path
    n_texts: int
    n_before: int
    is_kept: bool = True


def read(
    data: Data, model: ModelName, options: TextOptions | None = None, *, progress: StageProgress | None = None
) -> tuple[EmbeddingTable, ...]:
    """Encode texts into tables whose vectors lie in a temporary folder as long as one of the tables is used.

    Parameters
    ----------
    data
        Path or address of a file of records, a list of texts, or open records.
    model
        Folder, Hub id, or a function from a list of texts to an array.
    options
        What is read, what is made of it, how the work is done.
    progress
        Told about stages that may take long.

    Returns
    -------
    tuple of EmbeddingTable
        One, or one a layer; rows are texts in their order, or their words or tokens.

    Raises
    ------
    ProjectorExportError
        If there are no texts or no such model, they do not go together, or the disk is full.
    """
    keeper = tempfile.TemporaryDirectory(prefix="projector_export-texts-")
    with encode(data, model, options, workshop=Workshop(Path(keeper.name), keeper), progress=progress) as encoded:
        return encoded.tables


@dataclass(frozen=True, eq=False)
class Workshop:
    """Where vectors are kept while there are not yet all of them.

    Parameters
    ----------
    folder
        Has one folder for each piece of work, named after its model, texts and options.
    keeper
        Something that has to live as long as the files do.
    resumed
        Told when work of an earlier command goes on.
    check
        Told what the tables will be like before a text is encoded; may raise.
    """

    folder: Path
    keeper: object = None
    resumed: Resumption | None = None
    check: Callable[[Outlook], None] | None = None


@contextmanager
def encode(
    data: Data,
    model: ModelName,
    options: TextOptions | None = None,
    *,
    workshop: Workshop,
    progress: StageProgress | None = None,
) -> Iterator[EncodedTexts]:
    """Encode texts, or go on where an earlier command with the same texts, model and options was ended.

    Parameters
    ----------
    data, model, options
        As for :func:`read`.
    workshop
        Where the work is kept.
    progress
        Told about stages that may take long.

    Yields
    ------
    EncodedTexts
        Nobody else can take its folder away before the block ends.

    Raises
    ------
    ProjectorExportError
        As for :func:`read`; or if another command is at the same work.
    """
    options = options or TextOptions()
    with opened_corpus(data, options.columns, progress) as corpus:
        known = recognise(model, options.encoding, options.running)
        with _encoded(corpus, known, options, workshop, progress) as found:
            yield found


@contextmanager
def _encoded(
    corpus: Corpus, known: Model, options: TextOptions, workshop: Workshop, progress: StageProgress | None
) -> Iterator[EncodedTexts]:
    chunk_texts = CHUNK_TEXTS if options.encoding.granularity == "text" else CHUNK_TEXTS_OF_PIECES
    if progress is not None:
        progress("reading the texts", 0, 0)
    survey = corpus.survey(chunk_texts)
    identity = identity_of(known, options, survey, chunk_texts)
    store = ChunkStore(workshop.folder / sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:32])
    with _locked(store) as leave:
        assignment = Assignment(corpus, survey, chunk_texts, store)
        n_before = assignment.n_done
        if n_before and workshop.resumed is not None:
            workshop.resumed(n_before, survey.n_texts)
        check = partial(_check_encoder, assignment, known, options, workshop)
        loaded = _encode_missing(assignment, known, identity, check, progress)
        said = _description(corpus, known, options, loaded)
        found = EncodedTexts(
            tables_of(assignment, said, keeper=workshop.keeper), store.folder, survey.n_texts, n_before
        )
        yield found
        if not found.is_kept:
            leave()


@contextmanager
def _locked(store: ChunkStore) -> Iterator[Callable[[], None]]:
    """Have a folder for oneself; gives a function that takes the folder away when the block ends."""
    made = [folder for folder in store.folder.parents if not folder.exists()]
    with told_as_sentences(store.folder):
        store.folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(store.folder / ".lock", timeout=0)
    is_left = False

    def leave() -> None:
        nonlocal is_left
        is_left = True
        store.clear()

    try:
        with lock:
            store.sweep()
            yield leave
    except Timeout as error:
        raise InvalidInputError(
            f"another command is encoding the same texts in {store.folder}: wait until it is done"
        ) from error
    finally:
        if is_left or store.is_empty:
            store.remove(made)


def _check_encoder(
    assignment: Assignment, model: Model, options: TextOptions, workshop: Workshop, encoder: Encoder
) -> None:
    """Look whether everything that is wanted fits the vectors that an encoder makes."""
    n_dims = require_dims(model, encoder)
    if workshop.check is not None:
        workshop.check(outlook_of(assignment, options, encoder, n_dims))


def _encode_missing(
    assignment: Assignment,
    model: Model,
    identity: Mapping[str, JSONValue],
    check: Callable[[Encoder], None],
    progress: StageProgress | None,
) -> Mapping[str, JSONValue]:
    """Encode what is not there, and return what was found out about the model when it was loaded."""
    manifest = assignment.store.manifest()
    n_done, n_texts = assignment.n_done, assignment.survey.n_texts
    if manifest is not None and n_done == n_texts:
        return cast("Mapping[str, JSONValue]", manifest["loaded"])
    if progress is not None:
        progress("loading the model", 0, 0)

    def done(count: int) -> None:
        nonlocal n_done
        n_done += count
        if progress is not None:
            progress(ENCODING, n_done, n_texts)

    devices = _devices(model)
    encoder = model.load(devices[0])
    check(encoder)
    loaded: dict[str, JSONValue] = {
        "layers": list(encoder.layers), "max_tokens": encoder.max_tokens, "describe": encoder.describe,
    }  # fmt: skip
    source = assignment.corpus.records.describe
    assignment.store.write_manifest(
        {"model": model.describe, "source": source, "loaded": loaded, "identity": {**identity}}
    )
    done(0)
    if len(devices) == 1:
        encode_here(assignment, encoder, done)
    else:
        del encoder
        encode_in_processes(assignment, model, devices, done)
    return loaded


def _devices(model: Model) -> list[str | None]:
    """Return the device of each process that works; None for the one that was asked for."""
    running = model.running
    if model.is_function or running.device is not None:
        return [running.device] * (running.workers or 1)
    if getattr(model.source, "library", "") == "model2vec":
        return [None] * (running.workers or 1)
    devices = visible_devices()
    n_workers = running.workers or len(devices)
    return [devices[number % len(devices)] for number in range(n_workers)]


def _description(corpus: Corpus, model: Model, options: TextOptions, loaded: Mapping[str, JSONValue]) -> Description:
    running = options.running
    history: dict[str, JSONValue] = {
        "model": model.describe,
        "encoding": options.encoding.as_json(),
        "loaded": loaded["describe"],
        "backend": running.backend,
        "dtype": running.dtype,
        "max_tokens": loaded["max_tokens"],
        "versions": dict(versions_of_libraries()),
    }
    return Description(
        options.name or corpus.records.name,
        options.encoding.granularity,
        options.columns.max_characters,
        cast("list[str]", loaded["layers"]),
        cast("int | None", loaded["max_tokens"]),
        history,
    )
