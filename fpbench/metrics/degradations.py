"""Controlled damage to a video: what a metric is confronted with before it may be trusted."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

Video = NDArray[np.uint8]


@dataclass(frozen=True)
class Degradation:
    """A change made to a whole video.

    Attributes:
        apply: (video, seeded generator) -> video; both (frames, height, width, 3) uint8.
        doc: what it does, with its strength.
        aligned: whether frame t still belongs to frame t of the original at the same size.
        fps_factor: by what the frame rate tag is multiplied.
    """

    apply: Callable[[Video, np.random.Generator], Video]
    doc: str
    aligned: bool = True
    fps_factor: float = 1.0


def _clip(values: NDArray[np.floating]) -> Video:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def blur(video: Video, _: np.random.Generator) -> Video:
    """Gaussian blur of 1 px."""
    return np.stack([cv2.GaussianBlur(frame, (0, 0), 1.0) for frame in video]).astype(np.uint8)


def noise(video: Video, rng: np.random.Generator) -> Video:
    """Independent Gaussian noise of 8 grey levels in every channel."""
    return np.stack([_clip(frame + rng.normal(0, 8, frame.shape)) for frame in video])


def exposure(video: Video, _: np.random.Generator) -> Video:
    """Every value times 1.4, clipped at white."""
    return _clip(video * np.float32(1.4))


def darken(video: Video, _: np.random.Generator) -> Video:
    """Every value times 0.6."""
    return _clip(video * np.float32(0.6))


def saturation(video: Video, _: np.random.Generator) -> Video:
    """Distance of every pixel to its own luma times 1.5."""
    luma = video @ np.array([0.299, 0.587, 0.114], np.float32)
    return _clip(luma[..., None] + np.float32(1.5) * (video - luma[..., None]))


def flicker(video: Video, _: np.random.Generator) -> Video:
    """Every other frame 6 grey levels brighter."""
    return _clip(video + 6.0 * (np.arange(len(video)) % 2)[:, None, None, None])


def freeze(video: Video, _: np.random.Generator) -> Video:
    """The first frame all along."""
    return np.asarray(np.repeat(video[:1], len(video), axis=0), np.uint8)


def cut(video: Video, _: np.random.Generator) -> Video:
    """The second half mirrored left to right: one hard cut in the middle."""
    half = len(video) // 2
    return np.asarray(np.concatenate([video[:half], video[half:, :, ::-1]]), np.uint8)


def drop(video: Video, _: np.random.Generator) -> Video:
    """Every fourth frame missing."""
    return np.asarray(video[np.arange(len(video)) % 4 != 3], np.uint8)


def half_size(video: Video, _: np.random.Generator) -> Video:
    """Half the width and height, area-averaged."""
    size = (video.shape[2] // 2, video.shape[1] // 2)
    return np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in video]).astype(np.uint8)


def reverse(video: Video, _: np.random.Generator) -> Video:
    """Played backwards."""
    return video[::-1]


def retag(video: Video, _: np.random.Generator) -> Video:
    """The same frames declared to run twice as fast."""
    return video


def reencode(video: Video, _: np.random.Generator) -> Video:
    """H.264 at CRF 28 and back, at even width and height."""
    import av

    even = video[:, : video.shape[1] // 2 * 2, : video.shape[2] // 2 * 2]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        # x264's macroblock tree reads memory it did not write: without it the same frames give the same bytes
        options = {"crf": "28", "threads": "1", "x264-params": "mbtree=0"}
        stream = container.add_stream("libx264", rate=Fraction(24), options=options)
        stream.height, stream.width, stream.pix_fmt = even.shape[1], even.shape[2], "yuv420p"
        for frame in even:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        container.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer, "r") as coded:
        decoded = [frame.to_ndarray(format="rgb24") for frame in coded.decode(video=0)]
    damaged = video.copy()
    damaged[:, : even.shape[1], : even.shape[2]] = np.stack(decoded)
    return damaged


DEGRADATIONS: dict[str, Degradation] = {
    "blur": Degradation(blur, "Gaussian blur, 1 px"),
    "noise": Degradation(noise, "Gaussian noise, 8 grey levels"),
    "exposure": Degradation(exposure, "values times 1.4, clipped"),
    "darken": Degradation(darken, "values times 0.6"),
    "saturation": Degradation(saturation, "chroma times 1.5"),
    "flicker": Degradation(flicker, "every other frame 6 grey levels brighter"),
    "freeze": Degradation(freeze, "first frame repeated"),
    "cut": Degradation(cut, "second half mirrored"),
    "drop": Degradation(drop, "every fourth frame missing", aligned=False),
    "reencode": Degradation(reencode, "H.264, CRF 28"),
    "retag": Degradation(retag, "frame rate tag doubled", fps_factor=2.0),
    "half_size": Degradation(half_size, "half the width and height", aligned=False),
    "reverse": Degradation(reverse, "played backwards"),
}
