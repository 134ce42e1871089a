"""Graded corruptions of a clip, for catch trials: damage whose presence is a fact, not an opinion.

Every function maps (frames, height, width, 3) uint8 RGB to the same shape; ``strength`` in (0, 1] scales the damage.
Obvious catches use strength 1, mild ones 0.25.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from fpbench.preference.errors import StudyError
from fpbench.preference.study import Grade

Video = NDArray[np.uint8]
STRENGTH: Mapping[Grade, float] = {Grade.OBVIOUS: 1.0, Grade.MILD: 0.25}


def freeze(video: Video, strength: float) -> Video:
    """Hold one frame for the last ``80 % x strength`` of the clip."""
    stop = max(1, round(len(video) * (1 - 0.8 * strength)))
    return video[np.minimum(np.arange(len(video)), stop - 1)]


def stutter(video: Video, strength: float) -> Video:
    """Show only one frame in ``1 + 7 x strength``, held in between."""
    keep = 1 + max(1, round(7 * strength))
    return video[np.arange(len(video)) // keep * keep]


def growing_blur(video: Video, strength: float) -> Video:
    """Gaussian blur growing linearly from nothing to ``6 % x strength`` of the height."""
    from scipy.ndimage import gaussian_filter

    last = 0.06 * strength * video.shape[1]
    widths = np.linspace(0, last, len(video))
    return np.stack(
        [gaussian_filter(frame, (width, width, 0)) for frame, width in zip(video, widths, strict=True)]
    ).astype(np.uint8)


def colour_drift(video: Video, strength: float) -> Video:
    """Red rises and blue falls linearly, by ``45 % x strength`` at the end."""
    change = np.linspace(0, 0.45 * strength, len(video))[:, None, None]
    out = video.astype(np.float32)
    out[..., 0] *= 1 + change
    out[..., 2] *= 1 - change
    return np.clip(np.rint(out), 0, 255).astype(np.uint8)


def shuffled_tail(video: Video, strength: float) -> Video:
    """The last ``70 % x strength`` of the frames in a fixed random order."""
    start = min(len(video) - 2, round(len(video) * (1 - 0.7 * strength)))
    order = np.arange(len(video))
    order[start:] = np.random.default_rng(0).permutation(order[start:])
    return video[order]


CORRUPTIONS: Mapping[str, Callable[[Video, float], Video]] = {
    function.__name__: function for function in (freeze, stutter, growing_blur, colour_drift, shuffled_tail)
}


def corrupt(video: Video, recipe: str) -> Video:
    """Apply a recipe such as ``"freeze:obvious"``, the form kept in a study file.

    Raises:
        StudyError: unknown corruption or grade, or a clip of fewer than two frames.
    """
    name, _, grade = recipe.partition(":")
    if name not in CORRUPTIONS or grade not in set(Grade):
        known = ", ".join(CORRUPTIONS)
        raise StudyError(f"unknown corruption {recipe!r}; use NAME:obvious or NAME:mild with NAME one of {known}")
    if len(video) < 2:
        raise StudyError(f"a clip of {len(video)} frames cannot be corrupted; catch clips need at least 2")
    return CORRUPTIONS[name](video, STRENGTH[Grade(grade)])
