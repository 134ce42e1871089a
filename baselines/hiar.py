"""HiAR (arXiv 2603.08703): a section sees earlier ones as they stood at its own noise level."""

from __future__ import annotations

from typing import Literal

from baselines.sliding_window import WINDOW, history_of
from fpbench import HistoryNoise, Strategy


def hiar(
    level: Literal["input", "output"] = "output",
    path: bool = True,
    window: int = WINDOW,
    pack: str | None = None,
) -> Strategy:
    """HiAR, arXiv 2603.08703.

    Args:
        level: of history during a step: that of the section before the step, or after it (one level cleaner).
        path: show earlier frames as they really stood on their own way from noise; else finished frames, noised anew.
        window: full-resolution history frames.
        pack: a packing schedule instead of the window.
    """
    if level not in ("input", "output"):
        raise ValueError(f"level {level!r} is none of input, output")
    schedule: Literal["relative", "next"] = "relative" if level == "input" else "next"
    noise = HistoryNoise(1.0, schedule, redraw="path" if path else "step")
    return Strategy(history_of(pack, window), history=noise)
