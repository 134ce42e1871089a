"""Distance of a clip to the true video of its task, frame by frame. Learned distances are in `perceptual`."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Clip, Frame
from fpbench.metrics.meter import Meter, PerClip, PerFrame, Values, no_values
from fpbench.metrics.sharpness import tenengrad
from fpbench.metrics.similarity import psnr, ssim

_LONG_SIDE, _BATCH = 96, 64


def sharpness_ratio(luma: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Root of the ratio of mean squared gradients, generated to true; 1 = as sharp, NaN if truth is flat.

    The root makes it a ratio of contrasts: halving every local contrast gives 0.5. Noise raises it.
    """
    energy = tenengrad(truth)
    return float(np.sqrt(tenengrad(luma) / energy)) if energy > 0 else float("nan")


def _psnr_truth(frame: Frame) -> float | None:
    return None if frame.true_rgb is None else psnr(frame.rgb, frame.true_rgb)


def _ssim_truth(frame: Frame) -> float | None:
    return None if frame.true_rgb is None else ssim(frame.rgb, frame.true_rgb)


def _sharpness_ratio(frame: Frame) -> float | None:
    if frame.true_rgb is None:
        return None
    return sharpness_ratio(frame.luma, np.asarray(cv2.cvtColor(frame.true_rgb, cv2.COLOR_RGB2GRAY), np.uint8))


def thumbnail(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The frame area-averaged to at most 96 px on its longer side, flattened, in -0.5..0.5."""
    height, width = rgb.shape[:2]
    scale = min(1.0, _LONG_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = rgb if scale == 1 else cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32).ravel() / np.float32(255) - np.float32(0.5)


class NearestFrame:
    """Distance to the closest of a set of real frames, by one matrix product.

    Args:
        real: (frames, height, width, 3) uint8, at least one frame.
    """

    def __init__(self, real: NDArray[np.uint8]) -> None:
        self._real = np.stack([thumbnail(frame) for frame in real])
        self._energy = np.square(self._real).sum(1, dtype=np.float64)

    def __call__(self, queries: NDArray[np.float32]) -> NDArray[np.float64]:
        """Root mean squared difference to the nearest real frame, in grey levels.

        Args:
            queries: (n, dimensions) thumbnails; many at a time read the real ones only once.
        """
        nearest = np.argmin(self._energy - 2 * (queries @ self._real.T), axis=1)
        return 255 * np.sqrt(np.mean(np.square(self._real[nearest] - queries), axis=1, dtype=np.float64))


class NearestMeter:
    """Compares thumbnails with those of the true video, 64 at a time."""

    def __init__(self, nearest: NearestFrame) -> None:
        self._nearest = nearest
        self._queries: list[NDArray[np.float32]] = []
        self._values: list[float] = []
        self._index: list[int] = []

    def update(self, frame: Frame) -> None:
        """Take the next frame; its thumbnail is kept until the batch is full."""
        if frame.true_rgb is None:
            return
        self._queries.append(thumbnail(frame.rgb))
        self._index.append(frame.index)
        if len(self._queries) == _BATCH:
            self._flush()

    def _flush(self) -> None:
        self._values += self._nearest(np.stack(self._queries)).tolist()
        self._queries.clear()

    def compute(self) -> Values:
        """Compare what is left and return everything."""
        if self._queries:
            self._flush()
        return np.asarray(self._values, np.float64), np.asarray(self._index, np.int64)


def _nearest(clip: Clip) -> Meter:
    if clip.truth is None or not len(clip.truth):
        return no_values()
    return NearestMeter(NearestFrame(clip.truth))


NEAREST_TRUTH = PerClip(
    Card(
        "nearest_truth",
        version=1,
        direction="down",
        unit="grey",
        range=(0, 255),
        group="truth",
        doc="RMSE to the nearest frame of the true video",
        formula="min over s of RMSE(x_t, truth_s), at thumbnail size",
        needs=("truth",),
        signs=signs(
            "blur + noise + exposure + darken + saturation + flicker + freeze 0 cut + reencode + reverse 0 retag 0"
        ),
    ),
    _nearest,
)
"""How far each frame is from every frame of the true video.

A low value beside a low PSNR means a real view at the wrong time; a high one, that the clip left the world.
"""


PSNR_TRUTH = PerFrame(
    Card(
        "psnr_truth",
        version=1,
        direction="up",
        unit="dB",
        range=(0, 58.93),
        group="truth",
        doc="PSNR against the true video",
        formula="10 log10(255² / max(MSE(x_t, truth_t), 1/12))",
        needs=("truth",),
        signs=signs(
            "blur - noise - exposure - darken - saturation - flicker - freeze - cut - reencode - reverse - retag 0"
        ),
    ),
    _psnr_truth,
)
SSIM_TRUTH = PerFrame(
    Card(
        "ssim_truth",
        version=1,
        direction="up",
        unit="",
        range=(-1, 1),
        group="truth",
        doc="SSIM against the true video",
        formula="SSIM(x_t, truth_t), mean over channels",
        needs=("truth",),
        signs=signs("blur - noise - exposure - darken - freeze - cut - reencode - reverse - retag 0"),
    ),
    _ssim_truth,
)
SHARPNESS_RATIO = PerFrame(
    Card(
        "sharpness_ratio",
        version=1,
        direction="two-sided",
        unit="",
        range=(0, float("inf")),
        group="truth",
        doc="gradient contrast / the truth's",
        formula="sqrt(mean |∇Y_t|² / mean |∇Y of truth_t|²)",
        needs=("truth",),
        signs=signs("blur - noise + darken - reencode - cut 0 retag 0"),
    ),
    _sharpness_ratio,
)
