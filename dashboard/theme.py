"""Colours and marks: the same for a system on every page, told apart by colour-blind readers, light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fpbench.report.style import OKABE_ITO

if TYPE_CHECKING:
    from fpbench.report.data import RunData

SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "triangle-right")
DASHES = ([1, 0], [6, 2], [2, 2], [6, 2, 2, 2])


@dataclass(frozen=True)
class Ink:
    """Neutral colours of one colour scheme; ``muted`` keeps a contrast of 4.5 to the background, ``line`` need not."""

    text: str
    muted: str
    line: str
    shade: str
    truth: str
    page: str


LIGHT = Ink(text="#1B2026", muted="#5A646E", line="#D5DADF", shade="#8A949E", truth="#1B2026", page="#FFFFFF")
DARK = Ink(text="#E7EAED", muted="#A3ADB7", line="#363D44", shade="#8A949E", truth="#F5F7F9", page="#14171A")


def ink() -> Ink:
    """The neutral colours of the scheme the reader has chosen."""
    import streamlit as st

    return DARK if st.context.theme.type == "dark" else LIGHT


@dataclass(frozen=True)
class Look:
    """How one system is drawn everywhere."""

    colour: str
    dash: tuple[int, ...]
    shape: str


def looks(run: RunData, order: Sequence[str], neutral: Ink) -> Mapping[str, Look]:
    """The look of every system.

    Args:
        order: all systems of the protocol, so that a filter changes nobody's colour.
    """
    found, position = {}, 0
    for name in order:
        role = run.role(name)
        if role != "system":
            ceiling = role == "ceiling"
            found[name] = Look(
                neutral.truth if ceiling else neutral.shade,
                (1, 0) if ceiling else (2, 2),
                "stroke" if ceiling else "cross",
            )
            continue
        turn = position // len(OKABE_ITO)
        colour = OKABE_ITO[position % len(OKABE_ITO)]
        dash = DASHES[(position + turn) % len(DASHES)]
        found[name] = Look(colour, tuple(dash), SHAPES[(position + turn) % len(SHAPES)])
        position += 1
    return found
