"""Anybody's video files: what they are, and their frames in chunks. What is measured on them is elsewhere.

Policies: frames are taken as they are, at their own size and number; the rate is the mean rate of the time stamps;
rotation tags are obeyed; more than 8 bits are reduced to 8 and an alpha channel is dropped, both by ffmpeg.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.single_pass import ClipError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_FLOATS = re.compile(r"f(16|32)(le|be)$")
"""Pixel formats of floating-point numbers: bits and byte order."""
_JITTER = 0.1
_LOST = 0.02


@dataclass(frozen=True)
class Footage:
    """Facts about a video file, read without decoding it.

    Attributes:
        path: the file.
        width, height: of the coded picture, before rotation.
        fps: mean frames per second by the time stamps; the container's word where there are fewer than two.
        variable_rate: whether intervals differ from their median by more than 10 %.
        frames: coded frames in the file.
        declared: frames the header promises, by count or by duration; 0 where it says nothing.
        pixel_format: ffmpeg's name, such as "yuv420p10le".
    """

    path: Path
    width: int
    height: int
    fps: float
    variable_rate: bool
    frames: int
    declared: int
    pixel_format: str


def probe(path: Path) -> Footage:
    """Read the facts of a video file.

    Raises:
        ClipError: not a video, no video stream, no frames, or no frame rate.
    """
    try:
        with av.open(str(path), "r") as container:
            if not container.streams.video:
                raise ClipError(f"{path}: no video stream")
            facts = _read(path, container, container.streams.video[0])
    except (av.FFmpegError, OSError) as error:
        raise ClipError(f"{path}: not a video that can be read ({error.strerror or error})") from error
    if not facts.frames:
        raise ClipError(f"{path}: no frames")
    if not facts.fps:
        raise ClipError(f"{path}: no frame rate; give one by re-encoding")
    return facts


def _read(path: Path, container: InputContainer, stream: VideoStream) -> Footage:
    times = [packet.pts for packet in container.demux(stream) if packet.size]  # the packets themselves are not kept
    stamps = sorted(time * (stream.time_base or Fraction(0)) for time in times if time is not None)
    fps, variable = _rate(stamps, stream.average_rate)
    promised = stream.frames or round(fps * _duration(container, stream))
    shape, pixels = (stream.codec_context.width, stream.codec_context.height), stream.codec_context.pix_fmt
    return Footage(path, *shape, fps, variable, len(times), promised, pixels or "unknown")


def _duration(container: InputContainer, stream: VideoStream) -> float:
    """Seconds of picture the header promises; 0 where it does not say, or speaks for a sound track too."""
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    alone = len(container.streams) == 1 and container.duration is not None
    return float((container.duration or 0) / av.time_base) if alone else 0.0


def _rate(stamps: list[Fraction], declared: Fraction | None) -> tuple[float, bool]:
    """Mean rate of sorted time stamps in seconds and whether it varies; the declared rate without two stamps."""
    gaps = np.array([float(later - earlier) for earlier, later in pairwise(stamps)])
    if not len(gaps) or not gaps.sum() > 0:
        return float(declared or 0), False
    typical = float(np.median(gaps))
    return float(len(gaps) / gaps.sum()), bool(np.any(np.abs(gaps - typical) > _JITTER * typical))


def remarks(footage: Footage, frames: int, size: tuple[int, int]) -> list[str]:
    """What is unusual about a file that could be measured all the same, and what was done about it.

    Args:
        footage: its facts. frames: how many were decoded. size: (height, width) of the decoded picture.
    """
    picture = av.VideoFormat(footage.pixel_format) if footage.pixel_format != "unknown" else None
    parts = picture.components if picture else ()
    found = {
        "a single frame: nothing that needs motion is defined": frames == 1,
        "variable frame rate: its mean is used": footage.variable_rate,
        "odd width or height": bool(size[0] % 2 or size[1] % 2),
        "rotated as its tag says": size != (footage.height, footage.width),
        "more than 8 bits reduced to 8": any(part.bits > 8 for part in parts),
        "alpha channel dropped": any(part.is_alpha for part in parts),
    }
    return [remark for remark, holds in found.items() if holds]


def _check_numbers(path: Path, frame: av.VideoFrame, number: int) -> None:
    """Refuse NaN and infinity, which conversion to 8 bits would turn into some grey level without a word."""
    kind = _FLOATS.search(frame.format.name)
    if kind is None:
        return
    dtype = np.dtype(f"{'>' if kind[2] == 'be' else '<'}f{int(kind[1]) // 8}")
    packed = len(frame.format.components) if len(frame.planes) == 1 else 1
    for plane in frame.planes:
        rows = np.frombuffer(bytes(plane), np.uint8).reshape(plane.height, plane.line_size).view(dtype)
        if not np.isfinite(rows[:, : packed * plane.width]).all():
            raise ClipError(f"{path}: frame {number} has pixels that are no numbers (NaN or infinite); render it again")


def read_chunks(footage: Footage, *, size: int = 8) -> Iterator[NDArray[np.uint8]]:
    """Decode a file once, front to back, in chunks of at most ``size`` frames, (n, height, width, 3) uint8 RGB.

    Raises:
        ClipError: decoding fails, ends more than 2 % short of what the header promises, or a pixel is no number.
    """
    count = 0
    frames: list[NDArray[np.uint8]] = []
    try:
        with av.open(str(footage.path), "r") as container:
            for frame in container.decode(video=0):
                _check_numbers(footage.path, frame, count)
                picture = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90) % 4)
                if frames and (len(frames) == size or picture.shape != frames[0].shape):
                    yield np.stack(frames)
                    frames = []
                frames.append(picture.astype(np.uint8, copy=False))
                count += 1
    except (av.FFmpegError, OSError) as error:
        raise ClipError(f"{footage.path}: decoding failed after {count} frames ({error.strerror or error})") from error
    if frames:
        yield np.stack(frames)
    promised = max(footage.frames, footage.declared)
    if count < promised - max(2, _LOST * promised):
        raise ClipError(f"{footage.path}: truncated: {count} of {promised} frames could be decoded")
