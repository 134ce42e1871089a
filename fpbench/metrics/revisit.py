"""Forgetting as metrics: does a view look the same when the camera is back? Pairs and curves are in `forgetting`.

A *revisit* is a pair of frames in one pose that the camera left in between: the first view and the second. Its *lag*
is how many frames lie between, its *error* the distance of the two views, its *baseline* the distance of the second
view to one of another pose; *excess* is error - baseline, *memory* is 1 - error / baseline. A path that is retraced
has a *mirror error* as well. Distances are of features, since pixels forgive no offset of the camera: here those of
`views`, in `revisit_lag` those of LPIPS, by lag.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.forgetting import Pairs, mirror_pairs, other_pose_pairs, revisit_pairs
from fpbench.metrics.frame import CameraPath, Clip, Frame
from fpbench.metrics.meter import Meter, PerClip, Rows, Values, no_values
from fpbench.metrics.views import descriptor, view_distance

APART = 16.0
"""Typical steps that another place is away."""
OTHERS = 8
"""Other views that a second view is compared with."""

Score = Callable[[CameraPath, NDArray[np.float32]], tuple[NDArray[np.float64], Pairs]]
"""From a path and a descriptor of every frame to values and the pairs (first view, second view) they belong to."""


class ViewMeter:
    """Keeps a descriptor of every frame, 640 bytes each, and compares them at the end."""

    def __init__(self, camera: CameraPath, score: Score) -> None:
        self._camera, self._score = camera, score
        self._views = Rows()

    def update(self, frame: Frame) -> None:
        """Take the next frame; only its descriptor is kept."""
        self._views.append(frame.feature("descriptor", lambda: descriptor(frame.rgb)))

    def compute(self) -> Values:
        """A value for every second view, at its frame."""
        values, pairs = self._score(self._camera, self._views.stack())
        return np.asarray(values, np.float64), pairs[:, 1]


def revisit_error(camera: CameraPath, views: NDArray[np.float32]) -> tuple[NDArray[np.float64], Pairs]:
    """Distance between the two views of every revisit."""
    pairs = revisit_pairs(camera.poses)
    return view_distance(views[pairs[:, 0]], views[pairs[:, 1]]), pairs


def revisit_memory(camera: CameraPath, views: NDArray[np.float32]) -> tuple[NDArray[np.float64], Pairs]:
    """1 - error / mean distance of the second view to views of other poses; NaN where all views are alike."""
    error, pairs = revisit_error(camera, views)
    drawn = [
        other_pose_pairs(camera.poses, pairs, apart=APART * camera.unit, seed=seed)[:, 0] for seed in range(OTHERS)
    ]
    base = np.mean([view_distance(views[other], views[pairs[:, 1]]) for other in drawn], axis=0)
    base = np.where((drawn[0] >= 0) & (base > 1e-6), base, np.nan)
    return 1 - error / base, pairs


def mirror_error(camera: CameraPath, views: NDArray[np.float32]) -> tuple[NDArray[np.float64], Pairs]:
    """Distance between frames t and T-1-t of a path that is retraced; empty on other paths."""
    frames = len(views)
    pairs = mirror_pairs(frames)
    retraced = np.allclose(camera.poses[:frames], camera.poses[:frames][::-1], atol=1e-6)
    pairs = pairs if retraced else pairs[:0]
    return view_distance(views[pairs[:, 0]], views[pairs[:, 1]]), pairs


def _on_views(card: Card, score: Score) -> PerClip:
    """A metric of what the camera sees when it comes back; empty where its path is unknown or frames are too small."""

    def meter(clip: Clip) -> Meter:
        if clip.camera is None or min(clip.height, clip.width) < 4:
            return no_values()
        return ViewMeter(clip.camera, score)

    return PerClip(card, meter)


_ERROR = Card(
    "revisit_err",
    version=1,
    direction="down",
    unit="",
    range=(0, 2),
    group="forgetting",
    doc="revisit error: unlikeness of two views of one pose",
    formula="1 - cos(v_t, v_s), v a view's edges and colours, s the last frame in the pose of t before it was left",
    needs=("camera",),
    signs=signs("noise + freeze 0 cut + retag 0"),
)
_MIRROR = replace(
    _ERROR,
    name="mirror_err",
    doc="mirror error: unlikeness of a retraced path's mirrored frames",
    formula="1 - cos(v_t, v_(T-1-t)), T frames, on paths that are walked out and back",
)
_MEMORY = replace(
    _ERROR,
    name="revisit_memory",
    direction="up",
    range=(float("-inf"), 1),
    doc="memory: likeness of two views of one pose, against other poses",
    formula="1 - revisit_err / mean (1 - cos(v_t, v_k)), k earlier frames in other poses; undefined if all agree",
    signs=signs("noise - cut - retag 0"),
)
REVISIT_ERR = _on_views(_ERROR, revisit_error)
REVISIT_MEMORY = _on_views(_MEMORY, revisit_memory)
MIRROR_ERR = _on_views(_MIRROR, mirror_error)
