"""Who is best: the set of systems that cannot be told apart from the leader."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from fpbench.stats.clusters import paired_differences, task_means
from fpbench.stats.paired import holm, sign_flip_ps


@dataclass(frozen=True)
class BestSet:
    """The leader and those who cannot be separated from it.

    Attributes:
        leader: system with the best mean among those eligible; None when there is none.
        members: leader and every eligible system whose Holm-adjusted p against it exceeds alpha.
        p: Holm-adjusted p-value of each eligible system against the leader.
        alpha, direction, seed: the parameters it was computed with.
    """

    leader: str | None
    members: frozenset[str]
    p: Mapping[str, float]
    alpha: float
    direction: str
    seed: int


def separable_from_best(
    values: Mapping[str, ArrayLike],
    tasks: ArrayLike | None = None,
    *,
    direction: Literal["up", "down"],
    alpha: float = 0.05,
    excluded: Collection[str] = (),
    seed: int = 0,
) -> BestSet:
    """Which systems share first place, by paired sign-flip tests against the leader, Holm-corrected.

    Args:
        values: (n,) measurements of each system, of the same cells in the same order, NaN where undefined.
        tasks: (n,) task of each cell.
        direction: whether high ("up") or low ("down") is good. Two-sided metrics have no best.
        alpha: family-wise error rate.
        excluded: systems that may not win (ceilings, clips that fail the motion gate).

    Raises:
        ValueError: lengths differ, or another direction.
    """
    if direction not in ("up", "down"):
        raise ValueError(f"direction {direction!r}: only 'up' and 'down' have a best")
    sign = 1.0 if direction == "up" else -1.0
    means = {}
    for name, cells in values.items():
        units = task_means(cells, tasks)
        if name not in excluded and np.isfinite(units).any():
            means[name] = sign * float(np.nanmean(units))
    if not means:
        return BestSet(None, frozenset(), {}, alpha, direction, seed)
    leader = max(means, key=means.__getitem__)
    others = [name for name in means if name != leader]
    differences = {name: paired_differences(values[leader], values[name], tasks) for name in others}
    p = holm(sign_flip_ps(differences, seed=seed))
    members = frozenset([leader, *(name for name in others if not p[name] <= alpha)])
    return BestSet(leader, members, p, alpha, direction, seed)
