"""The FramePack paper's own numbers, beside ours: the same comparison, and how far whole columns agree in rank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import kendalltau

from fpbench.protocol import Paper, named
from fpbench.report.data import RunData
from fpbench.report.published import published
from fpbench.stats import task_means

TABLE_ONE: Mapping[str, tuple[str, str, int]] = {
    "clarity": ("blur_effect", "mean", -1),
    "motion": ("vfi_dis", "mean", 1),
    "dynamic": ("dyn_frac", "mean", 1),
    "drift_clarity": ("blur_effect", "drift_abs", 1),
    "drift_motion": ("vfi_dis", "drift_abs", 1),
}
"""Columns of Table 1 beside the nearest of our metrics, and whether both rise together. None runs the paper's model."""


def column_of(version: str, table: int, column: str) -> dict[str, float]:
    """Variant to value of one column; empty where the paper has none."""
    rows = (one for one in published() if (one.version, one.table) == (version, table))
    return {one.variant: one.values[column] for one in rows if column in one.values}


def contrast(paper: Paper) -> str:
    """The comparison as the paper has it: ``2.39 against 3.20 (v1, Table 1, drift_clarity)``; empty if unknown."""
    column = column_of(paper.version, paper.table, paper.column)
    sides = [[column[name] for name in named([side], list(column))] for side in (paper.first, paper.second)]
    if not all(sides):
        return ""
    first, second = (float(np.mean(side)) for side in sides)
    return f"{first:.2f} against {second:.2f} ({paper.version}, Table {paper.table}, {paper.column})"


@dataclass(frozen=True)
class Agreement:
    """Rank agreement of one column.

    Attributes:
        column: of the paper. metric, part: ours.
        tau: Kendall's tau-b over the shared rows; low, high: 95 % over resampled tasks.
        rows: how many rows both have.
    """

    column: str
    metric: str
    part: str
    tau: float
    low: float
    high: float
    rows: int


def agreement(run: RunData, *, resamples: int = 1000, seed: int = 0) -> list[Agreement]:
    """Kendall's tau between columns of the paper's Table 1 and the run's rows of the same names."""
    found = []
    for column, (metric, part, sign) in TABLE_ONE.items():
        theirs = column_of("v1", 1, column)
        rows = [name for name in run.systems if name in theirs and run.measured(name, metric)]
        if len(rows) < 3:
            continue
        ours = np.array([task_means(sign * run.values(name, metric, part), run.tasks) for name in rows])
        ours = ours[:, np.isfinite(ours).all(0)]
        reference = [theirs[name] for name in rows]
        rng = np.random.default_rng(seed)
        picks = rng.integers(0, ours.shape[1], (resamples, ours.shape[1]))
        taus = [float(kendalltau(reference, ours[:, pick].mean(1)).statistic) for pick in picks]
        low, high = np.nanquantile(taus, [0.025, 0.975])
        tau = float(kendalltau(reference, ours.mean(1)).statistic)
        found.append(Agreement(column, metric, part, tau, float(low), float(high), len(rows)))
    return found
