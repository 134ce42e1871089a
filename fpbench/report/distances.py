"""How far the clips of each system, taken together, are from the true ones: whole clips, their starts, their ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, cast

import numpy as np

from fpbench.errors import FpbenchError
from fpbench.metrics.clip_sets import Pair, SetMetric, unit
from fpbench.metrics.features import Encoder, Feature
from fpbench.metrics.windows import SHARE, window_length
from fpbench.report.data import RunData
from fpbench.report.rows import rest_on, row_flags
from fpbench.report.table import Column, Row, Table, Value
from fpbench.stats.results import Interval

Part = Literal["whole", "start", "end"]
PARTS: tuple[Part, ...] = ("whole", "start", "end")
CHANGE = "change"
NAN = float("nan")


def real_system(run: RunData, asked: str | None) -> str:
    """Whose clips are the true ones: the system asked for, else the run's first ceiling, else its reference.

    Raises:
        FpbenchError: no such system, or nothing to choose by.
    """
    ceiling = next((name for name in run.systems if run.role(name) == "ceiling"), None)
    found = asked or ceiling or cast("str | None", run.manifest.protocol["reference"])
    if found is None:
        raise FpbenchError(f"{run.folder}: has no true clips; say whose count as true: --against SYSTEM")
    if found not in run.systems:
        raise FpbenchError(f"--against {found!r}: no such system; there are {', '.join(run.systems)}")
    return found


def distance_table(
    run: RunData,
    metrics: Sequence[SetMetric],
    systems: Sequence[str],
    against: str,
    features: Callable[[str, Encoder], Mapping[str, Feature]],
) -> Table:
    """For each metric the distance of whole clips, of their starts and ends, and how much it grows between these.

    Args:
        metrics: of sets.
        systems: that have clips. against: the one of them whose clips are the true ones.
        features: of a system's clips by an encoder, (frames, dimensions) of each task. A system is compared on the
            tasks that it and the true ones have.
    """
    columns = tuple(column for one in metrics for column in _columns(one.card.name))
    cells: dict[str, dict[str, Value]] = {name: {} for name in systems if name != against}
    counts = []
    for one in metrics:
        real = features(against, one.encoder)
        counts.append(_count(one, list(real.values())))
        for name, values in cells.items():
            values.update(_values(one, features(name, one.encoder), real))
    flags = row_flags(run)
    rows = tuple(Row(name, values, run.role(name), flags[name]) for name, values in cells.items())
    notes = (
        f"Run {run.manifest.id}: distance to the clips of {against}, the frames of all tasks taken together.",
        f"Start, end: first and last {SHARE:.0%} of every clip, against the same part of the true. change: the rise.",
        *counts,
        "Fréchet distances are above 0 even for equal sets, the more the fewer the frames: compare within a column.",
        *rest_on(columns, rows),
        *_blind(metrics),
        "Kernel distances are unbiased, can be negative, and have 95% intervals over tasks (jackknife).",
    )
    return Table(f"{run.manifest.protocol['title']}: distance to {against}", columns, rows, notes)


def _columns(metric: str) -> list[Column]:
    parts = [Column(f"{metric}.{part}", part, "down", group=metric) for part in PARTS]
    return [*parts, Column(f"{metric}.{CHANGE}", CHANGE, group=metric)]


def _count(one: SetMetric, real: Sequence[Feature]) -> str:
    whole, window = (sum(map(len, _part(real, part))) for part in ("whole", "start"))
    kind = unit(one.encoder)
    fewest = f"undefined below {one.tasks} tasks or {one.card.k_min} {kind}"
    return f"{one.card.name}: {len(real)} tasks, {whole} {kind} of each system, {window} at an end; {fewest}."


def _blind(metrics: Sequence[SetMetric]) -> list[str]:
    """A warning of those that see single frames."""
    names = [one.card.name for one in metrics if one.encoder.span == 1]
    warning = "without knowledge of time: a clip that stands still on a true frame shows true frames."
    return [f"{', '.join(names)}: {warning}"] if names else []


def _part(clips: Sequence[Feature], part: Part) -> list[Feature]:
    lengths = [window_length(len(clip), 1) for clip in clips]
    if part == "start":
        return [clip[:length] for clip, length in zip(clips, lengths, strict=True)]
    if part == "end":
        return [clip[len(clip) - length :] for clip, length in zip(clips, lengths, strict=True)]
    return list(clips)


def _values(one: SetMetric, made: Mapping[str, Feature], real: Mapping[str, Feature]) -> dict[str, Value]:
    tasks = [task for task in real if task in made]
    share = len(tasks) / len(real)
    whole = Pair([made[task] for task in tasks], [real[task] for task in tasks])
    pairs = {part: Pair(_part(whole.made, part), _part(whole.real, part)) for part in PARTS}
    enough = {part: one.enough(pair) for part, pair in pairs.items()}
    found = {str(part): _value(one.distance(pairs[part]), share) for part in PARTS if enough[part]}
    if enough["start"] and enough["end"]:
        found[CHANGE] = _value(one.change(pairs["start"], pairs["end"]), share)
    return {f"{one.card.name}.{part}": found.get(part, Value(NAN, coverage=share)) for part in (*PARTS, CHANGE)}


def _value(found: Interval, share: float) -> Value:
    if not np.isfinite(found.low):
        return Value(found.estimate, coverage=share)
    return Value(found.estimate, found.low, found.high, coverage=share)
