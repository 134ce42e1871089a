"""VMAF against the true video, by an ffmpeg with libvmaf: what a viewer sees of compression and of scaling."""

from __future__ import annotations

import json
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpbench.errors import FpbenchError
from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Frame
from fpbench.metrics.meter import PerClip, Values

MODEL, SMALLEST = "vmaf_v0.6.1", 32
_LOG = "vmaf.json"


class VmafMeter:
    """Hands frames to the program as they come: each picture with its true one below it, so that one pipe will do."""

    def __init__(self) -> None:
        self._index: list[int] = []
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._program: subprocess.Popen[bytes] | None = None

    def update(self, frame: Frame) -> None:
        """Take the next frame; nothing is kept here."""
        if frame.true_rgb is None or min(frame.rgb.shape[:2]) < SMALLEST:
            return
        if self._program is None:
            self._start(frame.rgb)
        self._index.append(frame.index)
        self._send(np.concatenate([frame.rgb, frame.true_rgb]))

    def compute(self) -> Values:
        """Wait for the program and read its log.

        Raises:
            FpbenchError: the program failed.
        """
        if self._program is None or self._folder is None:
            return np.empty(0), np.empty(0, np.int64)
        self._end()
        if self._program.returncode:
            raise FpbenchError(self._complaint())
        log = json.loads(Path(self._folder.name, _LOG).read_bytes())
        self._folder.cleanup()
        values = [frame["metrics"]["vmaf"] for frame in log["frames"]]
        return np.array(values, np.float64), np.array(self._index, np.int64)

    def _start(self, rgb: NDArray[np.uint8]) -> None:
        from fpbench.weights.vmaf import PROGRAM

        height, width = rgb.shape[:2]
        self._folder = tempfile.TemporaryDirectory()
        halves = "[0]split[a][b];[a]crop=iw:ih/2:0:0,format=yuv420p[x];[b]crop=iw:ih/2:0:ih/2,format=yuv420p[y]"
        compare = f"[x][y]libvmaf=model=version={MODEL}:log_fmt=json:log_path={_LOG}:n_threads=1"
        source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{2 * height}", "-i", "pipe:0"]
        command = [str(PROGRAM.verified()), "-hide_banner", "-loglevel", "error", "-threads", "1", *source]
        with Path(self._folder.name, "stderr").open("wb") as complaints:
            self._program = subprocess.Popen(  # noqa: S603 - a located program, no text of a user's
                [*command, "-lavfi", f"{halves};{compare}", "-f", "null", "-"],
                stdin=subprocess.PIPE,
                stderr=complaints,
                cwd=self._folder.name,
            )

    def _send(self, both: NDArray[np.uint8]) -> None:
        if self._program is None or self._program.stdin is None:
            return
        try:
            self._program.stdin.write(both.tobytes())
            self._program.stdin.flush()
        except BrokenPipeError as error:
            self._end()
            raise FpbenchError(self._complaint()) from error

    def _end(self) -> None:
        if self._program is not None and self._program.stdin is not None:
            with suppress(BrokenPipeError):
                self._program.stdin.close()
            self._program.wait()

    def _complaint(self) -> str:
        lines: list[str] = []
        if self._folder is not None:
            lines = Path(self._folder.name, "stderr").read_text(errors="replace").splitlines()
            self._folder.cleanup()
        return f"vmaf_truth: ffmpeg failed: {lines[-1] if lines else 'no reason given'}"


VMAF_TRUTH = PerClip(
    Card(
        "vmaf_truth",
        version=1,
        direction="up",
        unit="",
        range=(0, 100),
        group="vmaf",
        doc="VMAF against the true video",
        formula=f"libvmaf's {MODEL} of x_t and truth_t, both as yuv420p",
        needs=("truth",),
        weights=("vmaf",),
        signs=signs("blur - noise - reencode - freeze - cut - reverse - retag 0"),
    ),
    lambda _: VmafMeter(),
)
"""Netflix's fusion of detail and motion measures, fitted to viewers of compressed film."""
