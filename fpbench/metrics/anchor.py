"""Likeness to the first frame, which every system was given. Camera motion lowers it legitimately."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Frame
from fpbench.metrics.meter import PerFrame
from fpbench.metrics.similarity import at_ssim_scale, local_means, ssim_to

_BINS = 8


def colour_histogram(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Joint RGB histogram with 8 bins a channel, (8, 8, 8), summing to 1."""
    counts = cv2.calcHist([rgb], [0, 1, 2], None, [_BINS] * 3, [0, 256] * 3)
    return np.asarray(counts / counts.sum(), np.float32)


def histogram_intersection(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Shared mass of two normalised histograms, 0-1 (Swain & Ballard 1991)."""
    return float(np.minimum(first, second).sum())


def first_hist(frame: Frame) -> float | None:
    """Colour-histogram intersection with the first frame."""
    first = frame.clip.first
    if frame is first:
        return None
    anchor = first.feature("histogram", lambda: colour_histogram(first.rgb))
    return histogram_intersection(anchor, colour_histogram(frame.rgb))


def first_ssim(frame: Frame) -> float | None:
    """Structural similarity of luma with the first frame, at the scale its authors advise."""
    first = frame.clip.first
    if frame is first:
        return None
    anchor = first.feature("local_means", lambda: list(local_means(at_ssim_scale(first.luma))))
    return ssim_to(anchor, at_ssim_scale(frame.luma))


FIRST_HIST = PerFrame(
    Card(
        "first_hist",
        version=2,
        direction="two-sided",
        unit="",
        range=(0, 1),
        group="tier0",
        doc="colour-histogram overlap with frame 0",
        formula="Σ min(h_t, h_0), h the joint 8x8x8 RGB histogram of a frame",
        sampled="grid",
        signs=signs("freeze + retag 0"),
    ),
    first_hist,
)
FIRST_SSIM = PerFrame(
    Card(
        "first_ssim",
        version=2,
        direction="two-sided",
        unit="",
        range=(-1, 1),
        group="tier0",
        doc="luma SSIM with frame 0",
        formula="SSIM(Y_t, Y_0), Gaussian window of σ 1.5, Y averaged over blocks of round(side / 256) px",
        sampled="grid",
        signs=signs("noise - darken + freeze +"),
    ),
    first_ssim,
)
