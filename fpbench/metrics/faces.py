"""Does the person stay the same? Faces found and embedded by dlib, compared with the first face of the clip."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Card, signs
from fpbench.metrics.frame import Frame
from fpbench.metrics.meter import PerClip, PerFrame, Values
from fpbench.weights.faces import FaceNetworks

SIDE, LONGEST = 480, 1920
"""Every frame is resized to this shorter side (or longer one, if that is less), so that size does not decide what is
found: faces wider than a sixth of the shorter side."""
COVERED = 0.5
"""Share of the sampled frames that must show a face."""
WEIGHTS = ("dlib-face-embedding", "dlib-face-landmarks")


class Face(NamedTuple):
    """A face of a frame.

    Attributes:
        width: in pixels of the resized frame. embedding: (128,).
    """

    width: int
    embedding: NDArray[np.float64]


@cache
def _networks() -> FaceNetworks:
    from fpbench.weights.faces import load_faces

    return load_faces()


def resized(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The frame as the detector sees it: bilinear where it grows, area-averaged where it shrinks."""
    height, width = rgb.shape[:2]
    scale = min(SIDE / min(height, width), LONGEST / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR), np.uint8)


def find_faces(rgb: NDArray[np.uint8]) -> list[Face]:
    """Every face that looks at the camera."""
    networks, picture = _networks(), resized(rgb)
    found = []
    for box in networks.detector(picture, 0):
        landmarks = networks.landmarks(picture, box)
        found.append(Face(box.width(), np.array(networks.embedder.compute_face_descriptor(picture, landmarks))))
    return found


def _faces(frame: Frame) -> list[Face]:
    return frame.feature("faces", lambda: find_faces(frame.rgb))


class IdentityMeter:
    """Keeps the embedding of the first face, the widest of its frame, and compares every later frame with it.

    Of several faces the closest counts: the question is whether that person is there, not who else is.
    """

    def __init__(self) -> None:
        self._first: NDArray[np.float64] | None = None
        self._values: list[float] = []
        self._index: list[int] = []

    def update(self, frame: Frame) -> None:
        """Take the next frame; those off the motion grid are not looked at."""
        if not frame.on_grid:
            return
        faces = _faces(frame)
        if self._first is None and faces:
            self._first = max(faces, key=lambda face: face.width).embedding
            return
        first = self._first
        likeness = [] if first is None else [1 - float(np.linalg.norm(face.embedding - first)) for face in faces]
        self._values.append(max(likeness, default=float("nan")))
        self._index.append(frame.index)

    def compute(self) -> Values:
        """A value for every sample but the one of the first face, NaN without a face; all NaN with too few faces."""
        values, index = np.array(self._values, np.float64), np.array(self._index, np.int64)
        own = self._first is not None
        covered = (np.isfinite(values).sum() + own) / max(len(values) + own, 1)
        return (values if covered >= COVERED else np.full_like(values, np.nan)), index


IDENTITY = PerClip(
    Card(
        "identity_dlib",
        version=1,
        direction="up",
        unit="",
        range=(float("-inf"), 1),
        group="faces",
        doc="likeness to the first face (dlib); above 0.4 the same person",
        formula="1 - |e_t - e_0|, e dlib's 128-d embedding, e_0 of the first face, e_t of the closest face of frame t,"
        " about 8 a second; undefined without a face, and for clips with faces in less than half of their samples",
        weights=WEIGHTS,
        sampled="grid",
        signs=signs("noise - darken 0 saturation 0 cut -"),
    ),
    lambda _: IdentityMeter(),
)
"""Another detector and another embedding than VBench-2.0's; values do not compare."""
FACE_COVERAGE = PerFrame(
    Card(
        "face_coverage",
        version=1,
        direction="two-sided",
        unit="",
        range=(0, 1),
        group="faces",
        doc="share of frames with a face (dlib); says what identity_dlib rests on",
        formula="1 if dlib finds a face wider than 1/6 of the shorter side, else 0, about 8 a second",
        weights=WEIGHTS,
        sampled="grid",
        signs=signs("retag 0"),
    ),
    lambda frame: float(bool(_faces(frame))),
)
