"""Anchor frames: something of the beginning stays in view of every section."""

from __future__ import annotations

from typing import Literal

from baselines.sliding_window import WINDOW
from fpbench import Anchor, Pack, Strategy


def anchor_frames(
    window: int = WINDOW,
    section: int = 9,
    kind: Literal["fixed", "ema", "rolling"] = "fixed",
    decay: float = 0.99,
    horizon: int = 36,
    pack: str | None = None,
) -> Strategy:
    """Anchor frame, after arXiv 2403.14773 (fixed), 2512.04678 (ema), 2602.07775 (rolling).

    Args:
        window: newest frames seen besides the anchor, each at full resolution.
        section: frames made per call.
        kind: the first frame for ever (StreamingT2V), every frame that leaves the window mixed into it (Reward
            Forcing), or a frame that walks to and fro over the beginning (Rolling Sink, which ages a cache of keys;
            here frames are shown anew).
        decay: of the mixture, per frame.
        horizon: frames that the rolling anchor walks over.
        pack: a packing schedule with an anchor instead of anchor and window.
    """
    schedule = Pack.parse(pack or f"f1k1_x_f{window}k1_g{section}")
    return Strategy(schedule, anchor=Anchor(kind, decay, horizon))
