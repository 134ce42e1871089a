"""What a metric promises: the facts a table needs beside its numbers. No computation here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

Direction = Literal["up", "down", "two-sided"]
Sign = Literal["+", "-", "0", "?"]


@dataclass(frozen=True)
class Card:
    """The declaration of one metric.

    Attributes:
        name: registered name, also the column name.
        version: raised whenever the same clip may give another number, so that stored values are recomputed.
        direction: "up" and "down" may be ranked; "two-sided" only compared with a reference.
        unit: unit of a value ("" for a pure number).
        range: smallest and largest possible value.
        needs: what a clip must come with beyond its own frames: "truth" (a true video), "prompt" (a text), "camera"
            (the path of its camera).
        weights: learned weights it runs on, by their names in `fpbench.weights.backends`.
        group: by which it is asked for together with others: "tier0", "truth", "forgetting", "lpips" or a
            stranger's own.
        doc: one line for tables and ``fpbench list``.
        formula: of one value, in a line; Y is luma, x_t a frame, SD a standard deviation over pixels.
        k_min: fewest values from which a window mean is worth taking.
        sampled: "frame": a value for every frame that can have one; "grid": about 8 a second, on the motion grid.
            Appearance changes slowly, so only what happens between neighbouring frames needs all of them.
        signs: expected change under each degradation of the battery: "+" rises, "-" falls, "0" stays,
            degradations left out are undeclared; keys of `fpbench.metrics.degradations.DEGRADATIONS`.
    """

    name: str
    version: int
    direction: Direction
    unit: str
    range: tuple[float, float]
    group: str
    doc: str
    needs: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    formula: str = ""
    k_min: int = 1
    sampled: Literal["frame", "grid"] = "frame"
    signs: Mapping[str, Sign] = field(default_factory=dict, hash=False)


def signs(declared: str) -> dict[str, Sign]:
    """Signs from pairs of words: ``signs("blur + noise -")`` is ``{"blur": "+", "noise": "-"}``.

    Raises:
        ValueError: a degradation without a sign, or another sign than +, - and 0.
    """
    words = declared.split()
    table: dict[str, Sign] = {}
    for name, sign in zip(words[::2], words[1::2], strict=True):
        if sign not in ("+", "-", "0"):
            raise ValueError(f"sign {sign!r} of {name!r}: expected +, - or 0")
        table[name] = cast("Sign", sign)
    return table
