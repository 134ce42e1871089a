"""Rectified flow: levels of a solver run and one Euler step. ``x_s = (1 - s) x + s eps``, velocity ``eps - x``."""

from __future__ import annotations


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
