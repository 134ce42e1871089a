"""Smoothness: how well a frame is predicted from its neighbours by DIS flow (VBench does it with AMT-S)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Frame
from fpbench.metrics.meter import PerFrame

NAN = float("nan")
STILL = 0.5
"""Blend error in grey levels below which there is no motion to interpolate."""


@cache
def _places(height: int, width: int) -> NDArray[np.float32]:
    """Coordinates (x, y) of every pixel, (height, width, 2)."""
    return np.ascontiguousarray(np.indices((height, width), np.float32)[::-1].transpose(1, 2, 0))


def targets(flow: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Where a share of every pixel's vector points to: (x, y), (height, width, 2)."""
    return np.asarray(cv2.scaleAdd(flow, share, _places(*flow.shape[:2])), np.float32)


def sample(rgb: NDArray[np.uint8], place: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A (height, width, 3) frame sampled bilinearly at some places (x, y), (height, width, 2); edges extended."""
    four = cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA)  # OpenCV moves four channels in half the time of three
    # one map of pairs, no second map: the stubs do not know that it may be None
    moved = cv2.remap(four, place, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(cv2.cvtColor(moved, cv2.COLOR_RGBA2RGB), np.uint8)


@dataclass(frozen=True, eq=False)
class Triple:
    """Three frames in a row and the outer ones moved half-way to the middle one.

    Attributes:
        before, middle, after: (height, width, 3) uint8.
        forward, backward: flow from ``before`` to ``after`` and back, (height, width, 2) in px.
        origin: where in ``before`` the pixels of ``middle`` come from, x - F/2, (height, width, 2).
        early, late: before(x - F/2) and after(x - B/2), F and B being the flows: two predictions of ``middle``.
    """

    before: NDArray[np.uint8]
    middle: NDArray[np.uint8]
    after: NDArray[np.uint8]
    forward: NDArray[np.float32]
    backward: NDArray[np.float32]

    @cached_property
    def origin(self) -> NDArray[np.float32]:
        return targets(self.forward, -0.5)

    @cached_property
    def early(self) -> NDArray[np.uint8]:
        return sample(self.before, self.origin)

    @cached_property
    def late(self) -> NDArray[np.uint8]:
        return sample(self.after, targets(self.backward, -0.5))


def triple(frame: Frame) -> Triple | None:
    """The triple that ends with this frame; None at most frames and where they are too small for flow.

    Triples start with an even frame, as those of VBench's motion smoothness do, and come about 4 times a second.
    """
    before, middle = frame.back(2), frame.back(1)
    forward, backward = (frame.flow(2), frame.flow(2, backward=True)) if ends_triple(frame) else (None, None)
    if before is None or middle is None or forward is None or backward is None:
        return None
    return frame.feature("triple", lambda: Triple(before.rgb, middle.rgb, frame.rgb, forward, backward))


def ends_triple(frame: Frame) -> bool:
    """Whether a triple is due with this frame."""
    return frame.index > 0 and frame.index % frame.clip.triple_step == 0


def interpolation_errors(three: Triple) -> tuple[float, float]:
    """Errors of the middle frame predicted along the flow, (early + late) / 2, and by the average of its neighbours.

    Returns:
        Mean absolute errors over pixels and channels, in grey levels.
    """
    twice = np.add(three.middle, three.middle, dtype=np.int16)  # sums, not averages: whole numbers
    predictions = ((three.early, three.late), (three.before, three.after))
    along, blend = (
        cv2.norm(np.add(*pair, dtype=np.int16), twice, cv2.NORM_L1) / (2 * twice.size) for pair in predictions
    )
    return along, blend


def _errors(frame: Frame) -> tuple[float, float] | None:
    if not ends_triple(frame):
        return None
    three = triple(frame)
    if three is None:
        return NAN, NAN
    return frame.feature("interpolation", lambda: interpolation_errors(three))


def vfi_dis(frame: Frame) -> float | None:
    """1 - error along the flow / 255, in 0-1. Perfect on a frozen clip and better on a blurred one."""
    errors = _errors(frame)
    return None if errors is None else 1 - errors[0] / 255


def vfi_gain(frame: Frame) -> float | None:
    """1 - error along the flow / error of the plain average: what motion explains, at most 1.

    NaN where the average errs by less than 0.5 grey levels, so that freezing cannot win.
    """
    errors = _errors(frame)
    if errors is None:
        return None
    return 1 - errors[0] / errors[1] if errors[1] >= STILL else NAN


VFI_DIS = PerFrame(
    Card(
        "vfi_dis",
        version=2,
        direction="up",
        unit="",
        range=(0, 1),
        group="tier0",
        doc="odd frames predicted along DIS flow",
        formula="1 - e / 255, e = mean |x_t - average of both neighbours moved half-way along the flow|, t odd",
        k_min=2,
        signs=signs("noise - flicker - darken + freeze + cut - retag 0"),
    ),
    vfi_dis,
    lag=1,
)
VFI_GAIN = PerFrame(
    Card(
        "vfi_gain",
        version=2,
        direction="up",
        unit="",
        range=(float("-inf"), 1),
        group="tier0",
        doc="gain of flow over plain averaging",
        formula="1 - e / e_average, e as in vfi_dis, e_average without the flow; undefined below 0.5 grey levels",
        k_min=2,
        signs=signs("noise - flicker - cut - retag 0"),
    ),
    vfi_gain,
    lag=1,
)
