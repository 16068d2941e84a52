"""A vocabulary with findings made by hand, hostile texts among them."""

import numpy as np

from projector_export.formats.findings import Candidate, Cut, DeadRows, Findings, IndicatorSummary, References
from projector_export.table import Column, EmbeddingTable, Selection

HOSTILE = (
    "</script><script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    '=HYPERLINK("http://x")',
    "\x1b[31mred\x1b[0m\u202eevil",
    "日本語のトークン",
    "n\u0303o\u0308" * 12,
    "x" * 4000,
    'a "quoted", cell\r\nof two lines',
    "\ud800",
    "&lt;b&gt;",
)
KINDS = ("word", "subword", "punctuation")
EVIDENCE = (
    "input norm below the adaptive cut",
    "close to the reference rows",
    "never the largest of random directions",
)


def made(n_rows=400, n_suspects=30):
    """Return a table and findings of it: the first rows are hostile suspects, the last ones dead."""
    values = np.random.default_rng(0).normal(size=(n_rows, 8)).astype("f4")
    values[:n_suspects] *= 0.05
    values[-2:] = 0
    norms = np.linalg.norm(values.astype(float), axis=1)
    cosine = np.clip(0.6 + values[:, 0] / 8, 0.05, None)
    cosine[:n_suspects] = 0.02
    cosine[-4:] = np.nan
    tokens = [*HOSTILE, *(f"␣token{row}" for row in range(len(HOSTILE), n_rows))]
    kinds = [KINDS[row % 3] for row in range(n_rows)]
    columns = [
        Column("token", tokens, spelled=True),
        Column("id", np.arange(n_rows)),
        Column("kind", kinds),
        Column("norm", norms),
        Column("output cosine", cosine),
    ]
    order = np.argsort(norms[:n_suspects]).tolist()
    candidates = tuple(
        Candidate(
            row, tokens[row], kinds[row], float(norms[row]), EVIDENCE[: 1 + row % 3], tuple(tokens[row + 1 : row + 6])
        )
        for row in order
    )
    indicators = (
        IndicatorSummary(
            "norm", "length of the input row", 2.7, 0.6, (Cut("percentile", 0.4, 8), Cut("adaptive", 0.3, n_suspects))
        ),
        IndicatorSummary("output cosine", "distance to the reference rows", 0.6, 0.1, (Cut("adaptive", None, 0),)),
    )
    last = n_rows - 1
    dead = DeadRows(
        zero=(last - 1, last), identical=((last - 1, last),), near_duplicates=((50, 51, 52),), padding=(last - 3, last - 2),
        near_duplicate_recall=0.998,
    )  # fmt: skip
    found = Findings(
        "tiny <b>gpt</b>",
        n_rows,
        8,
        True,
        {kind: kinds.count(kind) for kind in KINDS},
        dead,
        References((*range(177, 188), 190), "bytes that UTF-8 never uses"),
        indicators,
        candidates,
        {
            "anisotropy": 0.2691,
            "participation_ratio": 428.1,
            "rogue_dimensions": {"138": 0.31, "447": 0.12},
            "hubness": None,
        },
        ("the table is quantised: figures are approximate",),
    )
    reason = "under the cut"
    selections = (
        Selection("under-trained suspects", np.arange(n_suspects), reason),
        Selection("dead rows", np.array([last - 1, last]), "zero"),
        Selection("near-duplicates", np.array([], dtype=np.int64), "none"),
    )
    table = EmbeddingTable.from_array(values, name="tiny", columns=columns)
    return EmbeddingTable("tiny", table.vectors, table.columns, table.provenance, selections=selections), found
