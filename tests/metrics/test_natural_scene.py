import sys
import warnings
from types import ModuleType

import cv2
import numpy as np
import pytest
from skimage import data

from fpbench.metrics.natural_scene import brisque, brisque_features
from fpbench.weights.brisque import Regression, load_brisque


@pytest.fixture
def published(monkeypatch):
    """The package's own feature code; the library of its regression is not needed for that."""
    libsvm = ModuleType("libsvm")
    libsvm.svmutil = ModuleType("libsvm.svmutil")
    monkeypatch.setitem(sys.modules, "libsvm", libsvm)
    monkeypatch.setitem(sys.modules, "libsvm.svmutil", libsvm.svmutil)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from brisque.brisque import BRISQUE
    return object.__new__(BRISQUE)


def test_features_equal_the_packages(published):
    rgb = data.astronaut()[:128, :160]
    luma = rgb @ np.array([0.2125, 0.7154, 0.0721]) / 255
    half = cv2.resize(luma, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_CUBIC)
    scales = [published.calculate_brisque_features(one, 7, 7 / 6) for one in (luma, half)]
    theirs = np.array([float(np.ravel(value)[0]) for value in np.concatenate(scales)])
    # The package solves for the shape, the original release and we look it up in steps of 0.001.
    assert brisque_features(rgb) == pytest.approx(theirs, rel=2e-3, abs=2e-3)


def test_the_regression_is_the_published_one_written_out_by_hand():
    model = load_brisque()
    assert model.vectors.shape == (770, 36)
    assert model.weights.sum() == pytest.approx(0, abs=1e-6)  # the constraint of every support vector regression
    small = Regression(np.array([[0.0, 0], [1, 1]]), np.array([2.0, -3]), 0.5, -10, np.zeros(2), np.full(2, 2.0))
    assert small(np.array([2.0, 1.0])) == pytest.approx(2 * np.exp(-0.5) - 3 * np.exp(-0.5) + 10)


def test_damage_raises_it_on_photographs():
    for name in ("astronaut", "coffee", "rocket"):
        photo = getattr(data, name)()[:256, :256]
        clean = brisque(photo)
        assert brisque(cv2.GaussianBlur(photo, (0, 0), 3)) > clean + 20
        rng = np.random.default_rng(0)
        assert brisque(np.clip(photo + rng.normal(0, 40, photo.shape), 0, 255).astype(np.uint8)) > clean + 20


def test_flat_and_tiny_frames_have_no_value():
    assert np.isnan(brisque(np.full((64, 64, 3), 7, np.uint8)))
    assert np.isnan(brisque(data.astronaut()[:16, :16]))
