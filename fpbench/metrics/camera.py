"""Does the camera of a clip go where it was told? Turning is read from the flow; no scene geometry is needed for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Frame
from fpbench.metrics.meter import PerFrame


def turn_of(flow: NDArray[np.float32], focal: float) -> float:
    """Turn of the camera to the left between two frames, in radians, from the flow between them.

    A turn by w moves a point u px right of the centre by w (f + u²/f) wherever it is; moving ahead moves points to both
    sides outwards, by depth. Hence the median over rows, which ignores what is near, and then the mean over columns,
    in which left and right cancel.

    Args:
        flow: (height, width, 2) in px. focal: horizontal focal length in px.
    """
    u = np.arange(flow.shape[1]) - (flow.shape[1] - 1) / 2
    columns = np.median(flow[..., 0], axis=0)
    return float(np.mean(columns / (focal + u * u / focal)))


def turn_err(frame: Frame) -> float | None:
    """|turn seen - turn told| since the last sample of the motion grid, in degrees per 1/8 s."""
    camera, step = frame.clip.camera, frame.clip.motion_step
    if camera is None or frame.index < step or frame.index <= frame.clip.given - 1:
        return None
    flow = frame.flow(step)
    if flow is None:
        return float("nan")
    headings = camera.poses[[frame.index - step, frame.index], 3]
    told = (headings[1] - headings[0] + np.pi) % (2 * np.pi) - np.pi
    seconds = step / frame.clip.fps
    return float(np.degrees(abs(turn_of(flow, camera.focal) - told)) / (8 * seconds))


TURN_ERR = PerFrame(
    Card(
        "turn_err",
        version=1,
        direction="down",
        unit="° per 1/8 s",
        range=(0, float("inf")),
        group="forgetting",
        doc="camera-path adherence: turn seen in the flow against the turn told",
        formula="|mean over columns u of median over rows of F_x / (f + u²/f) - Δheading|",
        needs=("camera",),
        k_min=2,
        sampled="grid",
        signs=signs("freeze + cut +"),
    ),
    turn_err,
)
