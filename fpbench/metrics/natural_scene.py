"""BRISQUE (Mittal, Moorthy & Bovik, TIP 2012): how far local contrast is from that of natural photographs.

Trained on damaged photographs, not on generated video: read it beside blur and noise. Mild noise may improve it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import gamma

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Frame
from fpbench.metrics.meter import PerFrame

if TYPE_CHECKING:
    from fpbench.weights.brisque import Regression

_SMALLEST = 32
_SHAPES = np.arange(0.2, 10.0005, 0.001)
_RATIOS = gamma(2 / _SHAPES) ** 2 / (gamma(1 / _SHAPES) * gamma(3 / _SHAPES))


@cache
def _regression() -> Regression:
    from fpbench.weights.brisque import load_brisque

    return load_brisque()


def contrast_normalised(luma: NDArray[np.float64]) -> NDArray[np.float64]:
    """Luma in 0..1 less its local mean, over its local standard deviation (Gaussian, σ 7/6, 7 taps, zero border)."""
    mean = cv2.GaussianBlur(luma, (7, 7), 7 / 6, borderType=cv2.BORDER_CONSTANT)
    square = cv2.GaussianBlur(luma * luma, (7, 7), 7 / 6, borderType=cv2.BORDER_CONSTANT)
    return np.asarray((luma - mean) / (np.sqrt(np.abs(square - mean**2)) + 1 / 255), np.float64)


def asymmetric_gaussian(values: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Shape, mean, and left and right scale of an asymmetric generalised Gaussian, fitted by moments.

    The shape is looked up in steps of 0.001 from 0.2 to 10, as in the authors' release.
    """
    left, right = (float(np.sqrt(np.mean(np.square(side)))) for side in (values[values < 0], values[values >= 0]))
    ratio = left / right
    moment = np.mean(np.abs(values)) ** 2 / np.mean(np.square(values))
    wanted = moment * (ratio**3 + 1) * (ratio + 1) / (ratio**2 + 1) ** 2
    shape = float(_SHAPES[np.argmin(np.square(_RATIOS - wanted))])
    spread = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
    return shape, float((right - left) * spread * gamma(2 / shape) / gamma(1 / shape)), left, right


def _one_scale(luma: NDArray[np.float64]) -> list[float]:
    """The 18 features of one scale: the coefficients themselves and their products with four neighbours."""
    own = contrast_normalised(luma)
    shape, _, left, right = asymmetric_gaussian(own)
    features = [shape, (left**2 + right**2) / 2]
    products = (
        own[:, :-1] * own[:, 1:],
        own[:-1] * own[1:],
        own[:-1, :-1] * own[1:, 1:],
        own[1:, :-1] * own[:-1, 1:],
    )
    for product in products:
        shape, mean, left, right = asymmetric_gaussian(product)
        features += [shape, mean, left**2, right**2]
    return features


def brisque_features(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The 36 features of a (height, width, 3) frame, at its own size and at half of it."""
    luma = rgb @ np.array([0.2125, 0.7154, 0.0721]) / 255
    half = cv2.resize(luma, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_CUBIC)
    return np.array(_one_scale(luma) + _one_scale(np.asarray(half, np.float64)))


def brisque(rgb: NDArray[np.uint8]) -> float:
    """Predicted loss of quality of a (height, width, 3) frame, about 0 (best) to 100; NaN for flat or tiny frames."""
    if min(rgb.shape[:2]) < _SMALLEST or np.ptp(rgb) == 0:
        return float("nan")
    return _regression()(brisque_features(rgb))


def _value(frame: Frame) -> float | None:
    return None if frame.index % frame.clip.motion_step else brisque(frame.rgb)


BRISQUE = PerFrame(
    Card(
        "brisque",
        version=1,
        direction="down",
        unit="",
        range=(-20, 150),
        group="noref",
        doc="BRISQUE, about 8 frames a second",
        formula="support vector regression on 36 moments of locally normalised contrast, at two scales",
        weights=("brisque", "brisque-ranges"),
        signs=signs("blur + darken + flicker 0 drop 0 retag 0 reverse 0"),
    ),
    _value,
)
