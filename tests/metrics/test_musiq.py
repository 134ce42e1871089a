"""pyiqa is not installed for tests (its licence is non-commercial): a network of the same interface stands in."""

import sys
from types import ModuleType

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from fpbench.errors import PreflightError
from fpbench.metrics import catalog, measure, musiq
from fpbench.weights.backends import lacking
from fpbench.weights.musiq import FILE


class Network(torch.nn.Module):
    """Scores a picture by its mean colour and its height; refuses to be asked for pyiqa's download."""

    def __init__(self, num_class, pretrained):
        super().__init__()
        assert (num_class, pretrained) == (1, False)
        self.head = torch.nn.Linear(4, 1)

    def forward(self, picture):
        size = torch.tensor([[picture.shape[2] / 1000]])
        return self.head(torch.cat([picture.mean((2, 3)), size], 1))


@pytest.fixture
def weights(tmp_path, monkeypatch):
    modules = {name: ModuleType(name) for name in ("pyiqa", "pyiqa.archs", "pyiqa.archs.musiq_arch")}
    modules["pyiqa.archs.musiq_arch"].MUSIQ = Network
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr("fpbench.weights.hub.find_spec", lambda name: name)
    monkeypatch.setenv("FPBENCH_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(type(FILE), "expected", lambda self, path: "")
    tensors = {"head.weight": torch.tensor([[10.0, 20.0, 30.0, 5.0]]), "head.bias": torch.tensor([7.0])}
    save_file(tensors, tmp_path / "musiq-spaq.safetensors")
    caches = (lacking, musiq._network)
    for one in caches:
        one.cache_clear()
    yield tmp_path / "musiq-spaq.safetensors"
    for one in caches:
        one.cache_clear()


def test_every_frame_is_scored_by_the_users_weights_and_divided_by_100(weights, rng):
    video = rng.integers(0, 256, (3, 40, 60, 3)).astype(np.uint8)
    colour = video.mean((1, 2)) / 255
    expected = (colour @ [10, 20, 30] + 5 * 0.04 + 7) / 100
    found = measure([video], fps=24, metrics=["clarity_musiq_spaq"])["clarity_musiq_spaq"]
    assert found.index.tolist() == [0, 1, 2]
    assert found.values == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("size", "reduced"), [((480, 832), (295, 512)), ((1024, 300), (512, 150))])
def test_a_large_frame_is_reduced_as_vbench_does(size, reduced, rng):
    """Bilinear at pixel centres written out: without antialiasing every output pixel is a mix of two by two."""
    frame = rng.integers(0, 256, (*size, 3)).astype(np.uint8)
    found = musiq.prepare(frame)
    assert tuple(found.shape) == (1, 3, *reduced)
    places = [
        np.clip((np.arange(n) + 0.5) * full / n - 0.5, 0, full - 1) for n, full in zip(reduced, size, strict=True)
    ]
    low = [np.floor(place).astype(int) for place in places]
    high = [np.minimum(one + 1, full - 1) for one, full in zip(low, size, strict=True)]
    share = [place - one for place, one in zip(places, low, strict=True)]
    rows = frame[low[0]] * (1 - share[0])[:, None, None] + frame[high[0]] * share[0][:, None, None]
    picture = rows[:, low[1]] * (1 - share[1])[:, None] + rows[:, high[1]] * share[1][:, None]
    np.testing.assert_allclose(found[0].permute(1, 2, 0).numpy(), picture / 255, atol=1e-4)


def test_a_small_frame_stays_as_it_is(rng):
    frame = rng.integers(0, 256, (300, 512, 3)).astype(np.uint8)
    np.testing.assert_array_equal((musiq.prepare(frame)[0].permute(1, 2, 0) * 255).round().numpy(), frame)


def test_other_weights_are_refused(weights):
    save_file({"head.weight": torch.zeros(1, 2)}, weights)
    with pytest.raises(PreflightError, match="does not fit MUSIQ: "):
        musiq._network()


def test_without_pyiqa_the_metric_is_skipped_and_the_licence_is_told(monkeypatch):
    monkeypatch.setattr("fpbench.weights.hub.find_spec", lambda name: None)
    lacking.cache_clear()
    reason = catalog.skipped(["clarity_musiq_spaq"], truth=True)["clarity_musiq_spaq"]
    lacking.cache_clear()
    assert "pip install --no-deps pyiqa (non-commercial use only)" in reason
    assert "Noncommercial" in FILE.licence
