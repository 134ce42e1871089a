"""Vanilla next-section sampling: the newest frames, uncompressed and clean. Drift remedies are measured against it."""

from __future__ import annotations

from fpbench import Pack, Strategy

WINDOW = 2
"""Full-resolution frames: 48 context tokens, the nearest to the 38 of the packed history they compete with."""


def sliding_window(window: int = WINDOW, section: int = 9) -> Strategy:
    """Vanilla sampling, unpacked sliding window.

    Args:
        window: newest frames seen, each at full resolution.
        section: frames made per call.
    """
    return Strategy(unpacked(window, section))


def unpacked(window: int, section: int = 9) -> Pack:
    """The schedule of a plain window: ``td_f{window}k1_g{section}``."""
    return Pack.parse(f"td_f{window}k1_g{section}")


def history_of(pack: str | None, window: int) -> Pack:
    """The packing schedule a rival was given, or its plain window."""
    return Pack.parse(pack) if pack else unpacked(window)
