"""Small exports for the dashboard: a vocabulary with kinds, scores, layouts, and findings."""

from dataclasses import replace

import numpy as np
from exports import HOSTILE_LABELS

import projector_export
from projector_export import Column, EmbeddingTable
from projector_export.formats import findings
from projector_export.options import Destination
from projector_export.table import Layout

N_ROWS = 600
KINDS = ("word", "subword", "special", "unused")


def vocabulary(name="tokens", *, seed=0, n_rows=N_ROWS, labels=None):
    """Return a table whose last tenth of the rows is short: as if never trained."""
    generator = np.random.default_rng(seed)
    vectors = generator.standard_normal((n_rows, 8)).astype(np.float32)
    vectors[-n_rows // 10 :] *= 0.1
    labels = labels or [*HOSTILE_LABELS, *(f"token{row}" for row in range(n_rows))][:n_rows]
    columns = (
        Column("token", labels),
        Column("id", np.arange(n_rows)),
        Column("kind", [KINDS[3 if row >= 0.9 * n_rows else row % 3] for row in range(n_rows)]),
        Column("score", generator.standard_normal(n_rows)),
        Column("norm", np.linalg.norm(vectors, axis=1)),
    )
    layouts = (
        Layout("flat", "umap", vectors[:, :2]),
        Layout("deep", "pca", vectors[:, :3]),
    )
    table = EmbeddingTable.from_array(vectors, name=name, columns=columns)
    return replace(table, layouts=layouts, components=vectors - vectors.mean(axis=0))


def write_run(logdir, run, *, seed=0, name="tokens", table=None):
    """Export a vocabulary and return its folder."""
    table = table or vocabulary(name, seed=seed)
    (written,) = projector_export.write(table, Destination(logdir, run=run))
    return written.folder


def write_findings(folder, *, n_rows=N_ROWS, damage=(b"", b"")):
    """Put findings beside an export of :func:`vocabulary`."""
    suspects = range(n_rows - 20, n_rows)
    found = findings.Findings(
        name="tokens",
        n_rows=n_rows,
        n_dims=8,
        is_tied=True,
        kinds={"word": n_rows - 20, "unused": 20},
        dead=findings.DeadRows(zero=(3,), identical=((4, 5),), near_duplicates=((6, 7, 8),)),
        references=findings.References((n_rows - 1,), "unused byte values"),
        indicators=(
            findings.IndicatorSummary(
                "score", "A number that means nothing.", 0.0, 1.0, (findings.Cut("adaptive", -1.5, 20),)
            ),
        ),
        candidates=tuple(
            findings.Candidate(row, f"token{row}", "unused", -2.0, ("score below the cut", "short"), ("a", "b"))
            for row in suspects
        ),
        health={"anisotropy": 0.1, "participation ratio": 7.5},
        notes=("A <b>note</b>.",),
    )
    (folder / findings.FILE_NAME).write_bytes(findings.encode(found).replace(*damage))
