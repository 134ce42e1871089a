"""What a finished section goes through before later ones see it: pixels, rounding, or the first section's colours."""

from __future__ import annotations

from typing import Literal

from baselines.sliding_window import WINDOW, history_of
from fpbench import Handover, Strategy


def calibrated_handover(
    kind: Literal["latent", "pixel", "quantised", "matched"] = "matched",
    strength: float = 1.0,
    levels: int = 256,
    window: int = WINDOW,
    pack: str | None = None,
) -> Strategy:
    """Hand-over of finished sections, after arXiv 2504.13074 (pixel), DIAMOND (quantised) and Helios (matched).

    Args:
        kind: latent is plain sampling; pixel decodes and encodes again; quantised rounds latents; matched sets the
            per-channel mean and spread of every section to those of the first.
        strength: share of the way that ``matched`` goes.
        levels: steps of ``quantised``.
        window: full-resolution history frames.
        pack: a packing schedule instead of the window.
    """
    return Strategy(history_of(pack, window), handover=Handover(kind, levels, strength))
