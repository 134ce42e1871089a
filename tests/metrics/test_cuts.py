import random

import cv2
import numpy as np
import pytest
import torch
from skimage import data

from fpbench.metrics import measure
from fpbench.metrics.cuts import CutMeter
from fpbench.metrics.frame import Clip
from fpbench.weights.transnet import load_transnet


def walk(photograph, frames):
    """A camera sliding over a photograph, at the size the network sees."""
    picture = cv2.resize(getattr(data, photograph)(), (96, 54), interpolation=cv2.INTER_AREA)
    return np.stack([np.roll(picture, -t // 4, axis=1)[:27, :48] for t in range(frames)])


def test_equals_the_packages_own_sliding_window_and_a_splice_is_one_cut():
    spliced = np.concatenate([walk("coffee", 40), walk("rocket", 20)])  # two windows
    expected = load_transnet().predict_frames(torch.from_numpy(spliced), quiet=True)[0].numpy()
    clip, meter = Clip(27, 48, fps=8.0), CutMeter(8.0)
    for index, rgb in enumerate(spliced):
        meter.update(clip.add(rgb, index))
    assert meter.probabilities() == pytest.approx(expected, abs=1e-5)
    values, index = meter.compute()
    assert np.flatnonzero(values).tolist() == [39]
    assert values.mean() == pytest.approx(60 / (60 / 8))  # one in 7.5 seconds
    assert len(index) == 60


def test_a_clip_without_frames_has_no_cuts():
    assert len(measure([], fps=8.0, metrics=["cut_rate"])["cut_rate"].values) == 0
    assert CutMeter(8.0).probabilities().shape == (0,)


def test_loading_leaves_the_random_numbers_and_switches_of_the_caller_alone():
    before, deterministic = torch.random.get_rng_state(), torch.are_deterministic_algorithms_enabled()
    numbers = random.getstate()
    load_transnet()
    assert torch.equal(before, torch.random.get_rng_state())
    assert numbers == random.getstate()
    assert torch.are_deterministic_algorithms_enabled() == deterministic
