"""One way of laying out a table, as a whole process: ``layout_ways.py WAY INPUT.npy OUTPUT.npy``."""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

SEED = 0


def ours(vectors: Array, *layouts: str) -> Array:
    """Lay out with this project: neighbours, principal components and pictures, no figures of trust."""
    from projector_export import EmbeddingTable
    from projector_export.transforms.layouts.recipe import Setting
    from projector_export.transforms.layouts.specification import lay_out, parse
    from projector_export.transforms.neighbours import neighbours

    recipes = [parse(layout) for layout in layouts]
    table = EmbeddingTable.from_array(vectors)
    k = max(recipe.k for recipe in recipes)
    table = neighbours(table, k, metric="cosine", seed=SEED) if k else table
    for recipe in recipes:
        table = lay_out(table, recipe, Setting("cosine", SEED))
    return table.layouts[-1].coordinates


def umap_learn(vectors: Array, n_components: int = 3, *, seeded: bool = False) -> Array:
    """Lay out with umap-learn's defaults; seeded, it runs on one thread."""
    import umap

    seed = SEED if seeded else None
    return np.asarray(
        umap.UMAP(n_components=n_components, metric="cosine", random_state=seed).fit_transform(vectors),
        dtype=np.float32,
    )


def open_tsne(vectors: Array) -> Array:
    """Lay out with openTSNE's defaults on all cores."""
    import openTSNE

    return np.asarray(openTSNE.TSNE(metric="cosine", n_jobs=-1, random_state=SEED).fit(vectors), dtype=np.float32)


def scikit_tsne(vectors: Array) -> Array:
    """Lay out with scikit-learn's defaults on all cores."""
    from sklearn.manifold import TSNE

    return np.asarray(TSNE(metric="cosine", n_jobs=-1, random_state=SEED).fit_transform(vectors), dtype=np.float32)


def scikit_pca(vectors: Array) -> Array:
    """Two principal components with scikit-learn's defaults."""
    from sklearn.decomposition import PCA

    return np.asarray(PCA(2, random_state=SEED).fit_transform(vectors), dtype=np.float32)


def one_after_the_other(vectors: Array) -> Array:
    """Run the libraries' defaults one after the other: PCA, UMAP, t-SNE."""
    scikit_pca(vectors)
    umap_learn(vectors)
    return open_tsne(vectors)


WAYS = {
    "ours-umap": lambda vectors: ours(vectors, "umap:n_components=3"),
    "ours-tsne": lambda vectors: ours(vectors, "tsne"),
    "ours-all": lambda vectors: ours(vectors, "pca", "umap:n_components=3", "tsne"),
    "umap": umap_learn,
    "umap-seeded": lambda vectors: umap_learn(vectors, seeded=True),
    "opentsne": open_tsne,
    "scikit-tsne": scikit_tsne,
    "all": one_after_the_other,
}

if __name__ == "__main__":
    way, source, target = sys.argv[1:]
    np.save(target, WAYS[way](np.load(source)))
