"""From a pure function of a frame to a streaming accumulator with update and compute, as in torchmetrics."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card
from fpbench.metrics.frame import Clip, Frame

Values = tuple[NDArray[np.float64], NDArray[np.int64]]
"""Values and the frame index each belongs to, equally long."""


class Meter(Protocol):
    """Accumulates one metric over one clip."""

    def update(self, frame: Frame) -> None:
        """Take the next frame; frames come in order and are not kept."""
        ...

    def compute(self) -> Values:
        """Everything measured, in frame order."""
        ...


class Metric(Protocol):
    """What is registered under ``fpbench.metrics``: a card and a source of meters."""

    @property
    def card(self) -> Card:
        """Its declaration."""
        ...

    def meter(self, clip: Clip, /) -> Meter:
        """A fresh accumulator for one clip."""
        ...

    def missing(self) -> str | None:
        """Why the metric cannot run here (a package or weights, and how to get them); None when it can."""
        ...


def lacking_weights(card: Card) -> str | None:
    """Why the weights on a card cannot be used here, with the remedy; None when all can. Loads none of them."""
    if not card.weights:
        return None
    from fpbench.weights.backends import lacking

    return next((reason for name in card.weights if (reason := lacking(name)) is not None), None)


class Rows:
    """Small arrays of one shape and type, kept in a single block that grows.

    Kept as objects of their own they come to lie between the frames that are held for a moment, and break up the memory
    that would be used for frames again: one of 768 bytes per sample then costs 100 MB in ten minutes.
    """

    def __init__(self) -> None:
        self._block, self._count, self._dtype = bytearray(), 0, np.dtype(np.uint8)
        self._shape: tuple[int, ...] = (0,)

    def append(self, row: NDArray[Any]) -> None:
        """Keep a copy of a row, which has the shape and type of the first."""
        self._block += row.tobytes()
        self._count, self._dtype, self._shape = self._count + 1, row.dtype, row.shape

    def stack(self) -> NDArray[Any]:
        """All rows, (n, *shape); no copy, so nothing can be appended while it is in use."""
        return np.frombuffer(self._block, self._dtype).reshape(self._count, *self._shape)


class ValueMeter:
    """Collects the values of a per-frame function; None means "no value belongs to this frame".

    Args:
        value: the function. lag: as in `PerFrame`.
        grid: whether it is asked at the samples of the motion grid only.
    """

    def __init__(self, value: Callable[[Frame], float | None], lag: int = 0, *, grid: bool = False) -> None:
        self._value, self._lag, self._grid = value, lag, grid
        self._values, self._index = array("d"), array("q")  # an eighth of the memory of lists

    def update(self, frame: Frame) -> None:
        """Take the next frame."""
        if self._grid and not frame.on_grid:
            return
        value = self._value(frame)
        if value is not None:
            self._values.append(value)
            self._index.append(frame.index - self._lag)

    def compute(self) -> Values:
        """Everything measured, in frame order."""
        return np.array(self._values, np.float64), np.array(self._index, np.int64)


@dataclass(frozen=True)
class PerClip:
    """A metric with a memory.

    Attributes:
        card: its declaration.
        meter: makes a fresh accumulator for a clip.
    """

    card: Card
    meter: Callable[[Clip], Meter]

    def missing(self) -> str | None:
        """Which of the card's weights are not here; None for a metric without any."""
        return lacking_weights(self.card)


def no_values() -> Meter:
    """The accumulator of a clip that lacks what the metric needs."""
    return ValueMeter(lambda _: None)


@dataclass(frozen=True)
class PerFrame:
    """A metric that is a pure function of a frame and its recent past.

    Attributes:
        card: its declaration.
        value: the function; None where the frame has no value, NaN where the value is undefined.
        lag: how many frames before the newest one the value belongs to (1 for centred triples).
    """

    card: Card
    value: Callable[[Frame], float | None]
    lag: int = 0

    def meter(self, _clip: Clip, /) -> ValueMeter:
        """A fresh accumulator."""
        return ValueMeter(self.value, self.lag, grid=self.card.sampled == "grid")

    def missing(self) -> str | None:
        """Which of the card's weights are not here; None for a metric without any."""
        return lacking_weights(self.card)
