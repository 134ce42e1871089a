"""Repeated image-to-video: each section starts from the last frame alone. The usual lower anchor."""

from __future__ import annotations

from baselines.sliding_window import unpacked
from fpbench import Strategy


def repeat_image_to_video(section: int = 9) -> Strategy:
    """Repeated image-to-video, arXiv 2504.12626 §4.5.

    Args:
        section: frames made per call.
    """
    return Strategy(unpacked(1, section))
