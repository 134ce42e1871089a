"""Smooth made-up landscapes: sky, ridge, waved ground and soft pillars, drawn from any pose. No paths.

Everything is a smooth function of the ray and the position, so that small networks can learn it, and a frame
depends on its own pose alone. The ground and the pillars shift with x and y as real ones would; the sky and
the ridge are infinitely far. The pillars repeat with a period of ``TILE`` units, so a walk never leaves the
landscape.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

HEIGHT, WIDTH, FOCAL = 64, 96, 53.3
TILE = 1600.0
_EYE = 41.0
_PILLARS, _RIDGE_WAVES, _GROUND_WAVES = 40, 9, 4
_NEAREST = 40.0
_CHUNK = 32

_HORIZON = HEIGHT // 2
_ACROSS = ((WIDTH / 2 - 0.5 - np.arange(WIDTH)) / FOCAL).astype(np.float32)  # tangent to the left of the axis
_UP = ((HEIGHT / 2 - 0.5 - np.arange(HEIGHT)) / FOCAL).astype(np.float32)[:, None]
_RISE = _UP[:_HORIZON] / np.sqrt(1 + _ACROSS**2)  # tangent of the elevation of every pixel above the horizon
_FORWARD = _EYE / -_UP[_HORIZON:]  # axial distance at which a row below the horizon meets the ground


@dataclass(frozen=True, eq=False)
class Scenery:
    """One landscape; colours are RGB in [0, 1], lengths in world units, angles in radians.

    Attributes:
        sky: (2, 3) colours at the horizon and high up.
        ridge_colour: (3,); ridge: (waves, 3) number of periods per turn, amplitude (tangent), phase.
        ground: (2, 3) colours; waves: (waves, 3) x and y wave numbers and phase.
        pillars: (n, 4) x, y, half width, height; pillar_colours: (n, 3).
    """

    sky: NDArray[np.float64]
    ridge_colour: NDArray[np.float64]
    ridge: NDArray[np.float64]
    ground: NDArray[np.float64]
    waves: NDArray[np.float64]
    pillars: NDArray[np.float64]
    pillar_colours: NDArray[np.float64]


def make_scenery(number: int, hues: tuple[float, float]) -> Scenery:
    """The landscape with a number; its main hue lies in the given range of [0, 1]."""
    rng = np.random.default_rng([0x9A70, number])
    hue = rng.uniform(*hues)
    turns = np.arange(1, _RIDGE_WAVES + 1)
    ridge = np.stack([turns, 0.11 / turns**0.7, rng.uniform(0, 2 * np.pi, _RIDGE_WAVES)], axis=-1)
    direction, wavelength = rng.uniform(0, 2 * np.pi, _GROUND_WAVES), rng.uniform(60, 240, _GROUND_WAVES)
    number_of = 2 * np.pi / wavelength
    waves = np.stack(
        [
            number_of * np.cos(direction),
            number_of * np.sin(direction),
            rng.uniform(0, 2 * np.pi, _GROUND_WAVES),
        ],
        axis=-1,
    )
    pillars = np.concatenate(
        [
            rng.uniform(0, TILE, (_PILLARS, 2)),
            rng.uniform(12, 45, (_PILLARS, 1)),
            rng.uniform(50, 160, (_PILLARS, 1)),
        ],
        axis=1,
    )
    return Scenery(
        sky=np.array([_rgb(hue + 0.5, 0.18, 0.95), _rgb(hue + 0.55, 0.55, 0.75)]),
        ridge_colour=_rgb(hue + 0.4, 0.35, 0.5),
        ridge=ridge,
        ground=np.array([_rgb(hue, 0.5, 0.42), _rgb(hue + 0.06, 0.4, 0.72)]),
        waves=waves,
        pillars=pillars,
        pillar_colours=np.array([_rgb(hue + rng.uniform(-0.2, 0.5), 0.65, rng.uniform(0.45, 0.95)) for _ in pillars]),
    )


def render(scenery: Scenery, poses: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Draw the landscape from every pose.

    Args:
        poses: (n, 4) x, y, z (ignored) and heading in radians, counter-clockwise.

    Returns:
        (n, 64, 96, 3) uint8 RGB.
    """
    frames = np.empty((len(poses), HEIGHT, WIDTH, 3), np.uint8)
    for first in range(0, len(poses), _CHUNK):  # bounds the memory of a long clip
        some = poses[first : first + _CHUNK]
        colour = _with_pillars(scenery, some, _background(scenery, some))
        frames[first : first + _CHUNK] = np.rint(255 * np.clip(colour, 0, 1))
    return frames


def _background(scenery: Scenery, poses: NDArray[np.float64]) -> NDArray[np.float32]:
    """Sky, ridge and ground, (n, 64, 96, 3)."""
    return np.concatenate([_distance(scenery, poses), _ground(scenery, poses)], axis=1)


def _distance(scenery: Scenery, poses: NDArray[np.float64]) -> NDArray[np.float32]:
    """Everything above the horizon, (n, 32, 96, 3): it depends on the heading alone."""
    azimuth = poses[:, 3:4] + np.arctan(_ACROSS)
    height = np.abs(0.06 + sum(a * np.cos(k * azimuth + p) for k, a, p in scenery.ridge))
    sky = _between(np.clip(_RISE / 0.55, 0, 1), scenery.sky)
    covered = _step((height.astype(np.float32)[:, None] - _RISE) / 0.012)[..., None]
    return np.asarray(sky + covered * (scenery.ridge_colour.astype(np.float32) - sky))


def _ground(scenery: Scenery, poses: NDArray[np.float64]) -> NDArray[np.float32]:
    """Colour of the ground plane under every ray, (n, 32, 96, 3); its waves fade with the distance."""
    cos, sin = np.cos(poses[:, 3]), np.sin(poses[:, 3])
    wave = np.zeros((len(poses), _HORIZON, WIDTH), np.float32)
    for kx, ky, phase in scenery.waves:
        here, ahead, left = (
            poses[:, 0] * kx + poses[:, 1] * ky + phase,
            kx * cos + ky * sin,
            ky * cos - kx * sin,
        )
        along, across, start = (v.astype(np.float32)[:, None, None] for v in (ahead, left, here % (2 * np.pi)))
        wave += np.sin(start + _FORWARD * (along + across * _ACROSS))
    mixed = 0.5 + (0.9 / _GROUND_WAVES) * wave * np.exp(-_FORWARD / 350)
    return _between(mixed, scenery.ground)


def _with_pillars(scenery: Scenery, poses: NDArray[np.float64], behind: NDArray[np.float32]) -> NDArray[np.float32]:
    """Blend the pillars over a background with weights that grow towards the viewer.

    The weight of a pillar is a row profile times a column profile: a frame's are one matrix product.
    """
    ahead, left, fade = _seen(scenery.pillars[:, :2], poses)
    scale = FOCAL / ahead
    half, tall = scenery.pillars[:, 2], scenery.pillars[:, 3] / 2
    columns = _profile(WIDTH, -left * scale, half * scale)
    rows = _profile(HEIGHT, (_EYE - tall) * scale, tall * scale)
    weight = (8 * fade * (250 / ahead) ** 2).astype(np.float32)[..., None]
    paint = np.concatenate([scenery.pillar_colours, np.ones((len(half), 1))], axis=1).astype(np.float32)
    painted = (columns[..., None] * paint[:, None]).reshape(*columns.shape[:2], WIDTH * 4)
    mixed = np.matmul(np.swapaxes(rows * weight, 1, 2), painted).reshape(*behind.shape[:3], 4)
    return np.asarray((behind + mixed[..., :3]) / (1 + mixed[..., 3:]))


def _seen(places: NDArray[np.float64], poses: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Axial distance (at least ``_NEAREST``), offset to the left and visibility, each (n, places)."""
    shift = (places - poses[:, None, :2] + TILE / 2) % TILE - TILE / 2
    cos, sin = np.cos(poses[:, 3:4]), np.sin(poses[:, 3:4])
    ahead = shift[..., 0] * cos + shift[..., 1] * sin
    left = shift[..., 1] * cos - shift[..., 0] * sin
    fade = _ramp((ahead - _NEAREST) / 60) * _ramp((TILE / 2 - np.hypot(ahead, left)) / 300)
    return np.maximum(ahead, _NEAREST), left, fade


def _profile(size: int, centre: NDArray[np.float64], half: NDArray[np.float64]) -> NDArray[np.float32]:
    """Soft-edged boxes along ``size`` pixels, ``centre`` counted from the middle: 1 inside, 0 outside."""
    pixels = np.arange(size) - (size / 2 - 0.5)
    ratio = ((pixels - centre[..., None]) / half[..., None]).astype(np.float32) ** 2
    return np.asarray(np.exp(-(ratio**2)))


def _between(share: NDArray[np.float32], colours: NDArray[np.float64]) -> NDArray[np.float32]:
    first, second = colours.astype(np.float32)
    return np.asarray(first + share[..., None] * (second - first))


def _step(x: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(0.5 + 0.5 * np.tanh(x))


def _ramp(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(x, 0, 1)


def _rgb(hue: float, saturation: float, value: float) -> NDArray[np.float64]:
    return np.array(colorsys.hsv_to_rgb(hue % 1, saturation, value))
