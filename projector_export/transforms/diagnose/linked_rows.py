"""Pairs of rows that are near each other, and the groups they make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Links"]


@dataclass(frozen=True, eq=False)
class Links:
    """Pairs of rows.

    Parameters
    ----------
    first, second
        Row numbers, int64, shape ``(n_links,)``, the lower one first.
    squared
        Squared distances, 0 or more, same shape.
    """

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    squared: npt.NDArray[np.float64]

    @classmethod
    def none(cls) -> Links:
        """Return no pair at all."""
        return cls(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0))

    def take(self, chosen: npt.NDArray[np.generic]) -> Links:
        """Return some of the pairs."""
        return Links(self.first[chosen], self.second[chosen], self.squared[chosen])

    def joined(self, others: Links, n_rows: int) -> Links:
        """Return the shortest links that hold together what these and others hold together: fewer than rows.

        They are a minimum spanning forest, so that longer links in it fail a stricter limit only where all fail.
        """
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import minimum_spanning_tree

        first = np.concatenate([self.first, others.first])
        second = np.concatenate([self.second, others.second])
        squared = np.concatenate([self.squared, others.squared])
        order = np.argsort(squared, kind="stable")
        _, places = np.unique(first[order] * n_rows + second[order], return_index=True)
        once = order[places]
        shift = float(squared.max(initial=0.0)) or 1.0  # a sparse matrix keeps no link of length 0
        entries = squared[once] / shift + 1.0
        forest = minimum_spanning_tree(
            coo_matrix((entries, (first[once], second[once])), shape=(n_rows, n_rows)).tocsr()
        )
        kept = forest.tocoo()
        low = np.minimum(kept.row, kept.col).astype(np.int64)
        high = np.maximum(kept.row, kept.col).astype(np.int64)
        return Links(low, high, np.maximum(kept.data - 1.0, 0.0) * shift)

    def groups(self, n_rows: int) -> npt.NDArray[np.int64]:
        """Return a number for each row, shape ``(n_rows,)``: linked rows, also over others, share theirs."""
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        entries = (np.ones(len(self.first), dtype=np.int8), (self.first, self.second))
        _, labels = connected_components(coo_matrix(entries, shape=(n_rows, n_rows)).tocsr(), directed=False)
        return np.asarray(labels, dtype=np.int64)
