"""Pathwise test-time correction (arXiv 2602.05871): late steps of every section look at the first frame alone."""

from __future__ import annotations

from baselines.sliding_window import WINDOW
from fpbench import Branch, Guidance, Pack, Strategy


def pathwise_correction(
    low: float = 0.2, high: float = 0.5, strength: float = 1.0, window: int = WINDOW, pack: str | None = None
) -> Strategy:
    """Pathwise test-time correction, arXiv 2602.05871.

    The original corrects the prediction of a few-step sampler and noises it again to the level where it stood. On a
    deterministic flow that is a step along the velocity that the first frame alone gives.

    Args:
        low, high: section levels between which steps are corrected, after the layout is settled.
        strength: share of the corrected velocity.
        window: full-resolution history frames besides the first.
        pack: a packing schedule with an anchor instead.
    """
    branches = (Branch(strength, window="anchor"), Branch(1 - strength))
    schedule = Pack.parse(pack or f"f1k1_x_f{window}k1_g9")
    return Strategy(schedule, guidance=Guidance(branches, between=(low, high)))
