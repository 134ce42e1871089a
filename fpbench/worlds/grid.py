"""Where a body fits in a map: a grid of floors, ceilings, clearance and connected parts. No engine, no paths.

Collision is decided from the map lumps alone, so that planning needs no game and is the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fpbench.worlds.wad import BODY_HEIGHT, Level

CELL = 8
STEP = 24
EYE = 41
CLEARANCE = 28
USABLE_AREA = 0.12e6
VOID = -32768
_IMPASSABLE = 1
# Things a body walks through: starts and teleport targets, pickups, corpses, pools, and what hangs high.
_STARTS = (1, 2, 3, 4, 11, 14)
_PICKUPS = (5, 6, 8, 13, 17, 38, 39, 40, 82, 83, *range(2001, 2009), *range(2010, 2016), 2018, 2019)
_MORE_PICKUPS = (*range(2022, 2027), *range(2045, 2050))
_REMAINS = (10, 12, 15, *range(18, 25), 34, *range(59, 64), 79, 80, 81)
_PASSABLE = frozenset((*_STARTS, *_PICKUPS, *_MORE_PICKUPS, *_REMAINS))
_RADIUS = {54: 32}


@dataclass(frozen=True, eq=False)
class Grid:
    """A map as cells of ``CELL`` units; row r, column c is centred at ``corner + CELL * (c + 0.5, r + 0.5)``.

    Attributes:
        corner: (x, y) of the lower left corner, map units.
        floor, ceiling: (rows, columns) int32 heights; ``VOID`` outside the map.
        opaque: (rows, columns) bool, no sight through here at any height.
        clearance: (rows, columns) float32, distance to what stops a body, map units.
        part: (rows, columns) int32: 0, or the number of the connected usable part, 1 the largest.
        areas: area of part 1, 2, ... in square units, decreasing.
    """

    corner: NDArray[np.float64]
    floor: NDArray[np.int32]
    ceiling: NDArray[np.int32]
    opaque: NDArray[np.bool_]
    clearance: NDArray[np.float32]
    part: NDArray[np.int32]
    areas: tuple[float, ...]

    def cells(self, xy: NDArray[np.floating] | NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row and column of points (..., 2), clipped to the border, which is always void."""
        rows, columns = self.floor.shape
        index = np.floor((np.asarray(xy) - self.corner) / CELL).astype(np.int64)
        index = np.minimum(np.maximum(index, 0), (columns - 1, rows - 1))
        return index[..., 1], index[..., 0]

    def centres(self, row: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.float64]:
        """Map coordinates (..., 2) of cell centres."""
        return self.corner + CELL * (np.stack([column, row], axis=-1) + 0.5)


def build_grid(level: Level) -> Grid:
    """The grid of a map: room for a body, no step over 24 either way, ``CLEARANCE`` all round a free cell."""
    from scipy.ndimage import distance_transform_edt

    corner, shape = _frame(level)
    sector = _sector_of_cells(level, corner, shape)
    inside = sector >= 0
    floor = np.where(inside, level.sectors["floor"][sector], VOID).astype(np.int32)
    ceiling = np.where(inside, level.sectors["ceiling"][sector], VOID).astype(np.int32)
    solid, walls = _line_cells(level, corner, shape)
    blocked = ~inside | (ceiling - floor < BODY_HEIGHT) | solid | _thing_cells(level, corner, shape)
    clearance = (distance_transform_edt(~blocked) * CELL).astype(np.float32)
    part, areas = _parts(clearance >= CLEARANCE)
    return Grid(corner, floor, ceiling, ~inside | walls, clearance, part, areas)


def _frame(level: Level) -> tuple[NDArray[np.float64], tuple[int, int]]:
    x, y = level.vertices["x"].astype(np.float64), level.vertices["y"].astype(np.float64)
    corner = np.array([x.min(), y.min()]) - 4 * CELL
    columns, rows = (np.array([x.max(), y.max()]) + 4 * CELL - corner) // CELL + 1
    return corner, (int(rows), int(columns))


def _endpoints(level: Level) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points = np.stack([level.vertices["x"], level.vertices["y"]], axis=-1).astype(np.float64)
    return points[level.lines["start"]], points[level.lines["end"]]


def _sector_of_cells(level: Level, corner: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.int64]:
    """Sector at every cell centre, -1 outside: the right side of the nearest line to the left on its row."""
    a, b = _endpoints(level)
    front, back = level.sectors_beside()
    rising = b[:, 1] > a[:, 1]
    right_of = np.where(rising, front, back)
    rows, columns = shape
    centres = corner[0] + CELL * (np.arange(columns) + 0.5)
    sector = np.full(shape, -1, np.int64)
    for row in range(rows):
        y = corner[1] + CELL * (row + 0.5) + 1e-3  # off the integer heights of vertices
        crossing = np.flatnonzero((a[:, 1] > y) != (b[:, 1] > y))
        if not len(crossing):
            continue
        p, q = a[crossing], b[crossing]
        x = p[:, 0] + (q[:, 0] - p[:, 0]) * (y - p[:, 1]) / (q[:, 1] - p[:, 1])
        order = np.argsort(x, kind="stable")
        left = np.searchsorted(x[order], centres) - 1
        sector[row] = np.where(left >= 0, right_of[crossing][order][left], -1)
    return sector


def _line_cells(
    level: Level, corner: NDArray[np.float64], shape: tuple[int, int]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Cells touched by lines that stop a body, and by lines that also stop sight."""
    front, back = level.sectors_beside()
    one_sided = (front < 0) | (back < 0)
    floors, ceilings = (level.sectors[k].astype(np.int64) for k in ("floor", "ceiling"))
    step = np.abs(floors[front] - floors[back])
    gap = np.minimum(ceilings[front], ceilings[back]) - np.maximum(floors[front], floors[back])
    impassable = (level.lines["flags"] & _IMPASSABLE) != 0
    stops = one_sided | impassable | (step > STEP) | (gap < BODY_HEIGHT)
    return _rasterised(level, stops, corner, shape), _rasterised(level, one_sided, corner, shape)


def _rasterised(
    level: Level, chosen: NDArray[np.bool_], corner: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.bool_]:
    a, b = (ends[chosen] for ends in _endpoints(level))
    counts = np.ceil(np.hypot(*(b - a).T) / (CELL / 4)).astype(np.int64) + 1
    line = np.repeat(np.arange(len(a)), counts)
    first = np.cumsum(counts) - counts
    along = (np.arange(len(line)) - first[line]) / np.maximum(counts[line] - 1, 1)
    points = a[line] + (b - a)[line] * along[:, None]
    column, row = np.floor((points - corner) / CELL).astype(np.int64).T
    touched = np.zeros(shape, np.bool_)
    touched[row, column] = True
    return touched


def _thing_cells(level: Level, corner: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Cells under solid things; a type nobody listed counts as solid: standing on one ruins a clip."""
    covered = np.zeros(shape, np.bool_)
    for thing in level.things[~np.isin(level.things["type"], list(_PASSABLE))]:
        radius = _RADIUS.get(int(thing["type"]), 16)
        low = np.floor((np.array([thing["x"], thing["y"]]) - radius - corner) / CELL).astype(np.int64)
        high = np.floor((np.array([thing["x"], thing["y"]]) + radius - corner) / CELL).astype(np.int64)
        low, high = np.maximum(low, 0), np.maximum(high, 0)
        covered[low[1] : high[1] + 1, low[0] : high[0] + 1] = True
    return covered


def _parts(free: NDArray[np.bool_]) -> tuple[NDArray[np.int32], tuple[float, ...]]:
    """Number the connected parts of at least ``USABLE_AREA``, largest first (ties by first cell)."""
    from scipy.ndimage import label

    labels, count = label(free)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:] * float(CELL * CELL)
    order = np.argsort(-areas, kind="stable")
    kept = order[areas[order] >= USABLE_AREA]
    number = np.zeros(count + 1, np.int32)
    number[kept + 1] = np.arange(1, len(kept) + 1)
    return number[labels], tuple(areas[kept].tolist())
