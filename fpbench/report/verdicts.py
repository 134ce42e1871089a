"""From a comparison that was written down before a run to a verdict on it: supported, contradicted or undecided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fpbench.errors import FpbenchError
from fpbench.protocol import Comparison, named
from fpbench.report.data import RunData
from fpbench.report.pooled import by_backbone
from fpbench.stats import Interval, compare, crossed_interval, holm, paired_differences, paired_power

Verdict = Literal["supported", "contradicted", "undecided", "not run"]
ALPHA = 0.05


@dataclass(frozen=True)
class Judged:
    """A comparison with what the runs say about it.

    Attributes:
        effect: first minus second, over tasks and, where several backbones ran, training seeds.
        p: of "no difference", Holm-adjusted over the comparisons of the protocol.
        power: of finding the smallest effect with the spread that was found.
        backbones: how many training seeds.
        seeds: how many sampling seeds each of them has at least.
        registered: whether the comparison stood in the protocol when it ran.
    """

    comparison: Comparison
    effect: Interval
    p: float
    power: float
    backbones: int
    seeds: int
    registered: bool
    verdict: Verdict


def judge(runs: Sequence[RunData], comparisons: Sequence[Comparison], *, registered: bool = True) -> list[Judged]:
    """The verdict on every comparison whose systems and metric the runs have.

    Args:
        runs: of one protocol; those on the same weights are pooled over their sampling seeds.
        comparisons: of that protocol.
        registered: whether they stood in it before the runs.

    Raises:
        FpbenchError: the runs have different tasks, or two of them the same weights and sampling seed.
    """
    runs = by_backbone(runs)
    able = [one for one in comparisons if all(_answers(run, one) for run in runs)]
    found = {one.name: _measured(runs, one) for one in able}
    p = holm({name: raw for name, (_, raw) in found.items()})
    return [_judged(runs, one, found[one.name][0], p[one.name], registered) for one in able]


def differences(run: RunData, one: Comparison) -> NDArray[np.float64]:
    """(tasks,) first minus second, each side averaged over its systems."""
    first, second = (_side(run, one, side) for side in (one.first, one.second))
    kinds: Mapping[str, str] = dict(zip(run.cells["task"], run.cells["kind"], strict=True))
    chosen = np.array([one.kind in (None, kinds[task]) for task in run.tasks])
    return paired_differences(first[chosen], second[chosen], run.tasks[chosen])


def verdict(one: Comparison, effect: Interval, p: float, power: float) -> Verdict:
    """What an interval says about a claim.

    A difference is supported when it has the claimed sign at 5 % and the comparison had the wanted power; it is
    contradicted when it has the other sign, or when the interval leaves no room for the smallest effect. Sameness is
    supported when the interval lies within the smallest effect, and contradicted when it lies outside of it.
    """
    if not (isfinite(effect.low) and isfinite(effect.high)):
        return "undecided"
    if one.expect == "same":
        if -one.smallest < effect.low and effect.high < one.smallest:
            return "supported"
        return "contradicted" if effect.low > one.smallest or effect.high < -one.smallest else "undecided"
    sign = 1 if one.expect == "more" else -1
    low, high = sorted((sign * effect.low, sign * effect.high))
    if high < one.smallest and not (low > 0 and p <= ALPHA):
        return "contradicted"
    return "supported" if low > 0 and p <= ALPHA and power >= one.power else "undecided"


def _answers(run: RunData, one: Comparison) -> bool:
    sides = [named(side, run.systems) for side in (one.first, one.second)]
    return all(sides) and all(run.measured(name, one.metric) for side in sides for name in side)


def _side(run: RunData, one: Comparison, patterns: Sequence[str]) -> NDArray[np.float64]:
    rows = np.array([run.values(name, one.metric, one.part) for name in named(patterns, run.systems)])
    return np.asarray(rows.mean(0), np.float64)


def _measured(runs: Sequence[RunData], one: Comparison) -> tuple[Interval, float]:
    if len({tuple(sorted(set(run.tasks))) for run in runs}) > 1:
        raise FpbenchError(f"{', '.join(str(run.folder) for run in runs)}: runs of one protocol with different tasks")
    rows = [differences(run, one) for run in runs]
    if len(rows) > 1:
        return crossed_interval(rows)
    pair = compare(rows[0], np.zeros_like(rows[0]))
    return pair.interval, pair.p


def _judged(runs: Sequence[RunData], one: Comparison, effect: Interval, p: float, registered: bool) -> Judged:
    power, seeds = _power(one, effect), min(_seeds(run, one) for run in runs)
    return Judged(one, effect, p, power, len(runs), seeds, registered, verdict(one, effect, p, power))


def _seeds(run: RunData, one: Comparison) -> int:
    """With how many sampling seeds both sides ran."""
    complete = np.isfinite(_side(run, one, one.first) - _side(run, one, one.second))
    return len({seed for (_, seed), there in zip(run.units, complete, strict=True) if there})


def _power(one: Comparison, effect: Interval) -> float:
    """Of a paired test whose standard error is what the interval shows."""
    error = (effect.high - effect.low) / 2 / 1.96
    if effect.tasks < 2 or not isfinite(error):
        return float("nan")
    return paired_power(one.smallest / (error * sqrt(effect.tasks)), effect.tasks) if error > 0 else 1.0
