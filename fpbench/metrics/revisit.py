"""Forgetting in a run: is a pose that comes back still shown as it was, by how long ago that was?

Which frames come back is read from the true video: equal poses are filmed as equal bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Clip, Frame
from fpbench.metrics.meter import Values

LAGS = (2, 15, 25, 75, 95)
"""First lag of every bin: inside, at the edge of, and beyond a pack of 19 frames, then of one of 85."""
STRIDE = 4


class RevisitMeter:
    """LPIPS between the second and the first view of a pose, minus LPIPS to a view of another pose.

    Args:
        low, high: lags in frames, high excluded.
        stride: of the frames that come back, every how many-th is measured.
    """

    def __init__(self, low: int, high: float, stride: int = STRIDE) -> None:
        self._low, self._high, self._stride = low, high, stride
        self._frames: list[NDArray[np.uint8]] = []
        self._last: dict[bytes, int] = {}
        self._pairs: list[tuple[int, int]] = []

    def update(self, frame: Frame) -> None:
        """Take the next frame."""
        truth = frame.clip.truth
        if truth is None:
            return
        self._frames.append(frame.rgb.copy())
        key = truth[frame.index].tobytes()
        before = self._last.get(key)
        if before is not None and self._low <= frame.index - before < self._high:
            self._pairs.append((before, frame.index))
        self._last[key] = frame.index

    def compute(self) -> Values:
        """One value per measured return; negative while the view is remembered, 0 once it is as good as any other."""
        from fpbench.metrics.perceptual import lpips

        pairs = self._pairs[:: self._stride]
        if not pairs:
            return np.empty(0), np.empty(0, np.int64)
        first, second = (np.array(side) for side in zip(*pairs, strict=True))
        others = np.array([_elsewhere(a, b) for a, b in pairs])
        video = np.stack(self._frames)
        excess = lpips(video[second], video[first]) - lpips(video[second], video[others])
        return excess.astype(np.float64), second.astype(np.int64)


def _elsewhere(first: int, second: int) -> int:
    """A frame before ``second`` that is far from ``first`` in time: the other end of what came before."""
    return 0 if first > second // 2 else max(first, (second + first) // 2)


@dataclass(frozen=True)
class Revisit:
    """Forgetting at lags in [low, high): registered once per bin."""

    low: int
    high: float
    card: Card = field(init=False)

    def __post_init__(self) -> None:
        span = f"{self.low} to {self.high - 1:g}" if np.isfinite(self.high) else f"{self.low} and more"
        card = Card(
            f"revisit_lag{self.low}",
            version=1,
            direction="down",
            unit="",
            range=(-1.5, 1.5),
            group="memory",
            doc=f"LPIPS of second to first view minus to another view, lag {span}",
            formula="LPIPS(x_t, x_first view) - LPIPS(x_t, x_other view), every 4th return",
            needs=("truth",),
            weights=("lpips-alex",),
            signs=signs("freeze + retag 0"),
        )
        object.__setattr__(self, "card", card)

    def meter(self, _clip: Clip, /) -> RevisitMeter:
        """A fresh accumulator."""
        return RevisitMeter(self.low, self.high)

    def missing(self) -> str | None:
        """Why the weights of LPIPS cannot be loaded, with the remedy; None when they can."""
        from fpbench.metrics.perceptual import LPIPS_TRUTH

        return LPIPS_TRUTH.missing()


LAG2, LAG15, LAG25, LAG75, LAG95 = (
    Revisit(low, high) for low, high in zip(LAGS, (*LAGS[1:], float("inf")), strict=True)
)
