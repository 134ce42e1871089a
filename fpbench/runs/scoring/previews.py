"""A browser-playable copy of footage of any length, made while its frames pass by. Masters are ``clips``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from numpy.typing import NDArray

from fpbench.runs.clips import PREVIEW_HEIGHT, QUICK
from fpbench.runs.files import atomic

if TYPE_CHECKING:
    from av.container import OutputContainer

Video = NDArray[np.uint8]


def with_preview(chunks: Iterable[Video], path: Path, fps: float, scratch: Path) -> Iterator[Video]:
    """The chunks as they are, H.264 yuv420p written to ``path`` on the way; memory does not grow with length.

    Odd widths and heights lose a line; frames below ``PREVIEW_HEIGHT`` lines are enlarged. Nothing is left when the
    consumer stops early.

    Args:
        chunks: (n, height, width, 3) uint8 RGB.
        path: of the mp4. fps: playback rate. scratch: folder for the unfinished file.

    Raises:
        DiskFullError: no space left.
    """
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with (
        atomic(path, scratch) as temporary,
        av.open(str(temporary), "w", format="mp4", container_options=options) as out,
    ):
        stream: Any = None
        for chunk in chunks:
            stream = stream or _stream(out, chunk, fps)
            for image in chunk:
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
                resized = frame.reformat(stream.width, stream.height, "yuv420p", interpolation="LANCZOS")
                out.mux(stream.encode(resized))
            yield chunk
        if stream is not None:
            out.mux(stream.encode(None))


def _stream(out: OutputContainer, chunk: Video, fps: float) -> Any:
    height, width = chunk.shape[1:3]
    scale = max(1, -(-PREVIEW_HEIGHT // height))
    options = {**QUICK, "flags": "+bitexact"}
    stream: Any = out.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001), options=options)
    stream.height, stream.width = (max(2, side * scale // 2 * 2) for side in (height, width))
    stream.pix_fmt, stream.codec_context.thread_count = "yuv420p", 1
    return stream
