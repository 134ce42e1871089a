"""Self-similarity over time: how likeness falls with lag, and clips that repeat themselves.

Consistency scores reward a clip that runs in a circle; the loop detector tells it from one that remembers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Clip, Frame
from fpbench.metrics.meter import PerClip, Rows, Values

_SIDE = 16
_ROWS, _PART = 64, 512
"""Frames compared at once, and with how many others at once: bounds the memory."""
MIN_LAG = 1.0
"""Seconds after which a repeated view counts as a loop."""


@dataclass(frozen=True, eq=False)
class Loops:
    """Where a clip repeats itself.

    Attributes:
        repeats: (n,) bool, frames that show an earlier view again after having left it.
        frac: share of such frames.
        period: commonest lag of the repetitions in seconds; NaN without any.
        likeness, departure, min_lag: the parameters it was computed with.
    """

    repeats: NDArray[np.bool_]
    frac: float
    period: float
    likeness: float
    departure: float
    min_lag: float


def signature(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A frame as a unit vector: 16x16 area-averaged colours, mean removed, (768,); zero for a flat frame.

    The dot product of two signatures is their correlation, which a change of exposure leaves alone.
    """
    return _unit(_thumbnail(rgb))


def _thumbnail(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(rgb, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.uint8).ravel()


def _unit(thumbnail: NDArray[np.uint8]) -> NDArray[np.float32]:
    small = thumbnail.astype(np.float32)
    small -= small.mean()
    length = float(np.linalg.norm(small))
    return small / np.float32(length) if length > 0 else small


def lag_curve(features: NDArray[np.floating], lags: Sequence[int]) -> NDArray[np.float64]:
    """Mean cosine similarity of frames a lag apart, (len(lags),); NaN for lags the clip is too short for.

    Args:
        features: (frames, dimensions), any feature; rows are normalised here. Zero rows count as unlike.
        lags: in frames, at least 1.
    """
    length = np.linalg.norm(features, axis=1, keepdims=True)
    units = features / np.where(length > 0, length, 1)
    return np.array(
        [np.einsum("td,td->t", units[lag:], units[:-lag]).mean() if lag < len(units) else np.nan for lag in lags]
    )


def _repeat_lags(
    views: NDArray[np.generic], first: int, min_lag: int, likeness: float, departure: float
) -> NDArray[np.int64]:
    """Lag of the latest repetition of each frame in a block starting at ``first``; 0 where there is none."""
    likes = _likes(views, first)
    lags = np.zeros(len(likes), np.int64)
    for row, like in enumerate(likes):
        past = like[: first + row + 1][::-1]  # past[lag]
        left = np.minimum.accumulate(past)
        found = np.flatnonzero((past >= likeness) & (left <= past - departure))
        found = found[found >= min_lag]
        lags[row] = found[0] if len(found) else 0
    return lags


def _likes(views: NDArray[np.generic], first: int) -> NDArray[np.float32]:
    """Likeness of each frame in the block to all frames up to the block's last, (block, frames)."""
    block = _units(views[first : first + _ROWS])
    until = first + len(block)
    parts = [views[start : min(start + _PART, until)] for start in range(0, until, _PART)]
    return np.concatenate([block @ _units(part).T for part in parts], axis=1)


def _units(views: NDArray[np.generic]) -> NDArray[np.float32]:
    """Views as rows of unit length, their means removed, (n, dimensions)."""
    rows = views.astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    rows /= np.where(length > 0, length, 1)
    return rows


def find_loops(
    views: NDArray[np.generic],
    rate: float,
    *,
    likeness: float = 0.95,
    departure: float = 0.1,
    min_lag: float = MIN_LAG,
) -> Loops:
    """Frames that repeat an earlier one at least ``min_lag`` seconds later, the view having changed between.

    The change between is the motion gate: a frozen clip does not loop.

    Args:
        views: (n, dimensions) small pictures of the frames, or their `signature`; made unit vectors here, a few at a
            time. rate: of the samples, per second.
        likeness: correlation from which two frames show the same view.
        departure: by how much the likeness must have fallen in between.
    """
    least = max(2, round(min_lag * rate))
    blocks = [_repeat_lags(views, first, least, likeness, departure) for first in range(0, len(views), _ROWS)]
    lags = np.concatenate(blocks) if blocks else np.empty(0, np.int64)
    repeats = lags > 0
    period = float(np.bincount(lags[repeats]).argmax() / rate) if repeats.any() else float("nan")
    frac = float(repeats.mean()) if len(repeats) else float("nan")
    return Loops(repeats, frac, period, likeness, departure, min_lag)


class LoopMeter:
    """Keeps a thumbnail of every sample of the motion grid, 768 bytes each."""

    def __init__(self, clip: Clip) -> None:
        self._step, self._rate = clip.motion_step, clip.fps / clip.motion_step
        self._thumbnails = Rows()

    def update(self, frame: Frame) -> None:
        """Take the next frame; only its thumbnail is kept."""
        if frame.index % self._step == 0:
            self._thumbnails.append(_thumbnail(frame.rgb))

    def compute(self) -> Values:
        """1 where a sampled frame repeats an earlier view, else 0."""
        repeats = find_loops(self._thumbnails.stack(), self._rate).repeats
        return repeats.astype(np.float64), np.arange(len(repeats)) * self._step


LOOP_FRAC = PerClip(
    Card(
        "loop_frac",
        version=1,
        direction="two-sided",
        unit="",
        range=(0, 1),
        group="tier0",
        doc="share of frames repeating an earlier view",
        formula="1 if some earlier view (correlation ≥ 0.95) was left and is back, else 0",
        signs=signs("blur 0 noise 0 exposure 0 darken 0 flicker 0 freeze 0"),
    ),
    LoopMeter,
)
"""Paths that return have a rightful share."""
