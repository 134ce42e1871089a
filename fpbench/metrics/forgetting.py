"""Forgetting: does a view look the same when the camera comes back to it?

Pure functions of a video, camera poses and a distance between frames; no world is known here. Pixel distances
are near chance when the pose is off by a little, so a perceptual distance is the better choice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.similarity import ssim

Pairs = NDArray[np.int64]
Distance = Callable[[NDArray[np.uint8], NDArray[np.uint8]], NDArray[np.floating]]
"""Distances of paired frames: two (n, height, width, 3) uint8 videos -> (n,), 0 for equal frames."""


@dataclass(frozen=True)
class Revisits:
    """How unlike the first view a second view of the same pose is, by the lag between them.

    Attributes:
        lag: mean lag of each bin in frames.
        error: mean distance between the two views of one pose.
        baseline: mean distance between the second view and a view of another pose, same clip.
        pairs: number of pairs in each bin.
    """

    lag: tuple[float, ...]
    error: tuple[float, ...]
    baseline: tuple[float, ...]
    pairs: tuple[int, ...]

    @property
    def excess(self) -> tuple[float, ...]:
        """Error minus baseline: negative while the view is remembered, 0 once it is as good as any other."""
        return tuple(error - base for error, base in zip(self.error, self.baseline, strict=True))

    @property
    def memory(self) -> tuple[float, ...]:
        """1 - error / baseline: 1 for a perfect return, 0 for another place; NaN in a clip that never changes."""
        return tuple(
            1 - error / base if base > 0 else float("nan")
            for error, base in zip(self.error, self.baseline, strict=True)
        )


def revisit_pairs(poses: NDArray[np.float64], *, min_lag: int = 2, tolerance: float = 1e-6) -> Pairs:
    """Frames (i, j), i < j, with the same pose that the camera left in between, (pairs, 2).

    For every j the latest such i; pairs less than ``min_lag`` frames apart are left out.

    Args:
        poses: (frames, 4) x, y, z and heading in radians.
        tolerance: largest difference of any coordinate, heading taken as a point on the unit circle.
    """
    places = _places(poses)
    pairs = []
    for j in range(min_lag, len(places)):
        same = np.abs(places[:j] - places[j]).max(axis=1) <= tolerance
        away = np.flatnonzero(~same)
        before = np.flatnonzero(same[: away[-1]]) if len(away) else away
        if len(before) and j - before[-1] >= min_lag:
            pairs.append((before[-1], j))
    return np.array(pairs, np.int64).reshape(-1, 2)


def mirror_pairs(frames: int, *, min_lag: int = 2) -> Pairs:
    """Frames (i, frames - 1 - i) of a path that is walked out and retraced, shortest lag first."""
    first = np.arange((frames - min_lag + 1) // 2)[::-1]
    return np.stack([first, frames - 1 - first], axis=1)


def other_pose_pairs(
    poses: NDArray[np.float64], pairs: Pairs, *, apart: float, turn: float = 0.5, seed: int = 0
) -> Pairs:
    """For each pair (i, j) a pair (k, j) whose poses differ: the baseline of a revisit.

    Args:
        poses: (frames, 4) as in `revisit_pairs`.
        pairs: (pairs, 2).
        apart: least translation between k and j in world units; a turn of ``turn`` radians serves as well.
        seed: of the random choice of k among all frames before j that qualify.

    Returns:
        (pairs, 2); k = -1 where no earlier frame qualifies.
    """
    rng = np.random.default_rng(seed)
    chosen = np.full(len(pairs), -1, np.int64)
    for row, (_, j) in enumerate(pairs):
        shift = np.linalg.norm(poses[:j, :3] - poses[j, :3], axis=1)
        angle = np.abs((poses[:j, 3] - poses[j, 3] + np.pi) % (2 * np.pi) - np.pi)
        candidates = np.flatnonzero((shift >= apart) | (angle >= turn))
        if len(candidates):
            chosen[row] = rng.choice(candidates)
    return np.stack([chosen, pairs[:, 1]], axis=1)


def revisits(
    video: NDArray[np.uint8], pairs: Pairs, others: Pairs, distance: Distance, *, edges: Sequence[int]
) -> Revisits:
    """Revisit error by lag, with the distance to another pose as its yardstick.

    Args:
        video: (frames, height, width, 3) uint8.
        pairs: (pairs, 2) frames of equal pose, from `revisit_pairs` or `mirror_pairs`.
        others: (pairs, 2) from `other_pose_pairs`; pairs without one (k = -1) are left out.
        distance: between paired frames, such as `ssim_distance` or `fpbench.metrics.perceptual.lpips`.
        edges: increasing lags in frames that bound the bins; empty bins are left out.
    """
    usable = others[:, 0] >= 0
    pairs, others = pairs[usable], others[usable]
    if not len(pairs):
        return Revisits((), (), (), ())
    lag = pairs[:, 1] - pairs[:, 0]
    error = np.asarray(distance(video[pairs[:, 0]], video[pairs[:, 1]]), np.float64)
    base = np.asarray(distance(video[others[:, 0]], video[others[:, 1]]), np.float64)
    bins = np.digitize(lag, edges)
    filled = [bins == number for number in range(1, len(edges)) if np.any(bins == number)]
    return Revisits(
        lag=tuple(float(lag[mask].mean()) for mask in filled),
        error=tuple(float(error[mask].mean()) for mask in filled),
        baseline=tuple(float(base[mask].mean()) for mask in filled),
        pairs=tuple(int(mask.sum()) for mask in filled),
    )


def mirror_error(video: NDArray[np.uint8], distance: Distance, *, min_lag: int = 2) -> float:
    """Mean distance between frame i and frame T-1-i of a clip that retraces its path (MIND, arXiv 2602.08025).

    0 for a perfect return. A clip that never moves scores 0 too: read it beside motion.
    """
    pairs = mirror_pairs(len(video), min_lag=min_lag)
    return float(np.mean(distance(video[pairs[:, 0]], video[pairs[:, 1]]))) if len(pairs) else float("nan")


def ssim_distance(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float64]:
    """1 - SSIM of paired frames, (n,), 0..2."""
    return np.array([1 - ssim(a, b) for a, b in zip(first, second, strict=True)])


def rms_distance(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Root mean squared difference of paired frames, (n,), in grey levels."""
    squares = [cv2.norm(a, b, cv2.NORM_L2SQR) / a.size for a, b in zip(first, second, strict=True)]
    return np.sqrt(np.array(squares, np.float64))


def _places(poses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Poses with the heading as cosine and sine, so that full turns do not matter, (frames, 5)."""
    heading = poses[:, 3:]
    return np.concatenate([poses[:, :3], np.cos(heading), np.sin(heading)], axis=1)
