"""Forgetting by lag: the revisit excess of LPIPS, a metric for each bin of lags. The words are those of `revisit`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.forgetting import Pairs, other_pose_pairs, revisit_pairs
from fpbench.metrics.frame import CameraPath, Clip, Frame
from fpbench.metrics.meter import Meter, PerClip, Values, no_values
from fpbench.metrics.revisit import APART

LAGS = (2, 15, 25, 75, 95)
"""First lag of every bin: inside, at the edge of, and beyond a pack of 19 frames, then of one of 85."""
STRIDE = 4
"""Of the revisits of a bin, every how many-th is measured."""


def measured_revisits(camera: CameraPath, low: int, high: float) -> tuple[Pairs, Pairs]:
    """Revisits with lags in [low, high), every `STRIDE`-th, and for each the pair with a view of another pose."""
    pairs = revisit_pairs(camera.poses)
    lag = pairs[:, 1] - pairs[:, 0]
    pairs = pairs[(lag >= low) & (lag < high)][::STRIDE]
    others = other_pose_pairs(camera.poses, pairs, apart=APART * camera.unit)
    found = others[:, 0] >= 0
    return pairs[found], others[found]


class LagMeter:
    """Keeps the frames of the measured revisits, which the path tells beforehand, and compares them at the end."""

    def __init__(self, pairs: Pairs, others: Pairs) -> None:
        self._pairs, self._others = pairs, others
        self._wanted = {int(index) for index in np.concatenate([pairs, others]).ravel()}
        self._frames: dict[int, NDArray[np.uint8]] = {}

    def update(self, frame: Frame) -> None:
        """Take the next frame; it is kept where a revisit needs it."""
        if frame.index in self._wanted:
            self._frames[frame.index] = frame.rgb.copy()  # a chunk would be kept whole

    def compute(self) -> Values:
        """The excess of every measured revisit: negative while the view is remembered, 0 when as good as any other."""
        from fpbench.metrics.perceptual import lpips

        if not len(self._pairs):
            return np.empty(0), np.empty(0, np.int64)
        first, second, other = (
            np.stack([self._frames[int(index)] for index in column])
            for column in (self._pairs[:, 0], self._pairs[:, 1], self._others[:, 0])
        )
        excess = lpips(second, first) - lpips(second, other)
        return excess.astype(np.float64), self._pairs[:, 1]


def _lag_metric(low: int, high: float) -> PerClip:
    """The revisit excess at lags in [low, high)."""

    def meter(clip: Clip) -> Meter:
        return no_values() if clip.camera is None else LagMeter(*measured_revisits(clip.camera, low, high))

    span = f"{low} to {high - 1:g}" if np.isfinite(high) else f"{low} and more"
    card = Card(
        f"revisit_lag{low}",
        version=2,
        direction="down",
        unit="",
        range=(-1.5, 1.5),
        group="forgetting",
        doc=f"revisit excess of LPIPS at lags {span}",
        formula="LPIPS(x_t, x_s) - LPIPS(x_t, x_k), s as in revisit_err, k an earlier frame in another pose",
        needs=("camera",),
        weights=("lpips-alex",),
        signs=signs("freeze + retag 0"),
    )
    return PerClip(card, meter)


LAG2, LAG15, LAG25, LAG75, LAG95 = map(_lag_metric, LAGS, (*LAGS[1:], float("inf")))
