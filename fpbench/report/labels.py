"""Names beside points, none over another: those that find no room are left to be pointed at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LETTER = 12.0
"""Pixels of the font that `place` reckons with."""
CHARACTER, LINE = 6.5, 15.0
"""Width and height of one of its letters, with air."""
FAR = 26.0
"""Pixels between a point and a name that found no room beside it."""


@dataclass(frozen=True)
class Label:
    """Where a name stands, in pixels from its point; ``align`` is the side of the text that is there."""

    dx: float
    dy: float
    align: str


def place(
    names: Sequence[str], x: NDArray[np.float64], y: NDArray[np.float64], radius: NDArray[np.float64],
    size: tuple[float, float], order: Iterable[int],
) -> dict[int, Label]:  # fmt: skip
    """Labels by the position of their name, first come first served.

    Args:
        x, y: (n,) points in pixels, y downwards.
        radius: (n,) of the points' marks, which names keep clear of.
        size: width and height of the plot, outside of which no name may be.
        order: positions of the names, the most important first.
    """
    taken = np.column_stack([x - radius, y - radius, x + radius, y + radius])
    found: dict[int, Label] = {}
    for k in order:
        for label in _candidates(float(radius[k])):
            box = _box(label, float(x[k]), float(y[k]), CHARACTER * len(names[k]))
            inside = box[0] >= 0 and box[1] >= 0 and box[2] <= size[0] and box[3] <= size[1]
            if inside and not _touches(box, taken, own=k):
                found[k] = label
                taken = np.vstack([taken, box])
                break
    return found


def _candidates(radius: float) -> list[Label]:
    near, above = radius + 4, radius + LINE / 2 + 2
    sides = ((near, "left"), (-near, "right"))
    beside = [Label(dx, dy, align) for dy in (0.0, -LINE, LINE) for dx, align in sides]
    over = [Label(0.0, dy, "center") for dy in (-above, above)]
    far = [Label(dx, dy, align) for dy in (-FAR, FAR) for dx, align in sides]
    return [*beside[:2], *over, *beside[2:], *far]


def _box(label: Label, x: float, y: float, width: float) -> NDArray[np.float64]:
    left = x + label.dx - {"left": 0.0, "center": width / 2, "right": width}[label.align]
    top = y + label.dy - LINE / 2
    return np.array([left, top, left + width, top + LINE])


def _touches(box: NDArray[np.float64], taken: NDArray[np.float64], own: int) -> bool:
    apart = (box[2] < taken[:, 0]) | (box[0] > taken[:, 2]) | (box[3] < taken[:, 1]) | (box[1] > taken[:, 3])
    apart[own] = True
    return not bool(apart.all())


def front(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Points that no other beats in both, less being better in both."""
    worse_or_equal = (x[:, None] >= x) & (y[:, None] >= y)
    strictly = (x[:, None] > x) | (y[:, None] > y)
    return np.asarray(~(worse_or_equal & strictly).any(1))
