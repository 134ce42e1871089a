"""Clips on disk: a lossless master for measuring and a small H.264 copy for browsers. No metric, no schedule."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from fpbench.errors import FpbenchError
from fpbench.runs.files import atomic, write_atomic
from fpbench.runs.store import Store

PREVIEW_HEIGHT = 256
"""Smallest preview height in pixels: a 64-line video is enlarged four times to be watchable."""

MASTER_CODEC = "ffv1"

QUICK = {"preset": "superfast", "crf": "22"}
"""x264 for previews that stay here: 4 % larger and 0.3 dB worse than ``veryfast`` at crf 20, in half the time."""

Video = NDArray[np.uint8]


class ClipError(FpbenchError):
    """A clip that cannot be decoded to what its facts promise."""


def _encode(path: Path, video: Video, fps: float, *, container: str, codec: str, **how: Any) -> None:
    scale: int = how.pop("scale")
    height, width = video.shape[1] * scale, video.shape[2] * scale
    flags = {"fflags": "+bitexact", **how.pop("container_options", {})}
    with av.open(str(path), "w", format=container, container_options=flags) as out:
        stream: Any = out.add_stream(codec, rate=Fraction(fps).limit_denominator(1001), options=how["options"])
        stream.width, stream.height, stream.pix_fmt = width, height, how["pix_fmt"]
        stream.codec_context.thread_count = 1
        for image in video:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            if scale > 1:
                frame = frame.reformat(width=width, height=height, format=how["pix_fmt"], interpolation="LANCZOS")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def write_master(path: Path, video: Video, fps: float, scratch: Path) -> None:
    """Lossless FFV1 in Matroska, the same bytes for the same frames.

    Args:
        video: (frames, height, width, 3) uint8 RGB.
        fps: playback rate in frames per second.

    Raises:
        DiskFullError: no space left.
    """
    options = {"flags": "+bitexact", "level": "3", "g": "1", "slicecrc": "1"}
    with atomic(path, scratch) as temporary:
        _encode(
            temporary,
            video,
            fps,
            container="matroska",
            codec=MASTER_CODEC,
            pix_fmt="bgr0",
            scale=1,
            options=options,
        )


def write_preview(
    path: Path, video: Video, fps: float, scratch: Path, *, height: int | None = None, x264: Mapping[str, str] = QUICK
) -> None:
    """H.264 yuv420p mp4 that every browser plays; arguments as above.

    Args:
        height: lines the picture is enlarged to at least, ``PREVIEW_HEIGHT`` by default.
        x264: options of the encoder.
    """
    scale = max(1, -(-(height or PREVIEW_HEIGHT) // video.shape[1]))
    faststart = {"movflags": "+faststart"}
    even = video[:, : video.shape[1] // 2 * 2, : video.shape[2] // 2 * 2] if scale == 1 else video
    with atomic(path, scratch) as temporary:
        _encode(
            temporary,
            even,
            fps,
            container="mp4",
            codec="libx264",
            pix_fmt="yuv420p",
            scale=scale + scale % 2 if scale > 1 else 1,
            options={**x264, "flags": "+bitexact"},
            container_options=faststart,
        )


def save_clip(store: Store, clip: str, video: Video, fps: float, facts: Mapping[str, object]) -> None:
    """Store a clip: master, preview, then its facts, whose presence declares it complete."""
    write_master(store.clip(clip), video, fps, store.scratch)
    write_preview(store.preview(clip), video, fps, store.scratch)
    shape = {"frames": len(video), "height": video.shape[1], "width": video.shape[2], "fps": fps}
    pixels = hashlib.sha256(np.ascontiguousarray(video).tobytes()).hexdigest()
    text = json.dumps({"clip": clip, **shape, "pixels_sha256": pixels, **facts}, indent=1)
    write_atomic(store.facts(clip), text.encode(), store.scratch)


def read_frames(path: Path, *, chunk: int = 64) -> Iterator[Video]:
    """Decode a video once, front to back, in chunks of at most ``chunk`` frames, (n, height, width, 3) uint8 RGB.

    Raises:
        ClipError: missing, truncated or not a video.
    """
    try:
        with av.open(str(path)) as source:
            frames: list[NDArray[np.uint8]] = []
            for frame in source.decode(video=0):
                frames.append(_rgb(frame))
                if len(frames) == chunk:
                    yield np.stack(frames)
                    frames = []
            if frames:
                yield np.stack(frames)
    except (av.FFmpegError, IndexError, OSError) as error:
        raise ClipError(f"{path}: cannot be decoded ({error}); delete it and run again to make it anew") from error


def _rgb(frame: av.VideoFrame) -> Video:
    return frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)


def load_facts(store: Store, clip: str) -> dict[str, Any]:
    """What was stored about a clip: frames, height, width, fps, system, task, seed, generation_order if special.

    Raises:
        ClipError: missing or damaged.
    """
    path = store.facts(clip)
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ClipError(f"{path}: unreadable ({error}); delete it and run again to make it anew") from error
    return facts


def load_clip(store: Store, clip: str) -> Iterator[Video]:
    """``read_frames`` of a stored clip, checked against the number of frames in its facts.

    Raises:
        ClipError: undecodable, or fewer or more frames than promised.
    """
    path, seen = store.clip(clip), 0
    for part in read_frames(path):
        seen += len(part)
        yield part
    promised = load_facts(store, clip)["frames"]
    if seen != promised:
        raise ClipError(f"{path}: has {seen} frames, {promised} expected; delete it and run again to make it anew")


def frames_at(path: Path, positions: Sequence[int]) -> Video:
    """The frames of a clip at some positions, (len(positions), height, width, 3) uint8 RGB.

    Masters consist of key frames only, so of them nothing else is decoded.

    Raises:
        ClipError: undecodable, or shorter than a position asks for.
    """
    wanted, found = set(positions), dict[int, Video]()
    try:
        with av.open(str(path)) as source:
            codec = source.streams.video[0].codec_context
            codec.thread_count = 1  # threads would delay a frame to the next packet
            if codec.name == MASTER_CODEC:
                for position, packet in enumerate(source.demux(video=0)):
                    if position in wanted and packet.size:  # the last packet is empty
                        found[position] = _rgb(packet.decode()[0])
            else:
                decoded = enumerate(source.decode(video=0))
                found = {position: _rgb(frame) for position, frame in decoded if position in wanted}
    except (av.FFmpegError, IndexError, OSError) as error:
        raise ClipError(f"{path}: cannot be decoded ({error}); delete it and run again to make it anew") from error
    if missing := wanted - found.keys():
        raise ClipError(f"{path}: has no frame {min(missing)}; delete it and run again to make it anew")
    return np.stack([found[position] for position in positions])
