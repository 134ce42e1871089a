"""Learned distances between a clip and its true video, several pairs of frames at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card
from fpbench.metrics.frame import Clip, Frame
from fpbench.metrics.meter import Values, lacking_weights

Distance = Callable[[NDArray[np.uint8], NDArray[np.uint8]], NDArray[np.floating]]
"""Distances of paired frames: two (n, height, width, 3) uint8 videos -> (n,)."""


class PairMeter:
    """Measures every ``stride``-th frame that has a truth, ``batch`` frames at a time."""

    def __init__(self, distance: Distance, stride: int, batch: int) -> None:
        self._distance, self._stride, self._batch = distance, stride, batch
        self._pending: list[tuple[int, NDArray[np.uint8], NDArray[np.uint8]]] = []
        self._values: list[NDArray[np.floating]] = []
        self._index: list[int] = []

    def update(self, frame: Frame) -> None:
        """Take the next frame; its pixels are kept until the batch is full."""
        truth = frame.true_rgb
        if truth is None or (frame.index - frame.clip.given) % self._stride:
            return
        self._pending.append((frame.index, frame.rgb.copy(), truth))
        if len(self._pending) == self._batch:
            self._flush()

    def _flush(self) -> None:
        index, generated, truth = zip(*self._pending, strict=True)
        self._values.append(self._distance(np.stack(generated), np.stack(truth)))
        self._index.extend(index)
        self._pending.clear()

    def compute(self) -> Values:
        """Measure what is left of the last batch and return everything."""
        if self._pending:
            self._flush()
        values = np.concatenate(self._values) if self._values else np.empty(0)
        return values.astype(np.float64), np.asarray(self._index, np.int64)


@dataclass(frozen=True)
class AgainstTruth:
    """A learned distance of every ``stride``-th frame to the true one.

    Attributes:
        card: its declaration. distance: of paired frames.
        stride: frames from one measured frame to the next. batch: pairs per forward pass; bounds the memory.
    """

    card: Card
    distance: Distance
    stride: int = 4
    batch: int = 16

    def meter(self, _clip: Clip, /) -> PairMeter:
        """A fresh accumulator."""
        return PairMeter(self.distance, self.stride, self.batch)

    def missing(self) -> str | None:
        """Why the weights cannot be used, with the remedy; None when they can."""
        return lacking_weights(self.card)
