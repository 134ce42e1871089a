"""Padding rules of the released checkpoints: how far a section claims to be from the frame across the gap."""

from __future__ import annotations

from typing import Literal, get_args

from fpbench.framepack.schedule import PackError

Padding = Literal["official", "plain", "closed"]
"""official: [3, 2, ..., 2, 1, 0] for more than four sections, else plain; plain: n - 1, ..., 1, 0; closed: always 0."""


def check_padding(rule: str) -> None:
    """Raise PackError unless the rule is one of `Padding`."""
    if rule not in get_args(Padding):
        raise PackError(f"unknown padding {rule!r}; known: {', '.join(get_args(Padding))}")


def paddings(rule: Padding, sections: int) -> list[int]:
    """Sections that are said to lie between the anchor and each section, in the order of generation.

    The official rule (``demo_gradio.py`` of lllyasviel/FramePack, and diffusers) repeats 2 instead of counting up, so
    that a long video never leaves the positions of a short one.

    Raises:
        PackError: no such rule.
    """
    check_padding(rule)
    if rule == "closed":
        return [0] * sections
    if rule == "official" and sections > 4:
        return [3, *[2] * (sections - 3), 1, 0]
    return list(range(sections - 1, -1, -1))
