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

_ACROSS = (WIDTH / 2 - 0.5 - np.arange(WIDTH)) / FOCAL  # tangent to the left of the axis
_UP = ((HEIGHT / 2 - 0.5 - np.arange(HEIGHT)) / FOCAL)[:, None]
_RISE = _UP / np.sqrt(1 + _ACROSS**2)  # tangent of the elevation of every pixel
_FORWARD = _EYE / np.maximum(-_UP, 1e-3)  # axial distance at which a ray below the horizon meets the ground


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
        pillar_colours=np.array(
            [_rgb(hue + rng.uniform(-0.2, 0.5), 0.65, rng.uniform(0.45, 0.95)) for _ in pillars]
        ),
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


def _background(scenery: Scenery, poses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sky, ridge and ground, (n, 64, 96, 3)."""
    azimuth = poses[:, 3:4] + np.arctan(_ACROSS)
    height = 0.06 + sum(a * np.cos(k * azimuth + p) for k, a, p in scenery.ridge)
    high = np.clip(_RISE / 0.55, 0, 1)[..., None]
    sky = scenery.sky[0] + high * (scenery.sky[1] - scenery.sky[0])
    covered = _step((np.abs(height)[:, None] - _RISE) / 0.012)[..., None]
    far = sky + covered * (scenery.ridge_colour - sky)
    below = _step(-_RISE / 0.006)[..., None]
    return np.asarray(far + below * (_ground(scenery, poses) - far))


def _ground(scenery: Scenery, poses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colour of the ground plane under every ray, (n, 64, 96, 3); its waves fade with the distance."""
    cos, sin = np.cos(poses[:, 3])[:, None, None], np.sin(poses[:, 3])[:, None, None]
    x = poses[:, 0, None, None] + _FORWARD * (cos - sin * _ACROSS)
    y = poses[:, 1, None, None] + _FORWARD * (sin + cos * _ACROSS)
    wave = sum(np.sin(kx * x + ky * y + p) for kx, ky, p in scenery.waves) / _GROUND_WAVES
    mixed = 0.5 + 0.9 * wave * np.exp(-_FORWARD / 350)
    return np.asarray(scenery.ground[0] + mixed[..., None] * (scenery.ground[1] - scenery.ground[0]))


def _with_pillars(
    scenery: Scenery, poses: NDArray[np.float64], behind: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Blend the pillars over a background with weights that grow towards the viewer.

    The weight of a pillar is a product of a row and a column profile, so all of them are one matrix product a
    frame.
    """
    shift = scenery.pillars[:, :2] - poses[:, None, :2]
    shift = (shift + TILE / 2) % TILE - TILE / 2
    cos, sin = np.cos(poses[:, 3:4]), np.sin(poses[:, 3:4])
    ahead = shift[..., 0] * cos + shift[..., 1] * sin
    left = shift[..., 1] * cos - shift[..., 0] * sin
    scale = FOCAL / np.maximum(ahead, _NEAREST)
    fade = _ramp((ahead - _NEAREST) / 60) * _ramp((TILE / 2 - np.hypot(ahead, left)) / 300)
    weight = fade * 8 * (250 / np.maximum(ahead, _NEAREST)) ** 2
    half, tall = scenery.pillars[:, 2], scenery.pillars[:, 3] / 2
    columns = _profile(
        np.arange(WIDTH) - (WIDTH / 2 - 0.5 - left * scale)[..., None], (half * scale)[..., None]
    )
    rows = _profile(
        np.arange(HEIGHT) - (HEIGHT / 2 - 0.5 + (_EYE - tall) * scale)[..., None], (tall * scale)[..., None]
    )
    paint = np.concatenate([scenery.pillar_colours, np.ones((len(half), 1))], axis=1)
    painted = (columns[..., None] * paint[:, None]).reshape(len(poses), len(half), -1)
    mixed = np.matmul(np.swapaxes(rows * weight[..., None], 1, 2), painted).reshape(*behind.shape[:3], 4)
    return np.asarray((behind + mixed[..., :3]) / (1 + mixed[..., 3:]))


def _profile(offset: NDArray[np.float64], half: NDArray[np.float64]) -> NDArray[np.float64]:
    """A soft-edged box: 1 inside, 0 outside."""
    return np.asarray(np.exp(-((offset / half) ** 4)))


def _step(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(0.5 + 0.5 * np.tanh(x))


def _ramp(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(x, 0, 1)


def _rgb(hue: float, saturation: float, value: float) -> NDArray[np.float64]:
    return np.array(colorsys.hsv_to_rgb(hue % 1, saturation, value))
