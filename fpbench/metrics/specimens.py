"""Footage with real detail and known motion, for the battery: a camera sliding over photographs.

They come with scikit-image, so nothing is downloaded. Other footage is as good: ``fpbench battery`` takes any files.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.frame import CameraPath

PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket")
FPS = 8.0
HEIGHT, WIDTH, FRAMES = 64, 96, 9
SLIDES: tuple[dict[str, Any], ...] = (
    {},
    {"step": 3.0, "zoom": 2.0, "left": 60, "top": 20},
    {"step": 1.5, "zoom": 3.0, "left": 0, "top": 0},
)
OUTWARD = 49
"""Frames of the way out of a walk, so that every bin of lags occurs on the way back."""
WALKS: tuple[dict[str, Any], ...] = ({}, {"zoom": 2.0, "left": 60, "top": 20}, {"zoom": 3.0, "left": 0, "top": 0})
FOCAL, STEPS_PER_PIXEL = 1000.0, 2.0


def slide(
    photograph: NDArray[np.uint8],
    *,
    frames: int = FRAMES,
    step: float = 2.0,
    zoom: float = 2.5,
    left: int = 30,
    top: int = 60,
) -> NDArray[np.uint8]:
    """A camera sliding to the right, (frames, 64, 96, 3) uint8.

    Args:
        photograph: (height, width, 3) uint8.
        frames: how many.
        step: pixels a frame.
        zoom: pixels of the photograph per pixel of the clip; it is smoothed as much before.
        left, top: of the first view in the photograph.
    """
    soft = cv2.GaussianBlur(photograph, (0, 0), zoom / 2)
    views = []
    for t in range(frames):
        inverse = np.array([[zoom, 0, left + zoom * step * t], [0, zoom, top]], np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        views.append(cv2.warpAffine(soft, inverse, (WIDTH, HEIGHT), flags=flags))
    return np.stack(views).astype(np.uint8)


def there_and_back(clips: list[NDArray[np.uint8]], step: float = 2.0) -> tuple[list[NDArray[np.uint8]], CameraPath]:
    """Clips continued by their own way back, and the path of their camera, which looks as if it turned a little.

    Args:
        clips: of equal length, sliding by ``step`` pixels a frame.
    """
    frames = len(clips[0])
    slid = step * np.concatenate([np.arange(frames), np.arange(frames - 1)[::-1]])
    poses = np.stack([STEPS_PER_PIXEL * slid, 0 * slid, 0 * slid, -slid / FOCAL], axis=1)
    return [np.concatenate([clip, clip[-2::-1]]) for clip in clips], CameraPath(poses, 1.0, FOCAL)


def specimens(count: int = len(PHOTOGRAPHS) * len(SLIDES)) -> list[NDArray[np.uint8]]:
    """The first ``count`` clips: every photograph in one slide, then every one in the next."""
    from skimage import data

    chosen = list(product(SLIDES, PHOTOGRAPHS))[:count]
    return [slide(np.asarray(getattr(data, name)(), np.uint8), **how) for how, name in chosen]


def walks(count: int = len(PHOTOGRAPHS) * len(WALKS)) -> tuple[list[NDArray[np.uint8]], CameraPath]:
    """The first ``count`` clips that slide out over a photograph and come back, 97 frames each, and their one path."""
    from skimage import data

    chosen = list(product(WALKS, PHOTOGRAPHS))[:count]
    pictures = [(np.asarray(getattr(data, name)(), np.uint8), how) for how, name in chosen]
    outward = [slide(picture, frames=OUTWARD, step=1.0, **how) for picture, how in pictures]
    return there_and_back(outward, step=1.0)
