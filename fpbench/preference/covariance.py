"""Cluster-robust covariance of a maximum-likelihood fit, one-way or rater x task. No likelihoods here.

Votes by one person, and votes on one prompt, are correlated; taking them as independent makes intervals too narrow
(coverage .86 instead of .95 in a lab-sized study). The two-way form is rater + task - their intersection
(Cameron, Gelbach, Miller 2011), each with the factor G / (G - 1), and a t quantile on min(G) - 1 degrees of freedom.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fpbench.preference.cells import Cells
from fpbench.preference.votes import Votes

Array = NDArray[np.float64]


class Spread(NamedTuple):
    """Covariance over all parameters, what it was clustered on, and the degrees of freedom of its t quantile."""

    covariance: Array
    clusters: tuple[str, ...]
    df: float


def cluster_covariance(information: Array, scores: Array, votes: Votes, cells: Cells, cluster: bool) -> Spread:
    """Sandwich covariance.

    Args:
        information: (parameters, parameters) minus the Hessian; flat along "all items up together".
        scores: (cells, parameters) gradient of one vote in each cell.
        votes: supplies rater, task and weights; a column with fewer than two labels is not clustered on.
        cells: maps votes to rows of ``scores``.
        cluster: False takes votes as independent (HC0).

    Returns:
        The covariance; the variance of a sum over all items is zero by construction.
    """
    bread = pseudo_inverse(information, cells.items)
    present = {"rater": votes.rater, "task": votes.task}
    ways = {name: labels for name, labels in present.items() if labels is not None and cluster}
    codes = {name: np.unique(labels.codes, return_inverse=True)[1] for name, labels in ways.items()}
    codes = {name: code for name, code in codes.items() if code.max(initial=0) > 0}
    if not codes:
        middle = _meat(np.arange(len(votes)), scores, votes, cells, corrected=False)
        return Spread(_sandwich(bread, middle), (), np.inf)
    middle = sum((_meat(code, scores, votes, cells) for code in codes.values()), np.zeros_like(bread))
    if len(codes) == 2:
        first, second = codes.values()
        both = np.unique(first * (second.max() + 1) + second, return_inverse=True)[1]
        middle = middle - _meat(both, scores, votes, cells)
    df = float(min(code.max() for code in codes.values()))
    return Spread(_sandwich(bread, middle), tuple(codes), df)


def pseudo_inverse(information: Array, items: int) -> Array:
    """Inverse on the subspace where item ratings sum to zero; exact because the flat direction is known."""
    flat = np.zeros(len(information))
    flat[:items] = 1 / np.sqrt(items)
    scale = information.diagonal().max()
    lifted = np.linalg.inv(information + scale * np.outer(flat, flat))
    return np.asarray(lifted - np.outer(flat, flat) / scale, dtype=np.float64)


def _meat(code: NDArray[np.int64], scores: Array, votes: Votes, cells: Cells, *, corrected: bool = True) -> Array:
    """Sum over clusters of the outer product of summed scores."""
    from scipy.sparse import csr_array

    groups = int(code.max()) + 1
    weight = np.ones(len(votes)) if votes.weights is None else votes.weights
    counts = csr_array((weight, (code, cells.of_vote)), shape=(groups, len(cells.left)))
    factor = groups / (groups - 1) if corrected and groups > 1 else 1.0
    if groups <= len(cells.left):
        summed = counts @ scores
        return np.asarray(factor * (summed.T @ summed), dtype=np.float64)
    # many small clusters: which cells meet in one cluster is sparser than the scores of every cluster
    return np.asarray(factor * (scores.T @ ((counts.T @ counts) @ scores)), dtype=np.float64)


def _sandwich(bread: Array, middle: Array) -> Array:
    """Bread, meat, bread, as a product with its own transpose: where votes cancel no variance rounds below zero.

    Negative eigenvalues of the meat are clipped: a two-way meat need not be positive in small samples.
    """
    value, vector = np.linalg.eigh((middle + middle.T) / 2)
    half = bread @ (vector * np.sqrt(np.maximum(value, 0)))
    return np.asarray(half @ half.T, dtype=np.float64)
