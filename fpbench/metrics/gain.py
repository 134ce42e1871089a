"""Anti-drift gain: how much drift a system removes against a reference where both move alike.

Without the match, freezing would be the best remedy for drift.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fpbench.stats import Interval, reduction_interval


@dataclass(frozen=True)
class Gain:
    """Drift removed at matched motion.

    Attributes:
        interval: 1 - mean drift / mean drift of the reference over the matched cells; 1 = no drift left.
        matched: share of cells whose motion matches; a gain from few of them says little.
        within: the largest ratio of motions that counted as a match.
    """

    interval: Interval
    matched: float
    within: float


def motion_matches(motion: ArrayLike, reference: ArrayLike, *, within: float = 1.5) -> NDArray[np.bool_]:
    """Cells where two clips' motions differ by no more than a factor ``within``; undefined and still ones fail.

    Args:
        motion, reference: (n,) mean ``flow_top5`` of the same cells.
    """
    first, second = np.asarray(motion, np.float64), np.asarray(reference, np.float64)
    low, high = np.minimum(first, second), np.maximum(first, second)
    return np.asarray((low > 0) & (high <= within * low))


def antidrift_gain(
    drift: ArrayLike,
    reference_drift: ArrayLike,
    motion: ArrayLike,
    reference_motion: ArrayLike,
    tasks: ArrayLike | None = None,
    *,
    within: float = 1.5,
    seed: int = 0,
) -> Gain:
    """Share of the reference's drift that a system removes, on the cells where both move alike.

    Args:
        drift, reference_drift: (n,) ``drift_abs`` of the same cells (task and seed).
        motion, reference_motion: (n,) their mean ``flow_top5``.
        tasks: (n,) task of each cell; the unit of the interval.
        within: largest ratio of motions that counts as alike. seed: of the bootstrap.
    """
    alike = motion_matches(motion, reference_motion, within=within)
    names = np.arange(len(alike)) if tasks is None else np.asarray(tasks)
    ours, theirs = (np.asarray(values, np.float64)[alike] for values in (drift, reference_drift))
    interval = reduction_interval(ours, theirs, names[alike], seed=seed)
    return Gain(interval, float(alike.mean()) if len(alike) else 0.0, within)
