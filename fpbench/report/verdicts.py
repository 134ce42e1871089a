"""From a comparison that was written down before a run to a verdict on it: supported, contradicted or undecided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from fpbench.errors import FpbenchError
from fpbench.protocol import Comparison, named
from fpbench.report.data import RunData
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
        registered: whether the comparison stood in the protocol when it ran.
    """

    comparison: Comparison
    effect: Interval
    p: float
    power: float
    backbones: int
    registered: bool
    verdict: Verdict


def judge(runs: Sequence[RunData], comparisons: Sequence[Comparison], *, registered: bool = True) -> list[Judged]:
    """The verdict on every comparison whose systems and metric the runs have.

    Args:
        runs: of one protocol, one per backbone.
        comparisons: of that protocol.
        registered: whether they stood in it before the runs.

    Raises:
        FpbenchError: the runs have different tasks, or two of them the same weights.
    """
    _check_backbones(runs)
    able = [one for one in comparisons if all(_answers(run, one) for run in runs)]
    found = {one.name: _measured(runs, one) for one in able}
    p = holm({name: raw for name, (_, raw) in found.items()})
    return [_judged(one, found[one.name][0], p[one.name], len(runs), registered) for one in able]


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


def _check_backbones(runs: Sequence[RunData]) -> None:
    """A backbone that counts twice would pass for a training seed that agrees with itself."""
    seen: dict[frozenset[str], RunData] = {}
    for run in runs:
        prints = (cast("dict[str, Any]", system.get("fingerprint", {})) for system in run.manifest.systems.values())
        weights = frozenset(str(one["weights"]) for one in prints if "weights" in one)
        if weights and (other := seen.setdefault(weights, run)) is not run:
            both = f"{other.folder}, {run.folder}"
            raise FpbenchError(f"{both}: runs of one protocol on the same weights; give one of them")


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


def _judged(one: Comparison, effect: Interval, p: float, backbones: int, registered: bool) -> Judged:
    power = _power(one, effect)
    return Judged(one, effect, p, power, backbones, registered, verdict(one, effect, p, power))


def _power(one: Comparison, effect: Interval) -> float:
    """Of a paired test whose standard error is what the interval shows."""
    error = (effect.high - effect.low) / 2 / 1.96
    if effect.tasks < 2 or not isfinite(error):
        return float("nan")
    return paired_power(one.smallest / (error * sqrt(effect.tasks)), effect.tasks) if error > 0 else 1.0
