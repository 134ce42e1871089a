"""The plan behind a row of a table: which section is made when. Read from the run's header, nothing is built."""

from __future__ import annotations

from typing import Any, cast

from fpbench.framepack import Pack, Plan, make_plan
from fpbench.runs.manifest import Manifest


def frames_of(manifest: Manifest) -> int:
    """Length of the clips of a run."""
    return int(cast("dict[str, Any]", manifest.protocol["tasks"])["frames"])


def plan_of(manifest: Manifest, system: str, frames: int | None = None) -> Plan | None:
    """The plan of a system for clips of ``frames`` frames (the run's own by default); None for what has none."""
    card = cast("dict[str, Any]", manifest.systems[system]["card"])
    strategy = card.get("strategy")
    if not isinstance(strategy, dict):
        return None
    try:
        pack = Pack.parse(strategy["pack"])
        return make_plan(
            pack, frames or frames_of(manifest), order=strategy.get("order"), max_gap=strategy.get("max_gap")
        )
    except (KeyError, TypeError, ValueError):
        return None


def borders(plan: Plan) -> list[int]:
    """First frame of every section, in playback order."""
    return sorted(section.targets[0] for section in plan.sections)
