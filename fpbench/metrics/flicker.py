"""Flicker: between neighbouring frames, and of the overall brightness."""

from __future__ import annotations

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Frame
from fpbench.metrics.meter import PerFrame


def flicker_mae(frame: Frame) -> float | None:
    """1 - mean absolute difference to the previous frame / 255: VBench's ``temporal_flickering``, exactly.

    The mean over pixels and channels does not depend on the channel order. It measures stillness: a frozen
    clip scores 1, so it is never read without motion.
    """
    return None if frame.step_mae is None else (255.0 - frame.step_mae) / 255.0


def lowfreq_flicker(frame: Frame) -> float | None:
    """Squared second difference of the frame-mean luma, (m[t-1] - 2 m[t] + m[t+1])², in grey levels²."""
    middle, before = frame.back(1), frame.back(2)
    if middle is None or before is None:
        return None
    earlier, now, later = (one.luma_moments[0] for one in (before, middle, frame))
    return (earlier - 2 * now + later) ** 2


FLICKER_MAE = PerFrame(
    Card(
        "flicker_mae",
        version=1,
        direction="up",
        unit="",
        range=(0, 1),
        group="tier0",
        doc="VBench temporal_flickering",
        formula="(255 - mean |x_t - x_(t-1)|) / 255",
        k_min=2,
        signs=signs("blur + noise - darken + flicker - freeze + reverse 0 retag 0"),
    ),
    flicker_mae,
)
LOWFREQ_FLICKER = PerFrame(
    Card(
        "lowfreq_flicker",
        version=1,
        direction="down",
        unit="grey²",
        range=(0, 260100),
        group="tier0",
        doc="second difference of mean luma, squared",
        formula="(m_(t-1) - 2 m_t + m_(t+1))², m the mean of Y",
        k_min=2,
        signs=signs("flicker + freeze - reverse 0 retag 0"),
    ),
    lowfreq_flicker,
    lag=1,
)
