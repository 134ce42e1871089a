"""Footage of world panorama as video files: what training reads."""

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from fpbench.worlds import open_world


def write_clips(folder: Path, frames: int) -> None:
    """Two walks, one turned upright, and one that is too short by half."""
    folder.mkdir()
    world = open_world("panorama")
    films = [world.film(world.task("train", "walk", i, frames=frames)) for i in range(4)]
    _write(folder / "0.mp4", films[0])
    _write(folder / "1.mp4", films[1])
    _write(folder / "upright.mp4", films[2].swapaxes(1, 2))
    _write(folder / "short.mp4", films[3][: frames // 2])


def _write(path: Path, film: NDArray[np.uint8]) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.height, stream.width, stream.pix_fmt = *film.shape[1:3], "yuv420p"
        for picture in film:
            for packet in stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
