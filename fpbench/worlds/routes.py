"""Shortest roomy ways through one connected part of a map. No headings, no frames.

Nodes are every second cell of the grid in both directions (16 units apart), joined with their eight
neighbours; a step costs its length times (1 + 60 / clearance), so that ways keep to the middle of rooms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fpbench.worlds.grid import CELL, Grid

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_STRIDE = 2
_GOAL_NEAREST, _GOAL_FARTHEST = 400.0, 2200.0
_CANDIDATES = 12
_REPULSION = 60.0


@dataclass(frozen=True, eq=False)
class Routes:
    """The way graph of one part.

    Attributes:
        grid: the map.
        part: number of the part in ``grid.part``.
        near_part: ``grid.part`` grown by one cell, for points between cells.
        xy: (nodes, 2) positions.
        clearance: (nodes,) distance to what stops a body.
        graph: (nodes, nodes) sparse matrix of step costs.
    """

    grid: Grid
    part: int
    near_part: NDArray[np.int32]
    xy: NDArray[np.float64]
    clearance: NDArray[np.float32]
    graph: csr_array

    def tour(self, start: int, heading: float, length: float, rng: np.random.Generator) -> NDArray[np.float64] | None:
        """A smooth line from ``start`` over one goal after another, at least ``length`` long.

        Args:
            heading: degrees; the first goal is preferably ahead.

        Returns:
            (n, 2) points ``CELL`` apart, or None where it leaves the part or nothing is in reach.
        """
        way = [self.xy[start][None]]
        walked, node = 0.0, start
        while walked < length:
            leg = self._leg(node, heading, rng)
            if leg is None:
                return None
            way.append(self.xy[leg[1:]])
            walked += _length(self.xy[leg])
            node = int(leg[-1])
            last = self.xy[leg[-1]] - self.xy[leg[max(0, len(leg) - 5)]]
            heading = float(np.degrees(np.arctan2(last[1], last[0])))
        return self._smooth(resampled(np.concatenate(way), CELL))

    def _leg(self, start: int, heading: float, rng: np.random.Generator) -> NDArray[np.int64] | None:
        """Nodes of the way to a new goal, chosen among a few for lying ahead and in the open."""
        from scipy.sparse.csgraph import dijkstra

        costs, before = dijkstra(self.graph, indices=[start], limit=2 * _GOAL_FARTHEST, return_predecessors=True)
        reachable = np.flatnonzero(np.isfinite(costs[0]) & (costs[0] > _GOAL_NEAREST))
        if not len(reachable):
            return None
        best, best_score = None, -np.inf
        for goal in rng.choice(reachable, size=_CANDIDATES):
            way = _traced(before[0], start, int(goal))
            if not _GOAL_NEAREST <= _length(self.xy[way]) <= _GOAL_FARTHEST:
                continue
            score = self._appeal(way, heading)
            if score > best_score:
                best, best_score = way, score
        return best

    def _appeal(self, way: NDArray[np.int64], heading: float) -> float:
        step = self.xy[way[min(8, len(way) - 1)]] - self.xy[way[0]]
        turn = np.arctan2(step[1], step[0]) - np.radians(heading)
        return float(np.cos(turn) + min(float(self.clearance[way].mean()), 160.0) / 160.0)

    def _smooth(self, line: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """The smoothest version of a line that stays inside the part."""
        from scipy.ndimage import gaussian_filter1d

        for width in (7.0, 4.0, 2.0, 1.0):
            smooth = gaussian_filter1d(line, width, axis=0, mode="nearest")
            if (self.near_part[self.grid.cells(smooth)] == self.part).all():
                return resampled(smooth, CELL)
        return None


def build_routes(grid: Grid, part: int) -> Routes:
    """The way graph of part number ``part`` of a map."""
    from scipy.ndimage import distance_transform_edt
    from scipy.sparse import coo_array

    inside = (grid.part == part)[::_STRIDE, ::_STRIDE]
    row, column = np.nonzero(inside)
    number = np.full(inside.shape, -1, np.int64)
    number[row, column] = np.arange(len(row))
    clearance = grid.clearance[row * _STRIDE, column * _STRIDE]
    heads, tails, costs = [], [], []
    for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1)):
        beside = _shifted(number, dr, dc)[row, column]
        head = np.flatnonzero(beside >= 0)
        tail = beside[head]
        roomy = 0.5 * (1 / clearance[head] + 1 / clearance[tail])
        heads.append(head)
        tails.append(tail)
        costs.append(_STRIDE * CELL * np.hypot(dr, dc) * (1 + _REPULSION * roomy))
    a, b, cost = np.concatenate(heads), np.concatenate(tails), np.concatenate(costs)
    size = len(row)
    graph = coo_array((np.tile(cost, 2), (np.concatenate([a, b]), np.concatenate([b, a]))), shape=(size, size)).tocsr()
    distance, nearest = distance_transform_edt(grid.part == 0, return_indices=True)
    near_part = np.where(distance <= 1.0, grid.part[tuple(nearest)], 0).astype(np.int32)
    return Routes(grid, part, near_part, grid.centres(row * _STRIDE, column * _STRIDE), clearance, graph)


def resampled(line: NDArray[np.float64], spacing: float) -> NDArray[np.float64]:
    """Points at equal distances along a polyline (n, 2)."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.arange(0.0, along[-1], spacing)
    return np.stack([np.interp(at, along, line[:, 0]), np.interp(at, along, line[:, 1])], axis=-1)


def _shifted(number: NDArray[np.int64], dr: int, dc: int) -> NDArray[np.int64]:
    """The neighbour's number at every cell, -1 beyond the border."""
    shifted = np.full_like(number, -1)
    rows, columns = number.shape
    left, right = max(0, -dc), columns - max(0, dc)
    shifted[: rows - dr, left:right] = number[dr:, left + dc : right + dc]
    return shifted


def _traced(before: NDArray[np.int32], start: int, goal: int) -> NDArray[np.int64]:
    way = [goal]
    while way[-1] != start:
        way.append(int(before[way[-1]]))
    return np.array(way[::-1], np.int64)


def _length(points: NDArray[np.float64]) -> float:
    return float(np.hypot(*np.diff(points, axis=0).T).sum())
