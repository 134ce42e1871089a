"""Deep features of a clip, computed once for all the metrics that use them. Which network, is told by an `Encoder`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card
from fpbench.metrics.frame import Clip, Frame
from fpbench.metrics.meter import Values, lacking_weights

if TYPE_CHECKING:
    import torch

Feature = NDArray[np.float32]
Listener = Callable[[int, Feature], None]


@dataclass(frozen=True)
class Encoder:
    """A network that turns frames into feature vectors.

    Attributes:
        name: by which metrics share its features.
        prepare: (height, width, 3) uint8 RGB to the array the network takes; a clip's all have one shape.
        load: gives the function from a batch of prepared frames, (n, ...), to (n / span, dimensions) float32.
        batch: frames per forward pass, a multiple of ``span``; bounds the memory.
        grid: encode only every ``clip.motion_step``-th frame, about 8 a second, instead of all.
        span: encoded frames in a row that make one feature; above 1 only sets of clips can use it.
    """

    name: str
    prepare: Callable[[NDArray[np.uint8]], NDArray[np.generic]]
    load: Callable[[], Callable[[NDArray[np.generic]], Feature]]
    batch: int = 16
    grid: bool = False
    span: int = 1


def device() -> torch.device:
    """The first GPU where there is one, else the CPU."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@cache
def network(encoder: Encoder) -> Callable[[NDArray[np.generic]], Feature]:
    """An encoder's function, loaded once per process."""
    return encoder.load()


def encode(encoder: Encoder, frames: NDArray[np.uint8]) -> Feature:
    """Features of (n, height, width, 3) uint8 frames, n a multiple of the span, (n / span, dimensions)."""
    parts = [frames[start : start + encoder.batch] for start in range(0, len(frames), encoder.batch)]
    return np.concatenate([network(encoder)(np.stack([encoder.prepare(rgb) for rgb in part])) for part in parts])


class FeatureStream:
    """The features of one clip in frame order, handed to every listener as batches fill up.

    Several meters update it with the same frame; it is encoded once.
    """

    def __init__(self, encoder: Encoder, step: int) -> None:
        self._encoder, self._step = encoder, step
        self._next = 0
        self._pending: list[tuple[int, NDArray[np.generic]]] = []
        self._listeners: list[Listener] = []

    @classmethod
    def of(cls, clip: Clip, encoder: Encoder) -> FeatureStream:
        """The clip's only stream of that encoder."""
        step = clip.motion_step if encoder.grid else 1
        return clip.shared(("features", encoder.name), lambda: cls(encoder, step))

    def listen(self, listener: Listener) -> None:
        """Hand every feature to ``listener``, with the index of its frame."""
        self._listeners.append(listener)

    def update(self, frame: Frame) -> None:
        """Take a frame, unless another meter has brought it already."""
        if frame.index < self._next or frame.index % self._step:
            return
        self._next = frame.index + 1
        self._pending.append((frame.index, self._encoder.prepare(frame.rgb)))
        if len(self._pending) == self._encoder.batch:
            self.flush()

    def flush(self) -> None:
        """Encode what is waiting."""
        if not self._pending:
            return
        features = network(self._encoder)(np.stack([picture for _, picture in self._pending]))
        for (index, _), feature in zip(self._pending, features, strict=True):
            for listener in self._listeners:
                listener(index, feature)
        self._pending.clear()


@dataclass(frozen=True)
class Seen:
    """A feature with those it is compared with; all of unit length.

    Attributes:
        now, first: of this frame and of frame 0. before: of the frame encoded before this one, None at frame 0.
        prompt: what the clip was asked to show.
    """

    now: Feature
    first: Feature
    before: Feature | None
    prompt: str | None


class FeatureMeter:
    """Turns a stream of features into values; holds no more than the first feature and the last."""

    def __init__(self, stream: FeatureStream, value: Callable[[Seen], float | None], prompt: str | None) -> None:
        self._stream, self._value, self._prompt = stream, value, prompt
        self._first: Feature | None = None
        self._before: Feature | None = None
        self._values: list[float] = []
        self._index: list[int] = []
        stream.listen(self._take)

    def update(self, frame: Frame) -> None:
        """Take the next frame; the stream keeps it until its batch is full."""
        self._stream.update(frame)

    def _take(self, index: int, feature: Feature) -> None:
        unit = feature / np.float32(max(float(np.linalg.norm(feature)), 1e-12))
        self._first = unit if self._first is None else self._first
        value = self._value(Seen(unit, self._first, self._before, self._prompt))
        self._before = unit
        if value is not None:
            self._values.append(value)
            self._index.append(index)

    def compute(self) -> Values:
        """Encode what is left of the last batch and return everything."""
        self._stream.flush()
        return np.asarray(self._values, np.float64), np.asarray(self._index, np.int64)


@dataclass(frozen=True)
class OnFeatures:
    """A metric that is a pure function of features.

    Attributes:
        card: its declaration. encoder: whose features.
        value: of one frame; None where the frame has no value.
    """

    card: Card
    encoder: Encoder
    value: Callable[[Seen], float | None]

    def meter(self, clip: Clip, /) -> FeatureMeter:
        """A fresh accumulator on the clip's shared features."""
        return FeatureMeter(FeatureStream.of(clip, self.encoder), self.value, clip.prompt)

    def missing(self) -> str | None:
        """Which of the card's weights are not here; None when all are."""
        return lacking_weights(self.card)


def first_similarity(seen: Seen) -> float | None:
    """Cosine with frame 0, -1..1; None for frame 0 itself."""
    return None if seen.before is None else float(seen.now @ seen.first)


def consistency(seen: Seen) -> float | None:
    """VBench's consistency: mean of the cosines with the frame before and with frame 0, each at least 0."""
    if seen.before is None:
        return None
    return (max(0.0, float(seen.now @ seen.before)) + max(0.0, float(seen.now @ seen.first))) / 2
