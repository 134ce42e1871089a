"""Colours and marks: the same for a system on every page, told apart by colour-blind readers, light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from fpbench.report.style import OKABE_ITO

if TYPE_CHECKING:
    from fpbench.report.data import RunData

SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "triangle-right")
DASHES = ([1, 0], [6, 2], [2, 2], [6, 2, 2, 2], [10, 3])
SHADES = (0.0, -0.38, 0.38)
"""Of the palette once it is used up: darker, then lighter; lightness is what every reader can tell apart."""


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
        if role == "system":
            found[name] = look(position)
            position += 1
            continue
        ceiling = role == "ceiling"
        colour = neutral.truth if ceiling else neutral.shade
        found[name] = Look(colour, (1, 0) if ceiling else (2, 2), "stroke" if ceiling else "cross")
    return found


@cache
def look(position: int) -> Look:
    """The look of the ``position``-th system: 21 colours, and no pair of colour and dash twice before the 105th."""
    hue, turn = position % len(OKABE_ITO), position // len(OKABE_ITO)
    step = hue + turn
    colour = shade(OKABE_ITO[hue], SHADES[turn % len(SHADES)])
    return Look(colour, tuple(DASHES[step % len(DASHES)]), SHAPES[step % len(SHAPES)])


def shade(colour: str, amount: float) -> str:
    """A colour mixed with black (negative) or white (positive) by a share of ``amount``."""
    end = 255 if amount > 0 else 0
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return "#" + "".join(f"{round(part + (end - part) * abs(amount)):02X}" for part in parts)
