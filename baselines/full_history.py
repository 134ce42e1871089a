"""Full history: every frame so far at full resolution. What packing replaces; its cost grows with the video."""

from __future__ import annotations

from fpbench import Pack, Strategy

EVERYTHING = 100_000
"""A window no video outgrows."""


def full_history(section: int = 9) -> Strategy:
    """Vanilla sampling, full history.

    Args:
        section: frames made per call.
    """
    return Strategy(Pack.parse(f"td_f{EVERYTHING}k1_g{section}"))
