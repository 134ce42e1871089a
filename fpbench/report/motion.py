"""Which systems move too little for their drift to count: a still video does not drift. Nothing is ranked here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.drift import motion_gate
from fpbench.report.data import RunData

FEWEST_TASKS = 6
"""Below this the 5th percentile of the true motion says nothing, and no sign-flip test can separate two systems:
with n tasks its smallest two-sided p is 2 / 2^n."""
FROZEN, SLOW = "frozen", "low motion"


def motion_flags(run: RunData) -> dict[str, str]:
    """``FROZEN`` for systems most of whose clips stand still, ``SLOW`` where most fail the motion gate otherwise.

    The gate compares with the motion of the ceiling's clips; ceilings themselves are never flagged, and without
    the two motion metrics nobody is.
    """
    if not {"freeze_frac", "flow_top5"} <= run.manifest.metrics.keys():
        return {}
    ceiling = next((name for name in run.systems if run.role(name) == "ceiling"), None)
    many = ceiling is not None and len(set(run.tasks)) >= FEWEST_TASKS
    reference = run.values(str(ceiling), "flow_top5") if many else np.empty(0)
    flags = {}
    for name in run.systems:
        if run.role(name) == "ceiling":
            continue
        if _share_failing(run, name, np.empty(0)) > 0.5:
            flags[name] = FROZEN
        elif _share_failing(run, name, reference) > 0.5:
            flags[name] = SLOW
    return flags


def _share_failing(run: RunData, system: str, reference: NDArray[np.float64]) -> float:
    freeze, flow = run.values(system, "freeze_frac"), run.values(system, "flow_top5")
    known = np.isfinite(freeze) & np.isfinite(flow)
    return 1 - float(motion_gate(freeze[known], flow[known], reference).mean()) if known.any() else 0.0
