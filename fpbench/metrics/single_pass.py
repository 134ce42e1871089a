"""Every metric of a clip in one pass over its frames. Decoding and storing are done elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.errors import FpbenchError
from fpbench.metrics.catalog import find, resolve
from fpbench.metrics.frame import CameraPath, Clip


class ClipError(FpbenchError):
    """Frames that cannot be measured: wrong type, shape, rate, or a truth of another size."""


@dataclass(frozen=True, eq=False)
class Series:
    """One metric along one clip.

    Attributes:
        values: (n,) float64; NaN where the metric is undefined.
        index: (n,) int64, the frame each value belongs to, increasing.
        metric: registered name.
    """

    values: NDArray[np.float64]
    index: NDArray[np.int64]
    metric: str

    @property
    def coverage(self) -> float:
        """Share of values that are defined; 0 for an empty series."""
        return float(np.isfinite(self.values).mean()) if len(self.values) else 0.0

    @property
    def mean(self) -> float:
        """Mean of the defined values; NaN when there is none."""
        defined = self.values[np.isfinite(self.values)]
        return float(defined.mean()) if len(defined) else float("nan")


def measure(
    video_chunks: Iterable[NDArray[np.uint8]],
    *,
    fps: float,
    metrics: Sequence[str],
    truth: NDArray[np.uint8] | None = None,
    given: int = 0,
    prompt: str | None = None,
    camera: CameraPath | None = None,
) -> dict[str, Series]:
    """Measure a clip once, holding one chunk and the few frames the longest lag needs.

    Single-threaded: values do not depend on the machine's cores, and clips can be measured in parallel.
    Metrics that need a truth or a camera path return empty series without one.

    Args:
        video_chunks: arrays (n, height, width, 3) uint8 RGB, n free, in playback order.
        fps: playback rate in frames per second.
        metrics: names of metrics and groups.
        truth: (frames, height, width, 3) uint8 true video, as long as the clip.
        given: leading frames the system was handed; truth metrics skip them.
        prompt: what the clip was asked to show; metrics of the prompt return empty series without one.
        camera: where the camera was told to go, a pose for every frame.

    Returns:
        A series for each metric asked for, in that order.

    Raises:
        ClipError: a chunk is no uint8 RGB video, frames change size, or truth or camera path do not fit.
        UnknownNameError: no such metric or group.
    """
    names = resolve(metrics)
    if not fps > 0:
        raise ClipError(f"frame rate {fps}: must be positive")
    frames = _frames(video_chunks)
    first = next(frames, None)
    if first is None:
        return {name: Series(np.empty(0), np.empty(0, np.int64), name) for name in names}
    clip = Clip(first.shape[0], first.shape[1], fps, truth, given, camera)
    _check_truth(clip, truth)
    clip.prompt = prompt
    meters = {name: find(name).meter(clip) for name in names}
    with _one_thread():
        for index, rgb in enumerate(_chain(first, frames)):
            _check_frame(clip, rgb, index)
            frame = clip.add(rgb, index)
            for meter in meters.values():
                meter.update(frame)
        _check_length(index + 1, clip)
        return {name: Series(*meter.compute(), name) for name, meter in meters.items()}


def _chain(first: NDArray[np.uint8], rest: Iterator[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    yield first
    yield from rest


def _frames(chunks: Iterable[NDArray[np.uint8]]) -> Iterator[NDArray[np.uint8]]:
    for number, chunk in enumerate(chunks):
        if chunk.ndim != 4 or chunk.shape[3] != 3 or chunk.dtype != np.uint8:
            raise ClipError(
                f"chunk {number}: {chunk.dtype} array of shape {chunk.shape}; expected uint8 (frames, height, width, 3)"
            )
        yield from chunk


def _check_frame(clip: Clip, rgb: NDArray[np.uint8], index: int) -> None:
    if rgb.shape[:2] != (clip.height, clip.width):
        raise ClipError(f"frame {index} is {rgb.shape[1]}x{rgb.shape[0]}, the first was {clip.width}x{clip.height}")
    if clip.truth is not None and index >= len(clip.truth):
        raise ClipError(f"the clip goes on after the {len(clip.truth)} frames of its true video")
    if clip.camera is not None and index >= len(clip.camera.poses):
        raise ClipError(f"the clip goes on after the {len(clip.camera.poses)} poses of its camera")


def _check_truth(clip: Clip, truth: NDArray[np.uint8] | None) -> None:
    size = (clip.height, clip.width, 3)
    if truth is not None and (truth.dtype != np.uint8 or truth.shape[1:] != size):
        raise ClipError(f"true video: {truth.dtype} {truth.shape}; the clip is uint8 (frames, *{size})")


def _check_length(frames: int, clip: Clip) -> None:
    if clip.truth is not None and frames != len(clip.truth):
        raise ClipError(f"the clip has {frames} frames, its true video {len(clip.truth)}")
    if clip.camera is not None and frames != len(clip.camera.poses):
        raise ClipError(f"the clip has {frames} frames, its camera path {len(clip.camera.poses)} poses")


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
