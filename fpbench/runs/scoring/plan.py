"""What is to be scored, checked before the first frame, and the header of the run it becomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fpbench.errors import FpbenchError
from fpbench.metrics import card, resolve, skipped
from fpbench.runs.manifest import Manifest, metric_facts, start_session
from fpbench.runs.scoring.folders import system_folders

WORLD = "files"
"""Name of the world of a run whose clips were made elsewhere."""
CONTEXT = ("dyn_frac", "flow_top5", "freeze_frac", "loop_frac")
"""Motion is printed beside drift in every table and never ranked."""
GATE = ("flow_top5", "freeze_frac")
"""Measured whatever was asked for, since a still video must win no mark."""


@dataclass(frozen=True)
class ScorePlan:
    """What is to be scored, and by which choices its table is made.

    Attributes:
        systems: folder by row name.
        metrics: name to version.
        fps: rate to measure at; None for every file's own mean rate.
        quality, drift: metrics of the primary columns.
        reference: the system that others are compared with, or None.
        prompts: what clips were asked to show, by file name without its ending.
        skipped: metrics of the groups asked for that cannot be measured here, with the reason.
    """

    systems: Mapping[str, Path]
    metrics: Mapping[str, int]
    fps: float | None
    quality: str
    drift: str
    reference: str | None
    prompts: Mapping[str, str] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)


def plan_score(
    folders: Sequence[str],
    metrics: Sequence[str],
    *,
    fps: float | None = None,
    quality: str | None = None,
    drift: str | None = None,
    reference: str | None = None,
    prompts: Mapping[str, str] | None = None,
) -> ScorePlan:
    """Check everything that can be checked before the first frame.

    Of a group, metrics that cannot be measured here are skipped and kept with their reason; one that was asked for by
    its own name is an error.

    Args:
        folders: as for `system_folders`.
        metrics: names of metrics and groups.
        fps: rate to measure at instead of every file's own.
        quality, drift: metrics of the primary columns; by default the first that may be ranked.
        reference: the system that others are compared with.
        prompts: what clips were asked to show, by file name without its ending.

    Raises:
        FpbenchError: folders or names that do not exist, or nothing of what was asked for can be measured here.
    """
    systems, absent = system_folders(folders), skipped(metrics, truth=False, prompt=bool(prompts))
    names = [name for name in resolve(metrics) if name not in absent]
    for name, reason in absent.items():
        if not names or name in metrics:
            raise FpbenchError(f"--metrics: {name} cannot be measured: {reason}")
    names += [name for name in GATE if name not in names]
    for option, asked in (("--quality", quality), ("--drift", drift)):
        if asked is not None and asked not in names:
            raise FpbenchError(f"{option} {asked!r}: not among the metrics measured: {', '.join(names)}")
    if reference is not None and reference not in systems:
        raise FpbenchError(f"--reference {reference!r}: no such system; there are {', '.join(systems)}")
    first = (ranked(names) or names)[0]
    versions = {name: card(name).version for name in names}
    return ScorePlan(
        systems, versions, fps, quality or first, drift or quality or first, reference, prompts or {}, absent
    )


def ranked(names: Sequence[str]) -> list[str]:
    """The metrics of which more or less is better."""
    return [name for name in names if card(name).direction != "two-sided" and name not in CONTEXT]


def describe(plan: ScorePlan, name: str, workers: int, previous: Manifest | None) -> Manifest:
    """The header of a run about to be scored, or to be continued after ``previous``."""
    session = start_session(workers)
    return Manifest.model_validate(
        {
            "id": name,
            "protocol": _protocol(plan, name),
            "overrides": (),
            "world": {"name": WORLD, "height": 0, "width": 0, "fps": plan.fps or 0.0},
            "systems": {system: _system(path) for system, path in plan.systems.items()},
            "metrics": {metric: metric_facts(metric) for metric in plan.metrics},
            "sessions": (*(previous.sessions if previous else ()), session),
            "created": previous.created if previous else session["started"],
            "updated": session["started"],
            "counts": {"cells": 0},
        }
    )


def _protocol(plan: ScorePlan, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "title": f"Scored clips: {', '.join(plan.systems)}",
        "metrics": list(plan.metrics),
        "skipped": dict(plan.skipped),
        "columns": ranked(list(plan.metrics)),
        "primary": {"quality": plan.quality, "drift": plan.drift},
        "reference": plan.reference,
        "fps": "file" if plan.fps is None else plan.fps,
        "tasks": {"frames": 0},
    }


def _system(folder: Path) -> dict[str, Any]:
    return {"use": WORLD, "params": {"folder": str(folder)}, "fingerprint": {}, "card": {"source": WORLD}}


def with_extent(manifest: Manifest, facts: Sequence[Mapping[str, Any]]) -> Manifest:
    """The header with the longest clip and the commonest size and rate, which axes and headings need."""
    if not facts:
        return manifest
    common = {key: Counter(one[key] for one in facts).most_common(1)[0][0] for key in ("height", "width", "fps")}
    tasks = {"frames": max(one["frames"] for one in facts)}
    changed = {"world": {**manifest.world, **common}, "protocol": {**manifest.protocol, "tasks": tasks}}
    return manifest.model_copy(update=changed)
