"""Pairs of rows that are near each other, and the groups they make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["FIELDS", "Links"]

FIELDS = ("first", "second", "squared")


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

    def joined(self, others: Links) -> Links:
        """Return the shortest links that hold together what these and others hold together: fewer than rows.

        They are a minimum spanning forest, so that longer links in it fail a stricter limit only where all fail.
        """
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import minimum_spanning_tree

        both = Links(*(np.concatenate([getattr(self, name), getattr(others, name)]) for name in FIELDS))
        rows, ends = np.unique(np.concatenate([both.first, both.second]), return_inverse=True)
        first, second = ends.reshape(2, -1)
        order = np.argsort(both.squared, kind="stable")
        _, places = np.unique(first[order] * len(rows) + second[order], return_index=True)
        once = order[places]
        longest = float(both.squared.max(initial=0.0)) or 1.0
        entries = both.squared[once] / longest + 1.0  # a sparse matrix keeps no link of length 0
        links = coo_matrix((entries, (first[once], second[once])), shape=(len(rows), len(rows)))
        forest = minimum_spanning_tree(links.tocsr()).tocoo()
        low, high = np.minimum(forest.row, forest.col), np.maximum(forest.row, forest.col)
        return Links(rows[low], rows[high], np.maximum(forest.data - 1.0, 0.0) * longest)

    def groups(self, n_rows: int) -> npt.NDArray[np.int64]:
        """Return a number for each row, shape ``(n_rows,)``: linked rows, also over others, share theirs."""
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        entries = (np.ones(len(self.first), dtype=np.int8), (self.first, self.second))
        _, labels = connected_components(coo_matrix(entries, shape=(n_rows, n_rows)).tocsr(), directed=False)
        return np.asarray(labels, dtype=np.int64)
