import cv2
import numpy as np
import pytest

from fpbench.metrics import measure
from fpbench.metrics.forgetting import revisit_pairs
from fpbench.metrics.specimens import FPS, specimens, there_and_back
from fpbench.metrics.views import descriptor, view_distance

NAMES = ["revisit_err", "revisit_memory", "mirror_err"]


@pytest.fixture(scope="module")
def walk():
    """A slide out and back, and its path."""
    clips, camera = there_and_back(specimens(2))
    return clips, camera


def forgetting(video, camera, chunks=1):
    return measure(np.array_split(video, chunks), fps=FPS, metrics=NAMES, camera=camera)


def test_a_perfect_return_is_remembered_and_a_strange_one_is_not(walk):
    (video, other), camera = walk
    perfect = forgetting(video, camera)
    half = len(video) // 2
    strange = forgetting(np.concatenate([video[: half + 1], other[half + 1 :]]), camera)
    assert perfect["revisit_err"].mean == perfect["mirror_err"].mean == 0
    assert perfect["revisit_memory"].mean == 1
    assert strange["revisit_memory"].mean < 0.2
    assert strange["revisit_err"].mean > 0.3


def test_values_belong_to_second_views_with_growing_lag(walk):
    (video, _), camera = walk
    found = forgetting(video, camera, chunks=5)
    seconds = revisit_pairs(camera.poses)[:, 1]
    for name in ("revisit_err", "revisit_memory", "mirror_err"):
        assert found[name].index.tolist() == seconds.tolist() == list(range(9, 17))
    assert found["revisit_memory"].coverage == 1


def test_a_frozen_clip_has_no_memory_to_speak_of(walk):
    (video, _), camera = walk
    frozen = forgetting(np.repeat(video[:1], len(video), axis=0), camera)
    assert frozen["revisit_memory"].coverage == 0
    assert frozen["revisit_err"].mean == 0


def test_mirror_error_is_for_retraced_paths_only(walk):
    (video, _), camera = walk
    onward = measure([video[:9]], fps=FPS, metrics=NAMES, camera=type(camera)(camera.poses[:9], 1.0, 1.0))
    assert [len(onward[name].values) for name in ("mirror_err", "revisit_err", "revisit_memory")] == [0, 0, 0]


def test_a_view_is_known_again_after_an_offset_that_ruins_its_pixels(make_pan):
    """A few degrees off, at another exposure: nearer than another photograph, which squared error does not see."""
    first, second = specimens(2)
    off = np.clip(1.4 * first[4].astype(float), 0, 255).astype(np.uint8)  # 8 px further
    same, strange = (view_distance(descriptor(first[0])[None], descriptor(view)[None])[0] for view in (off, second[0]))
    assert same < 0.5 * strange
    assert view_distance(descriptor(first[0])[None], descriptor(first[0])[None])[0] == 0


@pytest.mark.parametrize("shape", [(4, 4), (5, 9), (64, 96), (480, 832)])
def test_descriptors_are_unit_vectors_at_any_size(rng, shape):
    view = descriptor(rng.integers(0, 256, (*shape, 3), dtype=np.uint8))
    assert view.shape == (160,)
    assert np.linalg.norm(view) == pytest.approx(1, abs=1e-5)
    assert np.isfinite(descriptor(np.full((*shape, 3), 7, np.uint8))).all()


def test_half_the_size_is_the_same_view():
    view = cv2.resize(specimens(1)[0][0], (384, 256), interpolation=cv2.INTER_CUBIC)
    small = cv2.resize(view, (192, 128), interpolation=cv2.INTER_AREA)
    assert view_distance(descriptor(view)[None], descriptor(small)[None])[0] < 0.1
