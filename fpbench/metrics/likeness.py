"""The lag curve of a clip: how alike frames are that lie some seconds apart (VBench issue 206 asks for one).

A camera that moves lowers it legitimately, so it is compared with the truth's and never ranked.
"""

from __future__ import annotations

from array import array
from collections import deque

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Frame
from fpbench.metrics.loops import signature
from fpbench.metrics.meter import PerClip, Values

SECONDS = (1, 4, 16)
"""Lags of the curve."""


class LikenessMeter:
    """Compares a sample of the motion grid with the one some samples earlier; keeps the signatures between."""

    def __init__(self, samples: int) -> None:
        self._recent: deque[NDArray[np.float32]] = deque(maxlen=samples + 1)
        self._values, self._index = array("d"), array("q")

    def update(self, frame: Frame) -> None:
        """Take the next frame."""
        if not frame.on_grid:
            return
        self._recent.append(frame.feature("signature", lambda: signature(frame.rgb)))
        if len(self._recent) == self._recent.maxlen:
            self._values.append(float(self._recent[-1] @ self._recent[0]))
            self._index.append(frame.index)

    def compute(self) -> Values:
        """A value for every sample that has one so much earlier."""
        return np.array(self._values, np.float64), np.array(self._index, np.int64)


def _likeness(seconds: int) -> PerClip:
    """One point of the lag curve."""
    return PerClip(
        Card(
            f"likeness_{seconds}s",
            version=1,
            direction="two-sided",
            unit="",
            range=(-1, 1),
            group="lag",
            doc=f"likeness of frames {seconds} s apart",
            formula=f"correlation of the 16x16 thumbnails of x_t and x_(t - {seconds} s)",
            sampled="grid",
            signs=signs("blur 0 noise 0 darken 0 freeze +"),
        ),
        lambda clip: LikenessMeter(max(1, round(seconds * clip.fps / clip.motion_step))),
    )


LIKENESS_1S, LIKENESS_4S, LIKENESS_16S = map(_likeness, SECONDS)
