"""Runs of one protocol on the same weights as one run: other sampling seeds are further draws of the same systems."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, cast

from fpbench.errors import FpbenchError
from fpbench.report.data import RunData


def by_backbone(runs: Sequence[RunData]) -> list[RunData]:
    """One run for each set of weights, in the order given; those that share weights are pooled over their seeds.

    A backbone that stood twice in a list of training seeds would agree with itself.

    Args:
        runs: finished runs of one protocol.

    Raises:
        FpbenchError: runs on the same weights share a sampling seed, or differ in tasks or in a system of one name.
    """
    groups: dict[frozenset[str], list[RunData]] = {}
    for position, run in enumerate(runs):
        groups.setdefault(_weights(run) or frozenset({f"none {position}"}), []).append(run)
    return [reduce(_pooled, group) for group in groups.values()]


def _weights(run: RunData) -> frozenset[str]:
    return frozenset(str(print_["weights"]) for name in run.systems if "weights" in (print_ := _fingerprint(run, name)))


def _fingerprint(run: RunData, system: str) -> dict[str, Any]:
    return cast("dict[str, Any]", run.manifest.systems[system].get("fingerprint", {}))


def _pooled(first: RunData, second: RunData) -> RunData:
    """Cells of both, systems of either, metrics that both measured in the same version."""
    both = f"{first.folder}, {second.folder}: runs of one protocol on the same weights"
    if seeds := {seed for _, seed in first.units} & {seed for _, seed in second.units}:
        raise FpbenchError(f"{both} and sampling seed {min(seeds)}; give one of them")
    if set(first.tasks) != set(second.tasks):
        raise FpbenchError(f"{both} with different tasks; give one of them")
    for name in first.systems:
        if name in second.manifest.systems and _fingerprint(first, name) != _fingerprint(second, name):
            raise FpbenchError(f"{both}, but {name} is not the same system in both; rename one, or give one run")
    here, there = first.manifest, second.manifest
    metrics = {
        name: facts for name, facts in here.metrics.items()
        if name in there.metrics and facts.get("version") == there.metrics[name].get("version")
    }  # fmt: skip
    manifest = here.model_copy(update={"systems": here.systems | there.systems, "metrics": metrics})
    summary = _joined(first.summary, second.summary)
    kept = [row for row, metric in enumerate(summary["metric"]) if metric in metrics]
    summary = {name: [column[row] for row in kept] for name, column in summary.items()}
    return RunData(first.folder, manifest, _joined(first.cells, second.cells), summary)


def _joined(first: dict[str, list[Any]], second: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {name: [*column, *second[name]] for name, column in first.items() if name in second}
