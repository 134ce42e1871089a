"""Hard and gradual cuts, found by TransNetV2 on the whole clip. A clip of one shot should have none."""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Frame
from fpbench.metrics.meter import PerClip, Values

WINDOW, STEP, MARGIN = 100, 50, 25
"""Frames seen at once, frames decided at once, frames of context before them; as the network was trained."""
_WIDTH, _HEIGHT = 48, 27
THRESHOLD = 0.5


@cache
def _network() -> Any:
    from fpbench.weights.transnet import load_transnet

    return load_transnet()


def _probabilities(window: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Of a cut after each of the middle frames of one (100, 27, 48, 3) window, (50,)."""
    import torch

    with torch.inference_mode():
        logits, _ = _network()(torch.from_numpy(window[None]))
    return np.asarray(torch.sigmoid(logits[0, MARGIN : MARGIN + STEP, 0]).numpy(), np.float64)


class CutMeter:
    """Windows of 100 thumbnails, 50 of them decided at a time; memory does not grow with the clip.

    Args:
        fps: of the clip, by which the share of cuts becomes cuts per minute.
    """

    def __init__(self, fps: float) -> None:
        self._per_minute = 60 * fps
        self._thumbnails: list[NDArray[np.uint8]] = []
        self._probabilities: list[NDArray[np.float64]] = []
        self._frames = 0

    def update(self, frame: Frame) -> None:
        """Take the next frame; only a thumbnail of it is kept."""
        small = cv2.resize(frame.rgb, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA).astype(np.uint8)
        self._thumbnails += [small] * (1 if self._frames else 1 + MARGIN)
        self._frames += 1
        self._decide()

    def _decide(self) -> None:
        while len(self._thumbnails) >= WINDOW:
            self._probabilities.append(_probabilities(np.stack(self._thumbnails[:WINDOW])))
            del self._thumbnails[:STEP]

    def probabilities(self) -> NDArray[np.float64]:
        """Probability that a shot ends at each frame, (frames,)."""
        if not self._frames:
            return np.empty(0)
        decided = len(self._probabilities) * STEP
        while decided < self._frames:
            self._thumbnails += [self._thumbnails[-1]] * (WINDOW - len(self._thumbnails))
            self._decide()
            decided += STEP
        return np.concatenate(self._probabilities)[: self._frames]

    def compute(self) -> Values:
        """Cuts per minute that each frame stands for: 60 fps at the first frame of a transition, else 0."""
        over = self.probabilities() > THRESHOLD
        starts = over & ~np.concatenate([[False], over[:-1]])
        return (starts * self._per_minute).astype(np.float64), np.arange(self._frames, dtype=np.int64)


CUT_RATE = PerClip(
    Card(
        "cut_rate",
        version=1,
        direction="down",
        unit="per min",
        range=(0, float("inf")),
        group="tier1",
        doc="cuts per minute (TransNetV2)",
        formula="60 fps where p(a shot ends at x_t) rises above 0.5, else 0",
        k_min=10,
        weights=("transnetv2",),
        signs=signs("blur 0 noise 0 exposure 0 darken 0 saturation 0 flicker 0 freeze 0 reencode 0 reverse 0"),
    ),
    lambda clip: CutMeter(clip.fps),
)
"""Transitions between shots per minute, hard or gradual."""
