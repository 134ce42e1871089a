"""Camera poses as numbers: the integers that are filmed, the radians reported, the noise of planned paths.

A planned path is (n, 3) float64: x, y in world units and heading in degrees, counter-clockwise and unwrapped.
What is filmed are whole units and 65,536ths of a turn, so that a pose is the same number everywhere and
forever.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

TURN_UNITS = 65536
_PERSISTENCE = 0.93
_SMOOTHING = 2.5


def rounded(path: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The nearest whole poses of a planned path: (n, 2) units and (n,) headings in [0, 65,536)."""
    units = np.rint(path[:, 2] * (TURN_UNITS / 360)).astype(np.int64) % TURN_UNITS
    return np.rint(path[:, :2]).astype(np.int64), units


def radians(units: NDArray[np.int64]) -> NDArray[np.float64]:
    """Headings in radians, [0, 2 pi), of 65,536ths of a turn."""
    return np.asarray((units % TURN_UNITS) * (2 * np.pi / TURN_UNITS))


def angle_units(heading: NDArray[np.float64]) -> NDArray[np.int64]:
    """Headings in 65,536ths of a turn, [0, 65,536); the inverse of ``radians``."""
    return np.asarray(np.rint(heading * (TURN_UNITS / (2 * np.pi))).astype(np.int64) % TURN_UNITS)


def seeded(*names: object) -> np.random.Generator:
    """A generator determined by the names, independent of any other tuple's."""
    digest = hashlib.sha256(" ".join(map(str, names)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "little"))


def slow_noise(rng: np.random.Generator, n: int, deviation: float) -> NDArray[np.float64]:
    """First-order autoregressive noise (n,), coefficient 0.93, with the given standard deviation."""
    noise = rng.standard_normal(n) * deviation
    fresh = np.sqrt(1 - _PERSISTENCE**2)
    for i in range(1, n):
        noise[i] = _PERSISTENCE * noise[i - 1] + fresh * noise[i]
    return noise


def smoothed(path: NDArray[np.float64], frames: float = _SMOOTHING) -> NDArray[np.float64]:
    """A path convolved in time with a Gaussian of this many frames; its ends are held."""
    from scipy.ndimage import gaussian_filter1d

    result: NDArray[Any] = gaussian_filter1d(path, frames, axis=0, mode="nearest")
    return result
