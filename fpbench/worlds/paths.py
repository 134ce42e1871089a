"""Where the camera goes: smooth walks through one part of a map. No rendering, no loops (see ``kinds``).

A path is (n, 3) float64: x, y in map units and heading in degrees, unwrapped; ``poses`` rounds it for the
engine.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from fpbench.worlds.grid import CELL, Grid
from fpbench.worlds.poses import slow_noise, smoothed
from fpbench.worlds.routes import Routes
from fpbench.worlds.sight import sight

SPEED, SLOWEST, FASTEST = 10.0, 2.0, 14.0
MAX_TURN = 4.0
_TURN_ACCELERATION = 1.2
_CARROT = 140.0
_NEAR, _NEAR_SHARE, _DRAWS = 110.0, 0.03, 6
_START_CLEARANCE, _START_SIGHT = 40.0, 160.0
_AHEAD, _ASIDE = 360.0, np.array([0.0, 20, -20, 40, -40, 60, -60])


class NoPathError(RuntimeError):
    """No acceptable path was drawn; draw again with other random numbers."""


def walk(routes: Routes, frames: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """A walk of at least one frame through one part of a map, looking where it goes and at open space.

    Up to six draws are made until at most 3 % of the frames look at something close, then the best is taken.

    Raises:
        NoPathError: no draw stayed inside the part.
    """
    best: tuple[float, NDArray[np.float64]] | None = None
    for _ in range(_DRAWS):
        path = _drawn_walk(routes, frames, rng)
        if path is None:
            continue
        near = near_share(routes.grid, path)
        if best is None or near < best[0]:
            best = near, path
        if near <= _NEAR_SHARE:
            break
    if best is None:
        raise NoPathError(f"no walk of {frames} frames fits into part {routes.part}")
    return best[1]


def near_share(grid: Grid, path: NDArray[np.float64]) -> float:
    """Share of frames in which a surface closer than 110 units fills most of the horizon."""
    fan = np.radians(np.linspace(-38, 38, 11))
    distance = sight(grid, path[:, :2], np.radians(path[:, 2:]) + fan, reach=2 * _NEAR)
    return float((np.percentile(distance, 60, axis=1) < _NEAR).mean())


def _drawn_walk(routes: Routes, frames: int, rng: np.random.Generator) -> NDArray[np.float64] | None:
    start, heading = _start(routes, rng)
    line = routes.tour(start, heading, frames * SPEED * 1.1 + 2 * _CARROT, rng)
    if line is None:
        return None
    path = smoothed(_followed(routes.grid, line, heading, frames, rng))
    row, column = routes.grid.cells(np.rint(path[:, :2]))
    return path if (routes.near_part[row, column] == routes.part).all() else None


def _start(routes: Routes, rng: np.random.Generator) -> tuple[int, float]:
    """A roomy node with a view, and a heading (degrees) among its eight longest sights."""
    directions = np.arange(24) * (2 * np.pi / 24)
    roomy = np.flatnonzero(routes.clearance >= _START_CLEARANCE)
    candidates = rng.choice(roomy if len(roomy) else np.arange(len(routes.xy)), size=8)
    views = sight(routes.grid, routes.xy[candidates], np.tile(directions, (8, 1)))
    medians = np.median(views, axis=1)
    open_ones = np.flatnonzero(medians >= _START_SIGHT)
    chosen = int(open_ones[0]) if len(open_ones) else int(medians.argmax())
    longest = np.argsort(-views[chosen], kind="stable")[:8]
    return int(candidates[chosen]), float(rng.choice(longest)) * 15.0


def _followed(
    grid: Grid, line: NDArray[np.float64], heading: float, frames: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Walk along a line of points ``CELL`` apart, the view pulled to a carrot ahead with limited turns."""
    glance = slow_noise(rng, frames, 4.0)
    pace = np.clip(SPEED + slow_noise(rng, frames, 1.5), 6.0, FASTEST)
    path = np.empty((frames, 3))
    at, rate, aside = 0.0, 0.0, 0.0
    for i in range(frames):
        here, carrot, soon = (_point(line, at + ahead) for ahead in (0.0, _CARROT, 40.0))
        path[i] = *here, heading
        aim = _bearing(carrot - here)
        if i % 3 == 0:
            aside = _open_side(grid, here, aim, aside)
        error = _wrapped(aim + glance[i] + aside - heading)
        wanted = _within(error / 4, MAX_TURN)
        rate = _within(rate + _within(wanted - rate, _TURN_ACCELERATION), MAX_TURN)
        heading += rate
        # Walking backwards into the unseen is no walk: slow down until the view has come round.
        facing = math.cos(math.radians(_bearing(soon - here) - heading))
        at += pace[i] * min(max(0.5 + facing, 0.2), 1.0)
    return path


def _open_side(grid: Grid, here: NDArray[np.float64], aim: float, before: float) -> float:
    """The turn aside (degrees) with the most view up to 360 units; small and steady ones are preferred."""
    views = sight(grid, here[None], np.radians(aim + _ASIDE)[None], reach=_AHEAD)[0]
    return float(_ASIDE[int((views - np.abs(_ASIDE) - 2 * np.abs(_ASIDE - before)).argmax())])


def _point(line: NDArray[np.float64], at: float) -> NDArray[np.float64]:
    index = min(at / CELL, len(line) - 1.0)
    low = min(int(index), len(line) - 2)
    return np.asarray(line[low] + (line[low + 1] - line[low]) * (index - low))


def _bearing(step: NDArray[np.float64]) -> float:
    return math.degrees(math.atan2(step[1], step[0]))


def _within(value: float, limit: float) -> float:
    return min(max(value, -limit), limit)


def _wrapped(degrees: float) -> float:
    return (degrees + 180.0) % 360.0 - 180.0
