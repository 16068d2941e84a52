"""Texts through a sentence encoder against sentence-transformers' own method, and memory by the number of texts."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from cases import HERE, Outcome, Target, at_most, finish, model_folder, our_command
from measure import Contender, Measurement, take_turns

DATA = HERE.parent.parent / "shared" / "data" / "ag_news_test.csv"
BATCH_SIZES = (8, 16, 32, 64)
TOLERANCE = 1e-5
N_COMPARED = 500
TIMES = 10
GROWTH = 1.1


def texts(folder: Path, repeat: int, tell: Callable[[str], None]) -> Outcome:
    """The 7,600 news of AG News' test split by all-MiniLM-L6-v2, as whole processes."""
    data, model = str(_data()), str(model_folder())
    contenders = (
        _ours("projector-export texts", data, model, "checkpoint + 3 columns", "column_2", "column_3"),
        *(
            Contender(
                f"SentenceTransformer.encode, batches of {size}",
                [[sys.executable, str(HERE / "text_peers.py"), "encode", model, data, str(size), "{out}"]],
                "numpy file",
            )
            for size in BATCH_SIZES
        ),
    )
    ours, *theirs = take_turns(contenders, folder, repeat=repeat, tell=tell)
    best = min(theirs, key=lambda each: each.seconds)
    tell("comparing vectors")
    compare = [sys.executable, str(HERE / "text_peers.py"), "compare", model, data, str(N_COMPARED)]
    difference = json.loads(finish(compare).splitlines()[-1])
    ratio = best.seconds / ours.seconds
    targets = (
        Target("throughput at least that of the best batch size", ratio >= 1, f"{ratio:.2f} times"),
        Target(f"vectors equal within {TOLERANCE:g}", difference <= TOLERANCE, f"{difference:.1e}"),
    )
    remarks = (
        f"Best of theirs: {best.contender.label}. Time of all cores: {best.cpu_seconds / ours.cpu_seconds:.2f} times ours.",
        f"Texts a second, imports included: {7600 / ours.seconds:,.0f} and {7600 / best.seconds:,.0f}.",
    )
    return Outcome("AG News, 7,600 texts by all-MiniLM-L6-v2", (ours, *theirs), targets, remarks)


def text_memory(folder: Path, repeat: int, tell: Callable[[str], None]) -> Outcome:
    """Peak memory at 7,600 and at 76,000 texts: titles by the transformer, whole news by a static model."""
    data, model, static = str(_data()), str(model_folder()), str(folder / "static")
    longer = str(folder / "longer.csv")
    finish([sys.executable, str(HERE / "text_peers.py"), "repeat", data, str(TIMES), longer])
    finish([sys.executable, str(HERE / "text_peers.py"), "static", model, static])
    contenders = (
        _ours("7,600 titles, MiniLM", data, model, "checkpoint + 3 columns", "column_2"),
        _ours("76,000 titles, MiniLM", longer, model, "checkpoint + 3 columns", "column_2"),
        _ours("7,600 news, static model", data, static, "checkpoint + 2 columns", "column_2", "column_3"),
        _ours("76,000 news, static model", longer, static, "checkpoint + 2 columns", "column_2", "column_3"),
    )
    found = take_turns(contenders, folder, repeat=repeat, tell=tell)
    target = at_most("peak at 76,000 texts", found[1].peak_bytes / found[0].peak_bytes, GROWTH, "times that at 7,600")
    remark = f"Static model, whole news as labels: {_growth(found[2:]):,.0f} bytes of peak memory a text more."
    return Outcome("Memory by the number of texts", found, (target,), (remark,))


def _growth(found: Sequence[Measurement]) -> float:
    few, many = found
    return (many.peak_bytes - few.peak_bytes) / (7600 * (TIMES - 1))


def _ours(label: str, data: str, model: str, writes: str, *columns: str) -> Contender:
    program = our_command(model)[0]
    wanted = [word for column in columns for word in ("--text", column)]
    command = [program, "texts", data, "--model", model, *wanted, "--metadata", "column_1", "--logdir", "{out}", "-q"]
    return Contender(label, [command], writes)


def _data() -> Path:
    if not DATA.exists():
        raise SystemExit(f"the news are missing: put AG News' test.csv (class, title, text) in place as {DATA}")
    return DATA
