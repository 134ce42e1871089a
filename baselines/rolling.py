"""Rolling schedules: blocks at rising noise levels share a window, and the first leaves it when it is clean."""

from __future__ import annotations

from baselines.sliding_window import WINDOW, history_of
from fpbench import HistoryNoise, Strategy


def rolling(blocks: int = 3, window: int = WINDOW, pack: str | None = None, sigma: float = 0.0) -> Strategy:
    """Rolling diffusion, arXiv 2402.09470; also 2405.11473 (FIFO), 2504.13074 (SkyReels-V2), 2509.25161.

    Every frame costs as many forward passes as in plain sampling: a row of the window advances all of its blocks.

    Args:
        blocks: blocks in flight. 1 is plain sampling, 3 is Rolling Forcing's three frames a block, as many as the
            section has frames is Rolling Diffusion and FIFO.
        window: full-resolution history frames before the window of blocks.
        pack: a packing schedule instead of the window.
        sigma: level of generated history.
    """
    return Strategy(history_of(pack, window), history=HistoryNoise(sigma), stagger=blocks)
