"""Diffusion Forcing (Chen et al., arXiv 2407.01392): history enters at a told noise level sigma_test."""

from __future__ import annotations

from typing import Any, Literal

from baselines.sliding_window import WINDOW, unpacked
from fpbench import HistoryNoise, Pack, Strategy


def diffusion_forcing(
    sigma: float = 0.1,
    schedule: Literal["constant", "relative", "capped"] = "constant",
    window: int = WINDOW,
    pack: str | None = None,
    **switches: Any,
) -> Strategy:
    """Diffusion Forcing, arXiv 2407.01392; sigma_test as in arXiv 2504.12626 §4.5.

    Args:
        sigma: history level sigma_test in [0, 1].
        schedule: constant, relative (sigma t) or capped (min(sigma, t)).
        window: full-resolution history frames.
        pack: a packing schedule instead of the window.
        switches: further fields of `fpbench.HistoryNoise`: scale, noise, told, redraw, on.
    """
    schedule_ = Pack.parse(pack) if pack else unpacked(window)
    return Strategy(schedule_, history=HistoryNoise(sigma, schedule, **switches))
