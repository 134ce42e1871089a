"""One measured series boiled down to the numbers that tables are made of, and what is stored of a clip so far."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fpbench.runs.series import Measured, load_content, load_series
from fpbench.runs.store import Store

SUMMARY_VERSION = 1
"""Raised whenever the same series may give another summary, so that stored ones are made anew."""
DRIFT = ("abs", "signed", "generation", "start", "end", "floor", "p", "slope", "mid", "area", "onset")
"""The drift family of `fpbench.metrics.drift` that is kept, as columns ``drift_...``."""
COLUMNS = ("mean", "coverage", *(f"drift_{name}" for name in DRIFT))


def summarise(
    metric: str, frames: NDArray[np.int32], values: NDArray[np.float32], order: Sequence[int] | None
) -> Measured:
    """A series with its mean, coverage and drift family.

    Args:
        metric: registered name; its card gives version, direction and smallest window.
        frames: (n,) frame each value belongs to.
        values: (n,) NaN where undefined.
        order: frames in the order of generation; None for playback order.
    """
    from fpbench.metrics import card
    from fpbench.metrics.drift import family

    facts, defined = card(metric), values[np.isfinite(values)]
    drift = family(values, index=frames, order=order, k_min=facts.k_min, direction=facts.direction)
    summary = {
        "mean": float(defined.mean(dtype=np.float64)) if len(defined) else float("nan"),
        "coverage": len(defined) / len(values) if len(values) else 0.0,
        **{f"drift_{name}": float(getattr(drift, name)) for name in DRIFT},
    }
    return Measured(metric, facts.version, frames, values, summary)


def stored(store: Store, clip: str, *, but: Collection[str] = ()) -> list[Measured]:
    """Everything measured on a clip so far except the metrics in ``but``.

    Raises:
        FpbenchError: the file is there but its series are unreadable.
    """
    content = load_content(store, clip, SUMMARY_VERSION)
    wanted = [name for name in content if name not in but]
    series = load_series(store, clip) if wanted else {}
    empty = (np.empty(0, np.int32), np.empty(0, np.float32))
    return [Measured(name, content[name].version, *series.get(name, empty), content[name].summary) for name in wanted]


def missing(store: Store, clip: str, wanted: Mapping[str, int]) -> list[str]:
    """The metrics of ``wanted`` (name to version) that are not yet measured on a clip; reads a footer only."""
    content = load_content(store, clip, SUMMARY_VERSION)
    return [name for name, version in wanted.items() if name not in content or content[name].version != version]
