"""History guidance (Song et al., arXiv 2502.06764): classifier-free guidance with history as the condition."""

from __future__ import annotations

from typing import Literal

from baselines.sliding_window import WINDOW, unpacked
from fpbench import Branch, Guidance, HistoryNoise, Pack, Strategy

NULL = {"noise": Branch(0, level=1.0), "drop": Branch(0, window="none")}


def history_guidance(
    weight: float = 1.5,
    scheme: Literal["vanilla", "fractional", "temporal"] = "vanilla",
    level: float = 0.8,
    near: float = 0.5,
    sigma: float = 0.0,
    null: Literal["noise", "drop"] = "noise",
    below: float = 1.0,
    window: int = WINDOW,
    pack: str | None = None,
) -> Strategy:
    """History guidance, arXiv 2502.06764.

    Args:
        weight: total guidance weight w; 1 is plain sampling (of ``temporal``: no null branch), below 1 history is
            trusted less, above 3 videos tend to stand still.
        scheme: vanilla (HG-v), fractional (HG-f) or temporal (HG-t).
        level: history level of the fractional branch.
        near: share of w that sees the nearest frames alone, of the temporal scheme.
        sigma: level of generated history ("stabilised" guidance); 0 is clean.
        null: how absence is shown, vanilla only: all history at level 1, or its tokens dropped.
        below: guide only while the section level is at most this; MAGI-1 (arXiv 2505.13211) uses 0.3.
        window: full-resolution history frames.
        pack: a packing schedule instead of the window.
    """
    if null not in NULL:
        raise ValueError(f"null {null!r} is none of {', '.join(NULL)}")
    schemes = {
        "vanilla": lambda: Guidance.vanilla(weight, NULL[null]),
        "fractional": lambda: Guidance.fractional(weight, level),
        "temporal": lambda: Guidance.temporal(near, weight),
    }
    if scheme not in schemes:
        raise ValueError(f"scheme {scheme!r} is none of {', '.join(schemes)}")
    guidance = Guidance(schemes[scheme]().branches, between=(0.0, below))
    return Strategy(_history(pack, window, scheme), history=HistoryNoise(sigma), guidance=guidance)


def _history(pack: str | None, window: int, scheme: str) -> Pack:
    """HG-t tells the nearest group from the rest, so its window is two groups on the same kernel."""
    if pack is None and scheme == "temporal":
        if window < 2:
            raise ValueError(f"a window of {window} has no rest beside its nearest frame; HG-t needs at least 2")
        return Pack.parse(f"td_f{window - 1}k1f1k1_g9")
    return Pack.parse(pack) if pack else unpacked(window)
