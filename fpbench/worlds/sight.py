"""How far one sees from a point of the grid: a horizontal ray march at eye height. No paths, no rendering."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fpbench.worlds.grid import CELL, EYE, Grid


def sight(
    grid: Grid, xy: NDArray[np.float64], headings: NDArray[np.float64], *, reach: float = 920.0
) -> NDArray[np.float64]:
    """Distance to the first thing at eye height that stops the view.

    Args:
        grid: the map.
        xy: (n, 2) eyes in map units.
        headings: (n, m) radians, counter-clockwise from +x.
        reach: rays are not followed farther than this, map units.

    Returns:
        (n, m) distances in (0, reach], in whole cells.
    """
    steps = np.arange(1, int(reach // CELL) + 1) * float(CELL)
    eye = grid.floor[grid.cells(xy)] + EYE
    along = np.stack([np.cos(headings), np.sin(headings)], axis=-1)
    at = grid.cells(xy[:, None, None] + along[:, :, None] * steps[:, None])
    level = eye[:, None, None]
    stopped = grid.opaque[at] | (grid.floor[at] >= level) | (grid.ceiling[at] <= level)
    first = np.where(stopped.any(axis=-1), stopped.argmax(axis=-1), len(steps) - 1)
    return np.asarray(steps[first])
