"""History guidance (Song et al., arXiv 2502.06764): classifier-free guidance with history as the condition."""

from __future__ import annotations

from typing import Literal

from baselines.sliding_window import WINDOW, unpacked
from fpbench import Guidance, HistoryNoise, Pack, Strategy


def history_guidance(
    weight: float = 1.5,
    scheme: Literal["vanilla", "fractional", "temporal"] = "vanilla",
    level: float = 0.8,
    sigma: float = 0.0,
    window: int = WINDOW,
    pack: str | None = None,
) -> Strategy:
    """History guidance, arXiv 2502.06764.

    Args:
        weight: total guidance weight w; 1 is plain sampling. For ``temporal``, the share of the nearest frames alone.
        scheme: vanilla (HG-v), fractional (HG-f) or temporal (HG-t).
        level: history level of the fractional branch.
        sigma: level of generated history ("stabilised" guidance); 0 is clean.
        window: full-resolution history frames.
        pack: a packing schedule instead of the window.
    """
    schemes = {
        "vanilla": lambda: Guidance.vanilla(weight),
        "fractional": lambda: Guidance.fractional(weight, level),
        "temporal": lambda: Guidance.temporal(weight),
    }
    if scheme not in schemes:
        raise ValueError(f"scheme {scheme!r} is none of {', '.join(schemes)}")
    schedule = Pack.parse(pack) if pack else unpacked(window)
    return Strategy(schedule, history=HistoryNoise(sigma), guidance=schemes[scheme]())
