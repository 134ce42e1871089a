"""Video files of every kind, good and bad, made with PyAV."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

UPRIGHT = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
QUARTER = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)  # clockwise when played


def write(
    path: Path,
    video: NDArray[np.uint8],
    *,
    codec: str = "ffv1",
    pix_fmt: str = "bgr0",
    fps: int = 8,
    stamps: Sequence[int] | None = None,
) -> Path:
    """Encode a video; ``stamps`` are presentation times in 1/1000 s for a variable rate."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps)
        stream.height, stream.width, stream.pix_fmt = video.shape[1], video.shape[2], pix_fmt
        if stamps is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        container.start_encoding()  # a header even where no frame follows
        for number, picture in enumerate(video):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            if stamps is not None:
                frame.pts, frame.time_base = stamps[number], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_floats(path: Path, video: NDArray[np.float32], pix_fmt: str = "gbrpf32le") -> Path:
    """Store (frames, height, width, 3) floating-point pixels, 0-1, as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("rawvideo", rate=8)
        stream.height, stream.width, stream.pix_fmt = video.shape[1], video.shape[2], pix_fmt
        for picture in video:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format=pix_fmt)))
        container.mux(stream.encode())
    return path


def write_sound(path: Path) -> Path:
    """A file with a sound track and no picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode())
    return path


def turn(path: Path) -> Path:
    """Rewrite the rotation tag of an mp4: a phone held upright."""
    content = path.read_bytes()
    place = content.index(UPRIGHT, content.index(b"tkhd"))
    path.write_bytes(content[:place] + QUARTER + content[place + len(QUARTER) :])
    return path


def cut(path: Path) -> Path:
    """Keep the first half of a file's bytes."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


def moving(frames: int = 8, height: int = 32, width: int = 48, *, seed: int = 0) -> NDArray[np.uint8]:
    """Noise that slides by two pixels a frame."""
    picture = np.random.default_rng(seed).integers(0, 255, (height, width + 2 * frames, 3), np.uint8)
    return np.stack([picture[:, 2 * t : 2 * t + width] for t in range(frames)])


def bad_files(folder: Path) -> set[str]:
    """Files that cannot be scored, of every kind; their names without ending."""
    video = moving()
    cut(write(folder / "cut.mkv", moving(40)))
    (folder / "zero.mp4").write_bytes(b"")
    write(folder / "headonly.mkv", video[:0])
    (folder / "notes.txt").write_text("not a video")
    write_sound(folder / "sound.wav")
    write(folder / "twice.mkv", video)
    write(folder / "twice.avi", video)
    light = video.astype(np.float32) / 255
    light[3, 0, 0] = np.nan
    write_floats(folder / "nan.nut", light)
    (folder / ".hidden").write_bytes(b"")
    return {"cut", "zero", "headonly", "notes", "sound", "twice", "nan"}


def odd_files(folder: Path) -> set[str]:
    """Unusual files that can be scored all the same; their names without ending."""
    video = moving()
    write(folder / "plain.mkv", video)
    write(folder / "one.mkv", video[:1])
    write(folder / "odd.mkv", moving(4, 33, 47))
    write(folder / "vfr.mkv", video, stamps=[0, 100, 400, 500, 800, 900, 1200, 1300])
    write(folder / "deep.mkv", video, pix_fmt="yuv420p10le")
    write(folder / "alpha.mkv", video, pix_fmt="yuva420p")
    turn(write(folder / "phone.mp4", video, codec="libx264", pix_fmt="yuv420p"))
    return {"plain", "one", "odd", "vfr", "deep", "alpha", "phone"}
