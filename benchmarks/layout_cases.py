"""Layouts against the libraries' defaults, and their growth with the number of rows."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cases import HERE, Outcome, Target, at_most, finish, model_folder
from measure import Contender, Measurement, take_turns

WRITES = "coordinates"
GROWTH_ROWS = (10_000, 30_000, 100_000)
GROWTH_DIMS = 768
MEMORY_LIMIT = 4e9
QUALITY_SECONDS = 30


def layouts(folder: Path, repeat: int, tell: Callable[[str], None]) -> Outcome:
    """Word embeddings of all-MiniLM-L6-v2: UMAP, t-SNE and all together against the libraries' defaults."""
    vectors = folder / "vectors.npy"
    finish([sys.executable, str(HERE / "layout_data.py"), "model", str(model_folder()), str(vectors)])
    labels = {
        "ours-umap": "UMAP 3-D, ours",
        "umap": "UMAP 3-D, umap-learn's defaults",
        "umap-seeded": "the same, seeded (one thread)",
        "ours-tsne": "t-SNE 2-D, ours",
        "opentsne": "t-SNE 2-D, openTSNE, all cores",
        "scikit-tsne": "t-SNE 2-D, scikit-learn, all cores",
        "ours-all": "PCA + UMAP + t-SNE, ours",
        "all": "PCA + UMAP + t-SNE, one library after the other",
    }
    contenders = [_way(way, label, vectors, folder) for way, label in labels.items()]
    found = dict(zip(labels, take_turns(contenders, folder, repeat=repeat, tell=tell), strict=True))
    quality = _quality(vectors, [folder / f"{way}.npy" for way in labels])
    targets = (
        _share("UMAP 3-D", found["ours-umap"], found["umap"], 0.6, "umap-learn's defaults"),
        _share("UMAP 3-D", found["ours-umap"], found["umap-seeded"], 0.6, "umap-learn's, seeded"),
        _share("t-SNE 2-D", found["ours-tsne"], found["opentsne"], 0.85, "openTSNE's"),
        _share("t-SNE 2-D", found["ours-tsne"], found["scikit-tsne"], 0.25, "scikit-learn's"),
        _share("PCA + UMAP + t-SNE", found["ours-all"], found["all"], 0.75, "the libraries'"),
        _as_good("UMAP", quality["ours-umap"], quality["umap"]),
        _as_good("t-SNE", quality["ours-tsne"], quality["opentsne"]),
        _as_good("t-SNE (scikit-learn)", quality["ours-tsne"], quality["scikit-tsne"]),
    )
    remarks = [
        f"Trustworthiness, {labels[way]}: {_told(figures)}" for way, figures in quality.items() if "all" not in way
    ]
    return Outcome("Layouts of 30,522 x 384 float32, cosine", list(found.values()), targets, remarks)


def growth(folder: Path, repeat: int, tell: Callable[[str], None]) -> Outcome:
    """Synthetic clusters in 768 dimensions at three sizes: each part of the work by itself."""
    contenders = []
    for n_rows in GROWTH_ROWS:
        vectors = folder / f"{n_rows}.npy"
        finish([sys.executable, str(HERE / "layout_data.py"), "clusters", f"{n_rows}x{GROWTH_DIMS}", str(vectors)])
        contenders.append(Contender(f"{n_rows:,} rows", [_growth_command(vectors, folder)], "all figures"))
    found = take_turns(contenders, folder, repeat=repeat, tell=tell)
    parts = {n_rows: json.loads((folder / f"{n_rows}.json").read_text()) for n_rows in GROWTH_ROWS}
    largest = parts[GROWTH_ROWS[-1]]
    targets = (
        at_most(f"peak memory at {GROWTH_ROWS[-1]:,} rows", found[-1].peak_bytes / 1e6, MEMORY_LIMIT / 1e6, "MB"),
        at_most(f"quality figures at {GROWTH_ROWS[-1]:,} rows", largest["quality"][0], QUALITY_SECONDS, "s"),
    )
    remarks = [
        f"{n_rows:>7,} rows: "
        + ", ".join(f"{part} {wall:.1f} s ({cpu:.1f} s CPU)" for part, (wall, cpu) in found_parts.items())
        for n_rows, found_parts in parts.items()
    ]
    return Outcome(f"Growth with rows, {GROWTH_DIMS} dimensions", found, targets, remarks)


def _way(way: str, label: str, vectors: Path, folder: Path) -> Contender:
    command = [sys.executable, str(HERE / "layout_ways.py"), way, str(vectors), str(folder / f"{way}.npy")]
    return Contender(label, [command], WRITES, {"TF_CPP_MIN_LOG_LEVEL": "2"})


def _growth_command(vectors: Path, folder: Path) -> list[str]:
    return [sys.executable, str(HERE / "layout_growth.py"), str(vectors), str(folder / f"{vectors.stem}.json")]


def _quality(vectors: Path, pictures: Sequence[Path]) -> dict[str, Mapping[str, Mapping[str, float]]]:
    command = [sys.executable, str(HERE / "layout_quality.py"), str(vectors), *map(str, pictures)]
    found: dict[str, Mapping[str, Mapping[str, float]]] = json.loads(finish(command))
    return found


def _share(what: str, ours: Measurement, theirs: Measurement, limit: float, peer: str) -> Target:
    ratio = ours.seconds / theirs.seconds
    return Target(f"{what} at most {limit:g} times {peer}", ratio <= limit, f"{ratio:.2f}")


def _as_good(what: str, ours: Mapping[str, Mapping[str, float]], theirs: Mapping[str, Mapping[str, float]]) -> Target:
    difference = ours["trustworthiness"]["value"] - theirs["trustworthiness"]["value"]
    return Target(f"{what}'s trustworthiness not worse by more than 0.005", difference >= -0.005, f"{difference:+.4f}")


def _told(figures: Mapping[str, Mapping[str, float]]) -> str:
    trust, recall = figures["trustworthiness"], figures["neighbour_recall"]
    return f"{trust['value']:.4f} ± {trust['standard_error']:.4f}, neighbour recall {recall['value']:.3f}"
