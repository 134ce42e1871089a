"""Footage with known motion: pans over a real photograph."""

import cv2
import numpy as np
import pytest
from skimage import data


def pan(frames, height=64, width=96, step=2.0, zoom=3.0):
    """A camera sliding right by ``step`` px a frame over a photograph, (frames, height, width, 3) uint8."""
    photo = cv2.GaussianBlur(data.astronaut(), (0, 0), zoom / 2)
    views = []
    for t in range(frames):
        inverse = np.float32([[zoom, 0, 40 + zoom * step * t], [0, zoom, 90]])
        views.append(
            cv2.warpAffine(
                photo,
                inverse,
                (width, height),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REFLECT,
            )
        )
    return np.stack(views)


@pytest.fixture(scope="session")
def clip():
    """24 frames of 96x64 sliding by 2 px a frame."""
    return pan(24)


@pytest.fixture(scope="session")
def make_pan():
    return pan


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.fixture(scope="session")
def photo():
    """A 64x96 luma picture with real detail."""
    return cv2.resize(data.camera(), (96, 64), interpolation=cv2.INTER_AREA)
