"""A small VideoMAE with random weights: which numbers they are does not decide whether the arithmetic is right."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from transformers import VideoMAEConfig, VideoMAEForVideoClassification, VideoMAEImageProcessor

from fpbench.errors import PreflightError
from fpbench.metrics import features, videomae
from fpbench.metrics.clip_sets import Pair
from fpbench.metrics.features import encode
from fpbench.metrics.frechet import FVD_VIDEOMAE
from fpbench.metrics.kernel_distance import KVD_VIDEOMAE
from fpbench.weights.videomae import FILE, load_videomae

SHAPE = {"hidden_size": 48, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}


@pytest.fixture
def model(tmp_path, monkeypatch):
    """Random weights under the names of the published file."""
    torch.manual_seed(0)
    made = VideoMAEForVideoClassification(VideoMAEConfig(num_labels=400, **SHAPE)).eval()
    for parameter in made.parameters():
        parameter.data.normal_(0, 0.2)
    published = {
        name.replace("query.bias", "q_bias").replace("value.bias", "v_bias"): tensor.contiguous()
        for name, tensor in made.state_dict().items()
    }
    save_file(published, tmp_path / f"{FILE.name}.safetensors")
    monkeypatch.setenv("FPBENCH_WEIGHTS", str(tmp_path))
    monkeypatch.setattr("fpbench.weights.videomae.load_videomae", lambda: load_videomae(**SHAPE))
    features.network.cache_clear()
    yield made
    features.network.cache_clear()


def test_a_feature_is_what_the_classifier_sees_of_sixteen_frames(model, rng):
    """Prepared and classified by transformers alone; the feature goes through the same last layer by hand."""
    video = rng.integers(0, 256, (32, 224, 224, 3)).astype(np.uint8)
    found = encode(videomae.VIDEOMAE, video)
    assert found.shape == (2, 48)
    published = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}  # preprocessor_config.json
    prepared = VideoMAEImageProcessor(**published)([list(video[:16]), list(video[16:])], return_tensors="pt")
    with torch.no_grad():
        logits = model(**prepared).logits
        ours = model.classifier(torch.from_numpy(found))
    torch.testing.assert_close(ours, logits, atol=1e-4, rtol=1e-4)


def test_it_tells_the_order_of_frames_which_features_of_frames_cannot(model, rng):
    video = rng.integers(0, 256, (16, 40, 60, 3)).astype(np.uint8)
    there, back = encode(videomae.VIDEOMAE, video), encode(videomae.VIDEOMAE, video[::-1])
    assert np.abs(there - back).max() > 1e-3


def test_sets_are_guarded_by_clips_and_windows():
    def pair(tasks, windows):
        return Pair([np.zeros((windows, 2))] * tasks, [np.zeros((windows, 2))] * tasks)

    assert FVD_VIDEOMAE.enough(pair(256, 4))
    assert not FVD_VIDEOMAE.enough(pair(255, 100))  # few clips
    assert not FVD_VIDEOMAE.enough(pair(256, 3))  # 768 windows have no covariance of full rank
    assert KVD_VIDEOMAE.enough(pair(8, 4))
    assert not KVD_VIDEOMAE.enough(pair(8, 3))
    assert "windows of 16 frames" in FVD_VIDEOMAE.card.formula


def test_other_weights_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("FPBENCH_WEIGHTS", str(tmp_path))
    save_file({"fc_norm.weight": torch.zeros(48)}, tmp_path / f"{FILE.name}.safetensors")
    with pytest.raises(PreflightError, match="does not fit VideoMAE: "):
        load_videomae(**SHAPE)
