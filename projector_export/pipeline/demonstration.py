"""The demo's table: a vocabulary trained on the spot, with the truth about what the training saw."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from projector_export.formats.findings import Findings
from projector_export.pipeline.treatment import Progress
from projector_export.provenance import Provenance, Step
from projector_export.sources import standard_library
from projector_export.sources.huggingface.tokenizer import read_tokenizer_path
from projector_export.sources.standard_library import Recipe, TrainedVocabulary
from projector_export.sources.vocabulary_columns import vocabulary_columns
from projector_export.table import Column, EmbeddingTable
from projector_export.vectors import ArrayVectors, norms_of

__all__ = ["NEVER_SEEN", "Agreement", "agreement", "read_demonstration"]

NEVER_SEEN = "never seen"
"""Value of the column ``training`` for tokens that the tokenizer knows and the training never met."""

FULL = 1000


@dataclass(frozen=True)
class Agreement:
    """How findings agree with the truth.

    Parameters
    ----------
    n_named
        Tokens that are called under-trained.
    n_never_seen
        Tokens that the training never met.
    n_right
        Tokens that are both.
    """

    n_named: int
    n_never_seen: int
    n_right: int

    @property
    def recall(self) -> float:
        """Share of the tokens never met that were named, 0 to 1."""
        return self.n_right / max(1, self.n_never_seen)

    @property
    def precision(self) -> float:
        """Share of the named tokens that were never met, 0 to 1; 0 where none was named."""
        return self.n_right / max(1, self.n_named)


def agreement(table: EmbeddingTable, findings: Findings) -> Agreement:
    """Compare findings with the demonstration's column ``training``."""
    truth = table.column("training").values
    named = {candidate.row for candidate in findings.candidates}
    never_seen = {row for row, value in enumerate(truth) if value == NEVER_SEEN}
    return Agreement(len(named), len(never_seen), len(named & never_seen))


def read_demonstration(
    recipe: Recipe | None = None, *, folder: Path | None = None, progress: Progress | None = None
) -> tuple[EmbeddingTable, TrainedVocabulary]:
    """Train a small vocabulary on the standard library's sources and return it as a table.

    Parameters
    ----------
    recipe
        What to train with.
    folder
        Another folder of Python sources.
    progress
        Told about stages that may take long.

    Returns
    -------
    table : EmbeddingTable
        The columns of any vocabulary, and ``training`` (seen, never seen) and ``count`` (occurrences in the training text).
    trained : TrainedVocabulary
        What the training gave.
    """
    told = None if progress is None else lambda name, share: progress(name, round(FULL * share), FULL)
    trained = standard_library.read(recipe, folder=folder, progress=told)
    vectors = ArrayVectors(trained.vectors)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "tokenizer.json"
        path.write_text(trained.tokenizer_json, encoding="utf-8")
        vocabulary, _ = read_tokenizer_path(path)
    columns, notes = vocabulary_columns(vocabulary, vectors.shape[0], norms_of(vectors))
    truth = [NEVER_SEEN if count == 0 else "seen" for count in trained.counts.tolist()]
    step = Step(
        "read_demonstration",
        {
            "recipe": trained.recipe.as_json(),
            "versions": dict(trained.versions),
            "files": trained.n_files,
            "docstrings": trained.n_docstrings,
            "training_tokens": trained.n_training_tokens,
            "never_seen": trained.n_never_seen,
        },
    )
    history = Provenance().then(step, *notes)
    more = (Column("training", truth), Column("count", trained.counts))
    return EmbeddingTable("standard library", vectors, (*columns, *more), history), trained
