"""Tables of encoded texts: vectors from the chunks, columns from the records, and what the user should be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from projector_export.errors import CorruptFileError, InvalidInputError, counted
from projector_export.provenance import JSONValue, Provenance, Step
from projector_export.sources.encoders.chunk_store import ChunkFacts, vectors_name
from projector_export.sources.encoders.corpus import Corpus
from projector_export.sources.encoders.encode_chunks import Assignment
from projector_export.sources.encoders.encoder import IntArray
from projector_export.sources.encoders.options import Granularity
from projector_export.sources.encoders.stored_vectors import StoredVectors
from projector_export.table import Column, EmbeddingTable, listed
from projector_export.tabular import as_columns, cut_notes
from projector_export.tabular.plain_values import as_json_text, plain

__all__ = ["Description", "columns_of_texts", "names_of_columns", "tables_of"]


@dataclass(frozen=True)
class Description:
    """What is said of the tables.

    Parameters
    ----------
    name
        What the viewer calls them; layers are told apart by their names behind it.
    granularity
        What a row is.
    max_characters
        Of a text in a label or another column.
    layers
        Name of each layer.
    max_tokens
        Tokens that the model saw of a text.
    history
        How the vectors were made.
    """

    name: str
    granularity: Granularity
    max_characters: int
    layers: Sequence[str]
    max_tokens: int | None
    history: Mapping[str, JSONValue] = field(default_factory=dict)


def tables_of(assignment: Assignment, said: Description, *, keeper: object = None) -> tuple[EmbeddingTable, ...]:
    """Return one table a layer; their vectors lie in the files of the chunks.

    Parameters
    ----------
    assignment
        All of its chunks are there.
    said
        Names and limits.
    keeper
        Something that has to live as long as the files do.

    Raises
    ------
    InvalidInputError
        If the records are not those any more whose texts were encoded.
    CorruptFileError
        If a chunk is damaged.
    """
    facts = [assignment.store.facts(number) for number in range(len(assignment.survey.digests))]
    columns, empty, notes = columns_of_texts(assignment, said.max_characters)
    counts = np.concatenate([each.n_vectors for each in facts])
    lengths = np.concatenate([each.lengths for each in facts])
    if said.granularity == "text" and len(lengths) == len(counts):
        columns.append(Column(_free("tokens", _names(columns)), lengths))
    notes += _told(facts, empty, counts, said)
    if said.granularity != "text":
        columns = _columns_of_pieces(assignment, columns, counts, said.granularity)
    source: dict[str, JSONValue] = {**assignment.corpus.records.describe}
    source |= {"text": list(assignment.corpus.text_columns), "n_texts": len(counts)}
    tables = []
    for layer in said.layers:
        step = Step("encode_texts", {**said.history, **({"layer": layer} if layer else {})})
        history = Provenance().then(Step("read_texts", source)).then(step, *notes)
        name = f"{said.name} {layer}" if layer else said.name
        tables.append(EmbeddingTable(name, _vectors(assignment, facts, layer, keeper), tuple(columns), history))
    return tuple(tables)


def _vectors(assignment: Assignment, facts: Sequence[ChunkFacts], layer: str, keeper: object) -> StoredVectors:
    n_dims = max(each.n_dims for each in facts)
    if any(each.n_dims not in {0, n_dims} for each in facts):
        raise CorruptFileError(f"{assignment.store.folder} holds vectors of different dimensions: delete it")
    paths = [assignment.store.path(number) / vectors_name(layer) for number in range(len(facts))]
    return StoredVectors(paths, [int(each.n_vectors.sum()) for each in facts], n_dims, keeper)


def columns_of_texts(assignment: Assignment, size: int) -> tuple[list[Column], IntArray, list[str]]:
    """Read the records once more: label and other columns, numbers of empty texts, notes.

    Parameters
    ----------
    assignment
        The texts.
    size
        Characters of a text in a column, at most.
    """
    corpus = assignment.corpus
    wanted = (*corpus.text_columns, *corpus.metadata_columns)
    labels: list[str] = []
    empty: list[int] = []
    values: dict[str, list[object]] = {name: [] for name in corpus.metadata_columns}
    number = 0
    for number, batch in enumerate(corpus.records.batches(n_rows=assignment.chunk_texts, columns=wanted), start=1):
        chunk = corpus.chunk_of(batch, len(labels))
        assignment.check(number - 1, chunk)
        empty += [len(labels) + row for row, text in enumerate(chunk.texts) if not text.strip()]
        labels += [text[: size + 1] for text in chunk.texts]
        for name, found in values.items():
            found += [_shortened(value, size) for value in batch[name]]
    if number != len(assignment.survey.digests):
        raise InvalidInputError(f"{corpus.records.describe['source']!r} became shorter while it was read: start again")
    shown: dict[str, list[object]] = {corpus.label: list(labels)}
    label = as_columns(shown, max_characters=size)
    others = as_columns(values, is_typed=corpus.records.is_typed, max_characters=size)
    notes = [*cut_notes(shown, max_characters=size), *cut_notes(values, max_characters=size)]
    return [*label, *others], np.array(empty, dtype=np.int64), [*corpus.notes, *notes]


def names_of_columns(corpus: Corpus, granularity: Granularity) -> tuple[str, ...]:
    """Return the names that the columns of a table of texts, words or tokens can have."""
    names = [corpus.label, *corpus.metadata_columns]
    if granularity == "text":
        return (*names, _free("tokens", names))
    own = [granularity, *(["word"] if granularity == "token" else []), "row", "position"]
    return (*own, *(_free(name, own) for name in names))


def _shortened(value: object, size: int) -> object:
    """Keep no more of a long value than is needed to see that it is long."""
    value = plain(value)
    if isinstance(value, list):
        value = as_json_text(value)
    return value[: size + 1] if isinstance(value, str) else value


def _told(facts: Sequence[ChunkFacts], empty: IntArray, counts: IntArray, said: Description) -> list[str]:
    notes = []
    n_texts = len(counts)
    if len(empty):
        they = ("is", "it has", "it gives") if len(empty) == 1 else ("are", "they have", "they give")
        then = f"{they[1]} the vector that the model gives to no text"
        if said.granularity != "text":
            then = f"{they[2]} no rows"
        notes.append(f"{len(empty):,} of {counted(n_texts, 'text')} {they[0]} empty ({listed(empty)}): {then}")
    cut = np.flatnonzero(np.concatenate([each.is_truncated for each in facts]))
    if len(cut):
        limit = "" if said.max_tokens is None else f" the {said.max_tokens:,} tokens"
        are, them = ("is", "it is not in its") if len(cut) == 1 else ("are", "them is not in their")
        notes.append(
            f"{len(cut):,} of {counted(n_texts, 'text')} {are} longer than{limit} that the model sees ({listed(cut)}): "
            f"the rest of {them} vectors"
        )
    return notes


def _columns_of_pieces(
    assignment: Assignment, columns: Sequence[Column], counts: IntArray, granularity: Granularity
) -> list[Column]:
    """Return the columns of tokens or words, followed by those of the text that each belongs to."""
    labels: list[str] = []
    words: list[str] = []
    positions = []
    for number in range(len(assignment.survey.digests)):
        pieces = assignment.store.pieces(number)
        labels += pieces.labels
        words += pieces.words
        positions.append(pieces.positions)
    texts = np.repeat(np.arange(len(counts)), counts)
    own = [Column(granularity, labels, spelled=True)]
    if granularity == "token":
        own.append(Column("word", words, spelled=True))
    own += [Column("row", texts), Column("position", np.concatenate(positions))]
    others = [column.take(texts) for column in columns]
    return own + [Column(_free(each.name, _names(own)), each.values, each.spelled) for each in others]


def _names(columns: Sequence[Column]) -> list[str]:
    return [column.name for column in columns]


def _free(name: str, taken: Sequence[str]) -> str:
    """Return a name that no column has."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name} ({number})"
    return found
