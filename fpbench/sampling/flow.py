"""Rectified flow: the levels of a solver run and its steps. ``x_s = (1 - s) x + s eps``, velocity ``eps - x``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Literal

from torch import Tensor

Solver = Literal["euler", "adams"]
"""euler: first order; adams: second-order Adams-Bashforth, which reuses the last velocity at no extra cost."""

Velocity = Callable[[Tensor, float, int], Tensor]
"""Velocity of a sample at a level, in a numbered step."""


def shifted(t: float, shift: float) -> float:
    """Time shift t' = a t / (1 + (a - 1) t); a > 1 spends more steps at high noise."""
    return shift * t / (1 + (shift - 1) * t)


def levels(steps: int, shift: float = 1.0) -> list[float]:
    """``steps + 1`` levels from 1 down to 0.

    Raises:
        ValueError: fewer than one step, or a shift that is not positive.
    """
    if steps < 1 or shift <= 0:
        raise ValueError(f"sampling needs steps >= 1 and shift > 0, got steps={steps}, shift={shift}")
    return [shifted(1 - i / steps, shift) for i in range(steps + 1)]


def solve(x: Tensor, velocity: Velocity, grid: Sequence[float], solver: Solver = "euler") -> Tensor:
    """Carry a sample along the flow from the first level of ``grid`` to the last.

    Args:
        x: sample at ``grid[0]``.
        velocity: its velocity.
        grid: descending levels.
        solver: how a step uses the velocities seen so far.
    """
    last: tuple[Tensor, float] | None = None
    for number, (t, t_next) in enumerate(pairwise(grid)):
        v, step = velocity(x, t, number), t_next - t
        x, last = advance(x, v, step, last, solver), (v, step)
    return x


def advance(x: Tensor, v: Tensor, step: float, last: tuple[Tensor, float] | None, solver: Solver) -> Tensor:
    """One step along the flow.

    Args:
        x: sample.
        v: its velocity.
        step: next level minus this one.
        last: velocity and step before, if there was one.
        solver: how the last velocity is used.
    """
    slope = v if solver == "euler" or last is None else v + step / (2 * last[1]) * (v - last[0])
    return x + step * slope
