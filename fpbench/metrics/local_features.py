"""Views matched by XFeat keypoints: how much of one view is found again in another, whatever moved a little."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Frame
from fpbench.metrics.meter import PerFrame

if TYPE_CHECKING:
    import torch

_STRONGEST, _THRESHOLD = 1024, 0.05
_SHORTEST = 256
_TOLERANCE, _FEWEST = 3.0, 8
"""Pixels within which a match obeys the homography, and the matches without which none is estimated."""


@dataclass(frozen=True, eq=False)
class Keypoints:
    """Points of one frame and what surrounds them.

    Attributes:
        places: (n, 2) float32, x and y in pixels of the enlarged frame, strongest first.
        descriptors: (n, 64) float32 of unit length.
    """

    places: NDArray[np.float32]
    descriptors: NDArray[np.float32]


@cache
def _network() -> Any:
    from fpbench.weights.xfeat import load_xfeat

    return load_xfeat()


def _multiple_of_32(side: float) -> int:
    return max(32, int(side) // 32 * 32)


def keypoints(rgb: NDArray[np.uint8]) -> Keypoints:
    """XFeat keypoints of a (height, width, 3) frame, at most 1024.

    Frames whose shorter side is below 256 are enlarged to it: the network sees features of 8 px.
    """
    import torch
    from torch.nn import functional as F

    scale = max(1.0, _SHORTEST / min(rgb.shape[:2]))
    height, width = size = _multiple_of_32(rgb.shape[0] * scale), _multiple_of_32(rgb.shape[1] * scale)
    with torch.inference_mode():
        picture = torch.from_numpy(np.ascontiguousarray(rgb)).permute(2, 0, 1)[None].float()
        picture = F.interpolate(picture, (height, width), mode="bilinear")
        maps, logits, reliability = _network()(picture)
        heat = F.pixel_shuffle(F.softmax(logits, 1)[:, :64], 8)
        peak = (heat == F.max_pool2d(heat, 5, stride=1, padding=2)) & (heat > _THRESHOLD)
        places = peak[0, 0].nonzero().flip(1).float()
        strength = _sampled(heat, places, "nearest", size) * _sampled(reliability, places, "bilinear", size)
        strongest = strength[:, 0].argsort(descending=True, stable=True)[:_STRONGEST]
        places = places[strongest]
        descriptors = F.normalize(_sampled(F.normalize(maps, dim=1), places, "bicubic", size), dim=1)
    return Keypoints(places.numpy(), descriptors.numpy())


def _sampled(maps: torch.Tensor, places: torch.Tensor, mode: str, size: tuple[int, int]) -> torch.Tensor:
    """Values of (1, channels, ...) maps at pixel positions of a picture of ``size`` (height, width), (n, channels)."""
    import torch
    from torch.nn import functional as F

    grid = 2 * places / torch.tensor([size[1] - 1, size[0] - 1]) - 1
    return F.grid_sample(maps, grid[None, None], mode=mode, align_corners=False)[0, :, 0].T


def matched(first: Keypoints, second: Keypoints) -> int:
    """Mutual nearest neighbours that one homography explains within 3 px; 0 where there are too few to tell."""
    if min(len(first.places), len(second.places)) < _FEWEST:
        return 0
    likeness = first.descriptors @ second.descriptors.T
    forth, back = likeness.argmax(1), likeness.argmax(0)
    mutual = np.flatnonzero(back[forth] == np.arange(len(forth)))
    if len(mutual) < _FEWEST:
        return 0
    cv2.setRNGSeed(0)
    pair = first.places[mutual], second.places[forth[mutual]]
    _, inliers = cv2.findHomography(*pair, cv2.USAC_MAGSAC, _TOLERANCE, maxIters=1000)
    return int(np.count_nonzero(inliers))


def overlap(first: Keypoints, second: Keypoints) -> float:
    """Share of the keypoints of the poorer frame found again in the other, 0-1; NaN where it has too few."""
    fewest = min(len(first.places), len(second.places))
    return matched(first, second) / fewest if fewest >= _FEWEST else float("nan")


def xfeat_distance(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float64]:
    """1 - `overlap` of paired frames, (n,), 0..1; a distance for `forgetting.revisits`.

    Frames without texture share nothing that could be found again: their distance is 1.
    """
    shares = [overlap(keypoints(a), keypoints(b)) for a, b in zip(first, second, strict=True)]
    return 1 - np.nan_to_num(np.asarray(shares, np.float64))


def first_overlap(frame: Frame) -> float | None:
    """Overlap with frame 0, about 8 times a second."""
    clip = frame.clip
    if frame.index == 0 or frame.index % clip.motion_step:
        return None
    anchor = clip.first.feature("xfeat", lambda: keypoints(clip.first.rgb))
    return overlap(anchor, frame.feature("xfeat", lambda: keypoints(frame.rgb)))


FIRST_XFEAT = PerFrame(
    Card(
        "first_xfeat",
        version=1,
        direction="two-sided",
        unit="",
        range=(0, 1),
        group="tier1",
        doc="XFeat keypoints of frame 0 found again",
        formula="inliers of one homography (3 px) / keypoints of the poorer of x_t and x_0, about 8 a second",
        weights=("xfeat",),
        signs=signs("noise - freeze + cut -"),
    ),
    first_overlap,
)
