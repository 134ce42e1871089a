"""Anti-drift gain: the share of the reference's drift that each system removes, on the cells where both move alike."""

from __future__ import annotations

from typing import cast

from fpbench.errors import FpbenchError
from fpbench.metrics.gain import Gain, antidrift_gain
from fpbench.report.data import RunData
from fpbench.report.motion import motion_flags
from fpbench.report.results import primary_metrics
from fpbench.report.rows import LEVEL
from fpbench.report.table import Column, Row, Table, Value

MOTION = "flow_top5"
WITHIN = 1.5
"""Largest ratio of two clips' motions that counts as alike."""


def gain_table(run: RunData) -> Table:
    """For every system and primary metric 1 - drift / drift of the reference at matched motion, and the matched share.

    Raises:
        FpbenchError: the protocol names no reference, or motion was not measured.
    """
    reference = cast("str | None", run.manifest.protocol["reference"])
    if reference is None:
        raise FpbenchError(f"{run.folder}: its protocol names no 'reference:' system whose drift is to be removed")
    if MOTION not in run.manifest.metrics:
        raise FpbenchError(f"{run.folder}: a gain is at matched motion, and {MOTION} was not measured; add it")
    metrics = list(reversed(primary_metrics(run)))
    flags = motion_flags(run)
    columns = tuple(
        column
        for name in metrics
        for column in (
            Column(f"{name}.gain", f"gain Δ {name}", "up", "", 2),
            Column(f"{name}.matched", "matched", "none", "", 2, interval=False),
        )
    )
    rows = tuple(
        Row(
            system,
            {key: value for name in metrics for key, value in _values(run, system, reference, name).items()},
            run.role(system),
            (flags[system],) if system in flags else (),
        )
        for system in run.systems
        if system != reference
    )
    notes = (
        f"Run {run.manifest.id}: 1 - mean Δ / mean Δ of {reference}, ± half the {LEVEL:.0%} interval over tasks.",
        "1: no drift left; 0: as much; below 0: more.",
        f"Only cells count whose {MOTION} differs by no more than a factor {WITHIN:g}; matched: their share.",
    )
    return Table(f"{run.manifest.protocol['title']}: anti-drift gain", columns, rows, notes)


def _values(run: RunData, system: str, reference: str, metric: str) -> dict[str, Value]:
    if not (run.measured(system, metric) and run.measured(reference, metric)):
        return {}
    found = gain(run, system, reference, metric)
    one = found.interval
    return {
        f"{metric}.gain": Value(one.estimate, one.low, one.high),
        f"{metric}.matched": Value(found.matched),
    }


def gain(run: RunData, system: str, reference: str, metric: str) -> Gain:
    """The gain of one system in the drift of one metric."""
    ours, theirs = (run.values(name, metric, "drift_abs") for name in (system, reference))
    motion, other = (run.values(name, MOTION) for name in (system, reference))
    return antidrift_gain(ours, theirs, motion, other, run.tasks, within=WITHIN)
