"""One frame of a clip with everything derived from it, computed at most once. No metric here."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class CameraPath:
    """Where the camera of a clip was told to go.

    Attributes:
        poses: (frames, 4) float64: x, y, z in world units, heading in radians, counter-clockwise.
        unit: a typical translation per frame in world units.
        focal: horizontal focal length in pixels.
    """

    poses: NDArray[np.float64]
    unit: float
    focal: float


MOTION_RATE = 8.0
"""Frames per second at which motion is judged, as in VBench's dynamic degree."""


_NO_GUESS = np.empty(0, np.float32)


def moments(plane: cv2.typing.MatLike) -> tuple[float, float]:
    """Mean and standard deviation over the pixels of a (height, width) plane; exact for whole numbers."""
    mean, sd = cv2.meanStdDev(plane)
    return float(mean[0, 0]), float(sd[0, 0])


def gradient(luma: NDArray[np.uint8]) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """Responses of the 3x3 Sobel operator along x and y, each (height, width), mirrored at the border."""
    gx, gy = (cv2.Sobel(luma, cv2.CV_16S, dx, dy) for dx, dy in ((1, 0), (0, 1)))
    return np.asarray(gx, np.int16), np.asarray(gy, np.int16)


def squared_length(flow: NDArray[np.float32]) -> NDArray[np.float32]:
    """Squared lengths of the vectors of a (height, width, 2) flow, (height, width)."""
    vectors = np.ascontiguousarray(flow).view(np.complex64)[..., 0]
    return np.asarray(np.square(vectors.real) + np.square(vectors.imag), np.float32)


def mean_difference(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Mean absolute difference over pixels and channels, in grey levels; the sum is exact."""
    return cv2.norm(first, second, cv2.NORM_L1) / first.size


class Clip:
    """What all frames of one clip share.

    Attributes:
        height, width: frame size in pixels.
        fps: playback rate in frames per second.
        truth: (frames, height, width, 3) uint8 true video, or None.
        given: number of leading frames the system was handed; truth metrics skip them.
        camera: where its camera was told to go, or None.
        recent: the last frames seen, newest last; as many as the longest lag needs.
        first: frame 0.
        prompt: what the clip was asked to show, or None.
    """

    def __init__(
        self,
        height: int,
        width: int,
        fps: float,
        truth: NDArray[np.uint8] | None = None,
        given: int = 0,
        camera: CameraPath | None = None,
    ) -> None:
        self.height, self.width, self.fps = height, width, fps
        self.truth, self.given, self.camera = truth, given, camera
        self.recent: deque[Frame] = deque(maxlen=max(2, self.motion_step) + 1)
        self.first: Frame
        self.prompt: str | None = None
        self._shared: dict[object, object] = {}

    @cached_property
    def motion_step(self) -> int:
        """Frames from one sample of the motion grid to the next: max(1, round(fps / 8)), as in VBench."""
        return max(1, round(self.fps / MOTION_RATE))

    @cached_property
    def triple_step(self) -> int:
        """Frames from one triple of neighbours to the next: two samples of the motion grid, an even number."""
        return 2 * self.motion_step

    @cached_property
    def dis(self) -> cv2.DISOpticalFlow:
        """DIS optical flow (Kroeger et al. 2016), ULTRAFAST preset, finest pyramid level at least 32 px high.

        The preset stops at a quarter of the resolution, where a 64-px frame keeps 16 rows and flow errors
        are three times larger; small frames therefore go down one or two levels more. The FAST preset adds a
        variational refinement: on six ViZDoom clips it changes the top-5 % flow by 3 % and `vfi_gain` by less
        than 0.015, and costs 2.3 times as much.
        """
        flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        flow.setFinestScale(int(np.clip(np.log2(max(min(self.height, self.width), 32) / 32), 0, 2)))
        return flow

    def shared(self, key: object, make: Callable[[], T]) -> T:
        """What several metrics of this clip use together, made on first use."""
        if key not in self._shared:
            self._shared[key] = make()
        return cast("T", self._shared[key])

    def add(self, rgb: NDArray[np.uint8], index: int) -> Frame:
        """Append one (height, width, 3) RGB frame and return its view."""
        frame = Frame(rgb, index, self)
        if index == 0:
            self.first = frame
        self.recent.append(frame)
        return frame


class Frame:
    """A frame, its neighbours in the past, and features shared by several metrics.

    Attributes:
        rgb: (height, width, 3) uint8.
        index: position in the clip.
        clip: the clip it belongs to.
    """

    def __init__(self, rgb: NDArray[np.uint8], index: int, clip: Clip) -> None:
        self.rgb, self.index, self.clip = rgb, index, clip
        self._features: dict[object, object] = {}

    def feature(self, key: object, compute: Callable[[], T]) -> T:
        """The feature called ``key``, computed on first use and shared by every metric that asks for it."""
        if key not in self._features:
            self._features[key] = compute()
        return cast("T", self._features[key])

    @cached_property
    def luma(self) -> NDArray[np.uint8]:
        """(height, width) BT.601 luma, 0-255."""
        return np.asarray(cv2.cvtColor(self.rgb, cv2.COLOR_RGB2GRAY), np.uint8)

    @cached_property
    def luma_moments(self) -> tuple[float, float]:
        """Mean and standard deviation of luma, 0-255."""
        return moments(self.luma)

    @cached_property
    def gradient(self) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        """`gradient` of luma."""
        return gradient(self.luma)

    @cached_property
    def step_mae(self) -> float | None:
        """Mean absolute difference to the previous frame, all channels, 0-255; None for frame 0."""
        before = self.back(1)
        return None if before is None else mean_difference(self.rgb, before.rgb)

    @property
    def on_grid(self) -> bool:
        """Whether this frame is a sample of the motion grid."""
        return self.index % self.clip.motion_step == 0

    @property
    def true_rgb(self) -> NDArray[np.uint8] | None:
        """The true frame at this position; None without truth and for frames the system was given."""
        truth = self.clip.truth
        return None if truth is None or self.index < self.clip.given else truth[self.index]

    def back(self, lag: int) -> Frame | None:
        """The frame ``lag`` steps earlier, while this one is the newest; None before the clip's start."""
        recent = self.clip.recent
        return recent[-1 - lag] if lag < len(recent) else None

    def flow(self, lag: int, *, backward: bool = False) -> NDArray[np.float32] | None:
        """Optical flow in pixels, (height, width, 2) as (dx, dy), from the frame ``lag`` earlier to this one.

        With ``backward`` the flow from this frame to the earlier one. None before the clip's start and for
        frames too small for the method (both sides below 12 px).
        """
        before = self.back(lag)
        if before is None or max(self.luma.shape) < 12:
            return None
        pair = (self.luma, before.luma) if backward else (before.luma, self.luma)
        key = ("flow", lag, backward)
        return self.feature(key, lambda: np.asarray(self.clip.dis.calc(*pair, _NO_GUESS), np.float32))
