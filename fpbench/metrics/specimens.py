"""Footage with real detail and known motion, for the battery: a camera sliding over photographs.

They come with scikit-image, so nothing is downloaded. Other footage is as good: ``fpbench battery`` takes any files.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket")
FPS = 8.0
HEIGHT, WIDTH, FRAMES = 64, 96, 9


def slide(
    photograph: NDArray[np.uint8], *, frames: int = FRAMES, step: float = 2.0, zoom: float = 2.5
) -> NDArray[np.uint8]:
    """A camera sliding to the right, (frames, 64, 96, 3) uint8.

    Args:
        photograph: (height, width, 3) uint8.
        frames: how many.
        step: pixels a frame.
        zoom: pixels of the photograph per pixel of the clip; it is smoothed as much before.
    """
    soft = cv2.GaussianBlur(photograph, (0, 0), zoom / 2)
    views = []
    for t in range(frames):
        inverse = np.array([[zoom, 0, 30 + zoom * step * t], [0, zoom, 60]], np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        views.append(cv2.warpAffine(soft, inverse, (WIDTH, HEIGHT), flags=flags))
    return np.stack(views).astype(np.uint8)


def specimens(count: int = len(PHOTOGRAPHS)) -> list[NDArray[np.uint8]]:
    """The first ``count`` clips, each of another photograph."""
    from skimage import data

    return [slide(np.asarray(getattr(data, name)(), np.uint8)) for name in PHOTOGRAPHS[:count]]
