"""Result records of the statistics: they remember the parameters they were computed with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Method = Literal["bca", "percentile"]


@dataclass(frozen=True)
class Interval:
    """An estimate with a confidence interval.

    Attributes:
        estimate: the statistic on the data.
        low, high: interval ends; NaN with fewer than two tasks.
        level: nominal coverage.
        tasks: units resampled. missing: units left out because their value is undefined.
        method: how the ends were found. expanded: whether the tails were widened for few tasks.
        resamples, seed: of the bootstrap; 0 where none was drawn.
    """

    estimate: float
    low: float
    high: float
    level: float
    tasks: int
    missing: int
    method: str
    resamples: int
    seed: int
    expanded: bool = False


@dataclass(frozen=True)
class Paired:
    """A paired comparison of two systems on the same tasks.

    Attributes:
        interval: mean difference, first minus second.
        p: two-sided p-value of the sign-flip permutation test.
        d_z: effect size, mean difference / standard deviation of the differences.
        exact: whether every sign pattern was enumerated.
    """

    interval: Interval
    p: float
    d_z: float
    exact: bool
