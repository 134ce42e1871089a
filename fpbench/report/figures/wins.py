"""The win matrix: how often the system of a row beats the system of a column."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fpbench.report.data import RunData
from fpbench.report.style import INK, MUTED, PAGE_INCHES, Factory
from fpbench.stats import compare, holm, task_means

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from fpbench.preference import EloReport

ALPHA = 0.05
COLOURS = "PuOr"
"""A diverging map that colour-blind readers tell apart; white is a draw."""
LETTER = 0.055
"""Inches that a letter of a name takes."""
DARK = 0.3
"""Distance from a draw beyond which a cell is so dark that its number is white."""


MOST_NAMED = 16
"""Of more systems the cells are too small for numbers, and the columns for names."""


def run_wins(make: Factory, run: RunData, metric: str, width: float = PAGE_INCHES) -> Figure:
    """Shares of tasks on which one system has the better mean of a metric; bold where Holm's p is below 5 %."""
    sign = -1.0 if run.metric(metric).direction == "down" else 1.0
    names = [name for name in run.systems if run.measured(name, metric) and run.role(name) == "system"]
    means = {name: sign * task_means(run.values(name, metric), run.tasks) for name in names}
    pairs = list(itertools.combinations(names, 2))
    tested = {f"{a}\0{b}": compare(run.values(a, metric), run.values(b, metric), run.tasks).p for a, b in pairs}
    p = {tuple(key.split("\0")): value for key, value in holm(tested).items()}
    sure = {pair for pair, value in p.items() if value < ALPHA}
    share = np.full((len(names), len(names)), np.nan)
    for (i, a), (j, b) in itertools.permutations(enumerate(names), 2):
        share[i, j] = _share(means[a], means[b])
    below = f"share of tasks with the better {metric}; bold: p < {ALPHA} (sign-flip tests, Holm over all pairs)"
    return _matrix(make, names, share, {*sure, *((b, a) for a, b in sure)}, below, width)


def _share(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    known = np.isfinite(first) & np.isfinite(second)
    wins = np.sign(first[known] - second[known])
    return float((wins + 1).mean() / 2) if known.any() else float("nan")


def votes_wins(make: Factory, report: EloReport, width: float = PAGE_INCHES) -> Figure:
    """Shares of the votes between two systems that the one of the row won, ties as half."""
    votes, count = report.votes, len(report.votes.items)
    won, met = np.zeros((count, count)), np.zeros((count, count))
    points = (votes.sign() + 1) / 2
    np.add.at(won, (votes.left, votes.right), points)
    np.add.at(won, (votes.right, votes.left), 1 - points)
    np.add.at(met, (votes.left, votes.right), 1)
    np.add.at(met, (votes.right, votes.left), 1)
    share = np.divide(won, met, out=np.full_like(won, np.nan), where=met > 0)
    kind = f" ({note})" if (note := _watermark(report)) else ""
    return _matrix(make, votes.items, share, set(), f"share of votes won, ties half; {len(votes)} votes{kind}", width)


def _watermark(report: EloReport) -> str:
    from fpbench.preference.votes import WATERMARK

    return WATERMARK[report.votes.kind]


def _matrix(
    make: Factory,
    names: Sequence[str],
    share: NDArray[np.float64],
    sure: set[tuple[str, ...]],
    below: str,
    width: float,
) -> Figure:
    known = np.isfinite(share)
    strength = np.where(known, share, 0).sum(1) / np.maximum(1, known.sum(1))
    order = np.argsort(-strength, kind="stable")
    names, share = [names[k] for k in order], share[np.ix_(order, order)]
    longest = LETTER * max(map(len, names), default=0)
    many = len(names) > MOST_NAMED
    narrow = many or width < PAGE_INCHES  # no room for names above: the columns bear the numbers of the rows
    numbers = [str(k + 1) if not many or (k + 1) % 5 == 0 else "" for k in range(len(names))]
    heads = numbers if narrow else names
    side = min(0.34 * len(names), width - longest - 0.4 if narrow else width - 1.8 * longest)
    across, above = (width, 0.2) if narrow else (side + 1.9 * longest + 0.2, 0.75 * longest)
    figure = make(figsize=(across, side + above + 0.4))
    axes = figure.add_subplot()
    image = axes.imshow(share, cmap=COLOURS, vmin=0, vmax=1, aspect="equal")
    for i, j in itertools.permutations(range(len(names)), 2):
        if np.isfinite(share[i, j]) and not many:
            bold = (names[i], names[j]) in sure
            text = axes.text(j, i, f"{100 * share[i, j]:.0f}", ha="center", va="center", fontsize=6)
            text.set(weight="bold" if bold else "normal", color="white" if abs(share[i, j] - 0.5) > DARK else INK)
    axes.set_xticks(range(len(names)), heads, rotation=0 if narrow else 40, ha="center" if narrow else "left")
    axes.set_yticks(range(len(names)), [f"{name}  {k + 1}" for k, name in enumerate(names)] if narrow else names)
    axes.tick_params(labelsize=max(3.5, min(7, 60 * side / len(names))))
    axes.xaxis.tick_top()
    axes.set_anchor("E" if narrow else "C")  # what is to spare is spent on the names
    for label in axes.get_xticklabels():
        label.set_rotation_mode("anchor")
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    if many:
        from matplotlib.ticker import PercentFormatter

        shades = figure.colorbar(image, ax=axes, shrink=0.5, pad=0.02, ticks=[0, 0.5, 1], format=PercentFormatter(1))
        shades.outline.set_visible(False)
        below = below.partition(";")[0]
    caption = fill(f"% row beats column: {below}", width=int(20 * across))
    figure.supxlabel(caption, color=MUTED, fontsize=6.5)
    return figure
