import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

from fpbench.errors import PreflightError
from fpbench.metrics import dino as metric
from fpbench.metrics import features, measure
from fpbench.weights import dino as weights

NETWORK = "vit_tiny_patch16_224"


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    found = timm.create_model(NETWORK, pretrained=False, num_classes=0).eval()
    torch.nn.init.normal_(found.pos_embed, std=0.5)  # so that positions matter
    return found


@torch.no_grad()
def test_square_pictures_are_timms_own_forward(model):
    pictures = torch.randn(2, 3, 224, 224)
    torch.testing.assert_close(metric.class_token(model, pictures), model(pictures), atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_wide_pictures_stretch_the_positions_nearly_as_timm_does(model):
    pictures = torch.randn(1, 3, 224, 398)  # 480x854 resized; the last 14 columns are no whole patch
    wide = timm.create_model(NETWORK, pretrained=False, num_classes=0, dynamic_img_size=True).eval()
    wide.load_state_dict(model.state_dict())
    ours, theirs = metric.class_token(model, pictures), wide(pictures[..., :384])
    assert torch.cosine_similarity(ours, theirs) > 0.99
    assert not torch.equal(ours, theirs)  # the release's extra tenth of a patch


def test_subject_consistency_by_its_formula(model, clip, monkeypatch, tmp_path):
    save_file(model.state_dict(), tmp_path / "dino-vit-b-16.safetensors")
    monkeypatch.setenv("FPBENCH_WEIGHTS", str(tmp_path))
    plain = weights.load_dino
    monkeypatch.setattr(weights, "load_dino", lambda: plain(NETWORK))
    features.network.cache_clear()
    found = measure([clip[:4]], fps=8, metrics=["subject_dino"])["subject_dino"]
    features.network.cache_clear()
    pictures = torch.from_numpy(clip[:4]).permute(0, 3, 1, 2).float()
    small = torch.nn.functional.interpolate(pictures, (224, 336), mode="bilinear").round() / 255
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    with torch.no_grad():
        f = metric.class_token(model, (small - mean[:, None, None]) / std[:, None, None]).numpy()
    f /= np.linalg.norm(f, axis=1, keepdims=True)
    expected = (np.maximum(0, (f[1:] * f[:-1]).sum(1)) + np.maximum(0, f[1:] @ f[0])) / 2
    assert found.values == pytest.approx(expected, abs=1e-4)


def test_weights_of_another_network_are_refused(model, monkeypatch, tmp_path):
    save_file(model.state_dict(), tmp_path / "dino-vit-b-16.safetensors")
    monkeypatch.setenv("FPBENCH_WEIGHTS", str(tmp_path))
    with pytest.raises(PreflightError, match="does not fit vit_small_patch16_224"):
        weights.load_dino("vit_small_patch16_224")
