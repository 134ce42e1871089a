import sys

import numpy as np
import pytest
import torch
import torchvision

from fpbench.metrics import measure
from fpbench.metrics.dists import dists
from fpbench.weights.lpips import trunk


@pytest.fixture
def published(monkeypatch):
    """The authors' own network with its published weights, on the trunk we have."""
    vgg = torchvision.models.vgg16(weights=None)
    state = {f"features.{name.split('.', 1)[1]}": tensor for name, tensor in trunk("vgg").items()}
    assert not vgg.load_state_dict(state, strict=False).unexpected_keys
    monkeypatch.setattr(torchvision.models, "vgg16", lambda pretrained: vgg)
    from DISTS_pytorch.DISTS_pt import DISTS

    model = DISTS(load_weights=False)
    folder = sys.modules["DISTS_pytorch"].__path__[0]
    weights = torch.load(f"{folder}/weights.pt", weights_only=True)
    model.alpha.data, model.beta.data = weights["alpha"], weights["beta"]
    return model


def test_equals_the_authors_network(published, make_pan):
    video = make_pan(4, height=64, width=96)
    first, second = (torch.from_numpy(video[i]).permute(0, 3, 1, 2).float() / 255 for i in ([0, 1], [3, 1]))
    assert dists(video[[0, 1]], video[[3, 1]]) == pytest.approx(published(first, second).detach().numpy(), abs=1e-5)


def test_texture_shifted_by_a_few_pixels_stays_alike_and_another_scene_does_not(make_pan, rng):
    video = make_pan(5)
    other = rng.integers(0, 256, video[:1].shape).astype(np.uint8)
    assert dists(video[:1], video[4:5])[0] < dists(video[:1], other)[0] / 2


def test_large_frames_are_reduced_and_tiny_ones_have_no_value(make_pan):
    video = make_pan(2, height=300, width=450)
    assert 0 < dists(video[:1], video[1:])[0] < 0.5
    assert np.isnan(dists(video[:, :16], video[:, :16])).all()


def test_measured_against_the_truth_every_fourth_frame(clip):
    soft = clip[:9] // 2
    series = measure([soft], fps=8, metrics=["dists_truth"], truth=clip[:9], given=1)["dists_truth"]
    assert series.index.tolist() == [1, 5]
    assert series.values == pytest.approx(dists(soft[[1, 5]], clip[[1, 5]]), abs=1e-5)
