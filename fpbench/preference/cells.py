"""Votes folded into distinct comparisons with counts, and the sparse design of a paired-comparison model.

A million votes between 50 systems are at most 7,350 distinct (left, right, answer) cells, so fitting cost does not
grow with the log. Votes with continuous covariates stay one cell each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fpbench.preference.votes import Votes

if TYPE_CHECKING:
    from scipy.sparse import csr_array

SIDE = "side"


@dataclass(frozen=True, eq=False)
class Cells:
    """Distinct comparisons.

    Attributes:
        left, right: (cells,) item codes.
        sign: (cells,) +1 left preferred, -1 right preferred, 0 tie.
        weight: (cells,) summed vote weights.
        features: (cells, covariates) covariates of the left side over the right; the side bias is a column of ones.
        names: covariate names, in column order.
        of_vote: (votes,) the cell of each vote.
        items: number of items.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    sign: NDArray[np.int8]
    weight: NDArray[np.float64]
    features: NDArray[np.float64]
    names: tuple[str, ...]
    of_vote: NDArray[np.int64]
    items: int

    def design(self) -> csr_array:
        """(cells, items + covariates): +1 at the left item, -1 at the right, then the covariates."""
        from scipy.sparse import csr_array, hstack

        n = len(self.left)
        rows = np.tile(np.arange(n), 2)
        columns = np.concatenate([self.left, self.right])
        values = np.repeat([1.0, -1.0], n)
        items = csr_array((values, (rows, columns)), shape=(n, self.items))
        return csr_array(hstack([items, csr_array(self.features)], format="csr"))


def fold(votes: Votes, *, side: bool) -> Cells:
    """Fold ``votes`` into cells; ``side`` adds the covariate of being shown left."""
    names = (*((SIDE,) if side else ()), *votes.covariates)
    n, items = len(votes), len(votes.items)
    weight = np.ones(n) if votes.weights is None else votes.weights
    sign = votes.sign()
    if votes.covariates:
        key, first = np.arange(n), np.arange(n)
    else:
        code = (votes.left.astype(np.int64) * items + votes.right) * 3 + (sign + 1)
        _, first, key = np.unique(code, return_index=True, return_inverse=True)
    columns = [np.ones(len(first))] if side else []
    columns += [column[first] for column in votes.covariates.values()]
    return Cells(
        left=votes.left[first].astype(np.int64),
        right=votes.right[first].astype(np.int64),
        sign=sign[first],
        weight=np.bincount(key, weights=weight, minlength=len(first)).astype(np.float64),
        features=np.stack(columns, axis=1) if columns else np.zeros((len(first), 0)),
        names=names,
        of_vote=key.astype(np.int64),
        items=items,
    )
