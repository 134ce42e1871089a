"""PIQE (Venkatanath et al., NCC 2015): the share of busy blocks that look damaged. Needs no training.

Few busy blocks mean a high value, and mild noise makes blocks busy: read it beside blur and noise.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Frame
from fpbench.metrics.meter import PerFrame

_BLOCK, _SEGMENT = 16, 6
_ACTIVE, _FLAT = 0.1, 0.1
"""Variance from which a block is busy, and standard deviation below which a stretch of its border is flat."""


def _normalised(luma: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Luma stretched to 255, less its local mean, over its local standard deviation plus 1; whole blocks."""
    pad = [(0, -side % _BLOCK) for side in luma.shape]
    stretched = np.round(255.0 * np.pad(luma, pad, mode="symmetric") / luma.max())
    mean, square = (
        cv2.GaussianBlur(one, (7, 7), 7 / 6, borderType=cv2.BORDER_REPLICATE) for one in (stretched, stretched**2)
    )
    return np.asarray((stretched - mean) / (np.sqrt(np.abs(square - mean**2)) + 1), np.float64)


def _blocks(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """The (n, 16, 16) blocks of an image whose sides are multiples of 16."""
    rows, columns = (side // _BLOCK for side in image.shape)
    return image.reshape(rows, _BLOCK, columns, _BLOCK).swapaxes(1, 2).reshape(-1, _BLOCK, _BLOCK)


def _has_flat_border(blocks: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Blocks with six neighbouring border pixels of nearly one value: a trace of coding, (n,)."""
    borders = np.stack([blocks[:, 0], blocks[:, -1], blocks[:, :, 0], blocks[:, :, -1]], axis=1)
    stretches = np.lib.stride_tricks.sliding_window_view(borders, _SEGMENT, axis=2)
    return np.asarray((stretches.std(axis=3, ddof=1) < _FLAT).any(axis=(1, 2)))


def _is_noisy(blocks: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Blocks whose spread exceeds twice its difference to the ratio of centre and surround, (n,).

    As in the authors' release the surround lacks the column right of the centre instead of the centre's second.
    """
    middle = _BLOCK // 2 - 1
    centre = blocks[:, :, middle : middle + 2].reshape(len(blocks), -1).std(axis=1, ddof=1)
    surround = np.delete(blocks, (middle, middle + 2), axis=2).reshape(len(blocks), -1).std(axis=1, ddof=1)
    ratio = np.divide(centre, surround, out=np.zeros_like(centre), where=surround > 0)
    spread = blocks.reshape(len(blocks), -1).std(axis=1, ddof=1)
    return np.asarray(spread > 2 * np.abs(spread - ratio) / np.maximum(spread, ratio))


def piqe(luma: NDArray[np.uint8]) -> float:
    """Perceptual damage of (height, width) luma, 0 (best) to 100; NaN for a black frame."""
    if not luma.any():
        return float("nan")
    blocks = _blocks(_normalised(luma))
    variance = blocks.reshape(len(blocks), -1).var(axis=1, ddof=1)
    busy = variance > _ACTIVE
    blocks, variance = blocks[busy], variance[busy]
    damage = np.sum(_has_flat_border(blocks) * (1 - variance) + _is_noisy(blocks) * variance)
    return float(100 * (damage + 1) / (len(blocks) + 1))


def _value(frame: Frame) -> float | None:
    return None if frame.index % frame.clip.motion_step else piqe(frame.luma)


PIQE = PerFrame(
    Card(
        "piqe",
        version=1,
        direction="down",
        unit="",
        range=(0, 100),
        group="noref",
        doc="PIQE, about 8 frames a second",
        formula="100 (1 + damage of busy 16x16 blocks) / (1 + busy blocks)",
        signs=signs("flicker 0 cut 0 drop 0 reverse 0"),
    ),
    _value,
)
