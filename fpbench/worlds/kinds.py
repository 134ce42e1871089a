"""Paths that come back, made from a walk: loops and returns. Knows neither a map nor a renderer.

A path is (n, 3) float64: x, y in world units and heading in degrees, unwrapped. A revisited pose is repeated
as the same floats, so that it rounds to the same pose and is filmed as the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fpbench.worlds.errors import TaskError

SHORTEST_LOOP = 12
_RATE = (2.5, 4.0)
_AWAY, _LEAST = (90.0, 180.0), 45.0
_FULL_TURN_CHANCE = 0.25
_LONGEST_HOLD = 8
_WALK_BETWEEN = (36, 80)
_EASE = 4  # frames over which a turn starts and stops


def varied(
    kind: str,
    frames: int,
    rng: np.random.Generator,
    walk: Callable[[int, np.random.Generator], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """A path of one of the kinds ``walk``, ``loop`` and ``return``, (frames, 3).

    Args:
        walk: draws a walk of so many frames.

    Raises:
        TaskError: too few frames for a loop.
    """
    if kind == "return":
        return retraced(walk(frames // 2 + 1, rng), frames)
    walked = walk(frames, rng)
    return looped(walked, rng) if kind == "loop" else walked


def looped(walk: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """A path as long as ``walk`` that turns away and comes back, walks on for a while, and does so again.

    Each loop stands still and turns 90-180 degrees away and back, or once round, at 2.5-4 degrees a frame. A
    loop that would not fit turns less far; the clip ends walking where there is no room for another.

    Raises:
        TaskError: ``walk`` has fewer than 12 frames.
    """
    frames = len(walk)
    if frames < SHORTEST_LOOP:
        raise TaskError(f"a loop needs at least {SHORTEST_LOOP} frames, not {frames}; ask for more")
    pieces, made, at = [walk[:1]], 1, 0
    while made < frames:
        spin = _spin(walk[at], frames - made, _LEAST if at else 0.0, rng)
        stride = walk[at + 1 : at + 1 + int(rng.integers(*_WALK_BETWEEN, endpoint=True))]
        pieces += [spin, stride]
        made += len(spin) + len(stride)
        at += len(stride)
    return np.concatenate(pieces)[:frames]


def retraced(walk: NDArray[np.float64], frames: int) -> NDArray[np.float64]:
    """Walk out and replay the poses backwards, headings kept: frame N - k equals N + k, N = frames // 2.

    Args:
        walk: (n, 3) with n > N.
        frames: length of the result.
    """
    out = walk[: frames // 2 + 1]
    return np.concatenate([out, out[-2::-1]])[:frames]


def _spin(pose: NDArray[np.float64], room: int, least: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """The poses of one loop after its first, ending in ``pose``; empty where ``room`` allows no turn."""
    rate, side = rng.uniform(*_RATE), rng.choice([-1.0, 1.0])
    full, hold = rng.random() < _FULL_TURN_CHANCE, int(rng.integers(0, _LONGEST_HOLD, endpoint=True))
    away = rng.uniform(*_AWAY)
    if full and len(turned := _eased(360.0, rate)) <= room:
        offsets = np.append(turned[:-1], 0.0)
    else:
        hold = min(hold, room // 8)
        angle = min(away, rate * ((room - hold) // 2 - _EASE))
        out = _eased(angle if angle >= least else 0.0, rate)
        back = [np.full(hold, out[-1]), out[-2::-1], [0.0]] if len(out) else []
        offsets = np.concatenate([out, *back])
    spin = np.tile(pose, (len(offsets), 1))
    spin[:, 2] += side * offsets
    return spin


def _eased(angle: float, rate: float) -> NDArray[np.float64]:
    """Headings of a turn by ``angle`` degrees at up to ``rate`` a frame, soft ends; empty for no angle."""
    if angle <= 0:
        return np.empty(0)
    steady = int(np.ceil(angle / rate))
    rates = np.convolve(np.full(steady, angle / steady), np.full(_EASE, 1 / _EASE))
    return np.asarray(np.cumsum(rates))
