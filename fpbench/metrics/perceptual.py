"""LPIPS against the true video. The weights are found and checked by `fpbench.weights.lpips`."""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fpbench.errors import FpbenchError
from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Clip, Frame
from fpbench.metrics.meter import Values

Net = Literal["alex", "vgg"]
_SMALLEST = 32


@cache
def _network(net: Net) -> Any:
    from fpbench.weights.lpips import load_lpips

    return load_lpips(net).eval()


def lpips(first: NDArray[np.uint8], second: NDArray[np.uint8], net: Net = "alex") -> NDArray[np.float32]:
    """Learned perceptual distance (Zhang et al. 2018, v0.1) of paired frames, about 0-1, 0 for equal ones.

    Args:
        first, second: (frames, height, width, 3) uint8 RGB; scaled to [-1, 1] here.
        net: "alex" or "vgg"; their values do not compare.

    Returns:
        (frames,) float32; NaN where a side is shorter than 32, too small for the networks.
    """
    if min(first.shape[1:3]) < _SMALLEST:
        return np.full(len(first), np.nan, np.float32)
    import torch

    def tensor(frames: NDArray[np.uint8]) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(frames.transpose(0, 3, 1, 2))).float() / 127.5 - 1

    with torch.inference_mode():
        distance = _network(net)(tensor(first), tensor(second))
    return np.asarray(distance.flatten().numpy(), np.float32)


class LpipsMeter:
    """Measures every ``stride``-th frame that has a truth, ``batch`` frames at a time."""

    def __init__(self, stride: int, batch: int) -> None:
        self._stride, self._batch = stride, batch
        self._pending: list[tuple[int, NDArray[np.uint8], NDArray[np.uint8]]] = []
        self._values: list[NDArray[np.float32]] = []
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
        self._values.append(lpips(np.stack(generated), np.stack(truth)))
        self._index.extend(index)
        self._pending.clear()

    def compute(self) -> Values:
        """Measure what is left of the last batch and return everything."""
        if self._pending:
            self._flush()
        values = np.concatenate(self._values) if self._values else np.empty(0)
        return values.astype(np.float64), np.asarray(self._index, np.int64)


class LpipsTruth:
    """``lpips_truth``: LPIPS (AlexNet) of every fourth frame against the true video.

    Args:
        stride: frames from one measured frame to the next.
        batch: frames per forward pass; bounds the memory.
    """

    card = Card(
        "lpips_truth",
        version=1,
        direction="down",
        unit="",
        range=(0, 1.5),
        group="lpips",
        doc="LPIPS (Alex) against the true video, every 4th frame",
        formula="LPIPS v0.1, AlexNet trunk, of x_t and truth_t",
        needs=("truth", "lpips"),
        signs=signs("blur + noise + exposure + darken + saturation + freeze + cut + reencode + reverse + retag 0"),
    )

    def __init__(self, stride: int = 4, batch: int = 16) -> None:
        self._stride, self._batch = stride, batch

    def meter(self, _clip: Clip, /) -> LpipsMeter:
        """A fresh accumulator."""
        return LpipsMeter(self._stride, self._batch)

    def missing(self) -> str | None:
        """Why the weights cannot be loaded, with the remedy; None when they can."""
        try:
            _network("alex")
        except (FpbenchError, OSError, ImportError) as error:
            return f"LPIPS weights: {error}"
        return None


LPIPS_TRUTH = LpipsTruth()
