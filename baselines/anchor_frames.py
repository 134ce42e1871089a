"""Anchor frames (StreamingT2V, arXiv 2403.14773): the first frame stays in view of every section."""

from __future__ import annotations

from baselines.sliding_window import WINDOW
from fpbench import Pack, Strategy


def anchor_frames(window: int = WINDOW, section: int = 9) -> Strategy:
    """Anchor frame, after arXiv 2403.14773.

    Args:
        window: newest frames seen besides the anchor, each at full resolution.
        section: frames made per call.
    """
    return Strategy(Pack.parse(f"f1k1_x_f{window}k1_g{section}"))
