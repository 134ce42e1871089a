"""What a view looks like, in a form that small camera offsets change little: the feature that revisits are judged by.

Pixel distances are no use there: a few degrees of heading cost them as much as another place.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

CELLS = (3, 4)
ORIENTATIONS, COLOURS = 8, 4
_WEAK = 20.0
"""Gradient length in grey levels per pixel below which a cell counts as flat."""


def descriptor(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A view as a unit vector, (160,): where which edges are, and which colours there are, in equal parts.

    Edges: histograms of 8 orientations over 3x4 cells, weighted by gradient length (Dalal & Triggs 2005, without
    overlapping blocks); colours: joint RGB histogram, 4 bins a channel. Roots of both, which tame large entries
    (Arandjelović & Zisserman 2012).

    Args:
        rgb: (height, width, 3) uint8, both sides at least 4.
    """
    edges, colours = _edges(rgb).ravel(), cv2.calcHist([rgb], [0, 1, 2], None, [COLOURS] * 3, [0, 256] * 3).ravel()
    both = np.concatenate([_unit(np.sqrt(edges)), _unit(np.sqrt(colours))])
    return np.asarray(both / np.float32(np.sqrt(2)), np.float32)


def view_distance(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    """1 - cosine of paired descriptors, (n, dimensions) each: 0 for equal views, about 1 for unrelated ones."""
    squares = np.square(first - second).sum(axis=1, dtype=np.float64)
    return np.asarray(squares / 2, np.float64)  # of unit vectors; exactly 0 for equal ones


def _edges(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(orientations, rows, columns) mean gradient length, relative to the cell's own and to `_WEAK`."""
    luma = cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (0, 0), 1.0)
    gx, gy = (cv2.Sobel(luma, cv2.CV_32F, dx, dy) for dx, dy in ((1, 0), (0, 1)))
    length, angle = cv2.cartToPolar(gx, gy)
    bins = np.mod(angle, np.pi) * np.float32(ORIENTATIONS / np.pi)
    cells = []
    for orientation in range(ORIENTATIONS):
        apart = np.abs(bins - orientation)
        share = np.maximum(0, 1 - np.minimum(apart, ORIENTATIONS - apart))
        cells.append(cv2.resize(length * share, CELLS[::-1], interpolation=cv2.INTER_AREA))
    histogram = np.stack(cells)
    return np.asarray(histogram / (np.linalg.norm(histogram, axis=0) + _WEAK), np.float32)


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean removed and scaled to length 1; zero for a constant vector."""
    centred = vector - vector.mean()
    length = float(np.linalg.norm(centred))
    return np.asarray(centred / np.float32(length) if length > 0 else centred, np.float32)
