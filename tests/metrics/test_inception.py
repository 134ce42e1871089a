"""Random weights: that the features are those of torch-fidelity does not depend on which numbers they are."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

from fpbench.errors import PreflightError
from fpbench.metrics.features import encode
from fpbench.metrics.frechet import frechet_distance
from fpbench.metrics.inception import INCEPTION
from fpbench.weights.inception import FILE, load_inception


@pytest.fixture
def untrained(tmp_path, monkeypatch):
    monkeypatch.setenv("FPBENCH_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(type(FILE), "expected", lambda self, path: "")
    with monkeypatch.context() as patch:
        patch.setattr(FeatureExtractorInceptionV3, "load_state_dict", lambda self, tensors: None)
        patch.setattr("torch_fidelity.feature_extractor_inceptionv3.load_state_dict_from_url", lambda url, progress: {})
        torch.manual_seed(0)
        model = FeatureExtractorInceptionV3("inception-v3-compat", ["2048"])
    save_file(model.state_dict(), tmp_path / "inception-v3-fid.safetensors")
    return model


def test_features_and_their_distance_are_those_of_torch_fidelity(untrained, rng):
    frames = rng.integers(0, 256, (6, 24, 32, 3)).astype(np.uint8)
    with torch.inference_mode():
        (expected,) = untrained(torch.from_numpy(frames).permute(0, 3, 1, 2))
    found = encode(INCEPTION, frames)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-6)
    statistics = [fid_features_to_statistics(part) for part in (expected[:3], expected[3:])]
    theirs = fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    assert frechet_distance(found[:3], found[3:]) == pytest.approx(theirs, rel=1e-3)


def test_weights_of_another_network_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("FPBENCH_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(type(FILE), "expected", lambda self, path: "")
    save_file({"other": torch.zeros(1)}, tmp_path / "inception-v3-fid.safetensors")
    with pytest.raises(PreflightError, match="does not fit Inception-v3: "):
        load_inception()


def test_without_its_package_the_remedy_names_it(monkeypatch, tmp_path):
    monkeypatch.setenv("FPBENCH_WEIGHTS", str(tmp_path))
    (tmp_path / "inception-v3-fid.safetensors").write_bytes(b"")
    monkeypatch.setattr("fpbench.weights.hub.find_spec", lambda name: None)
    with pytest.raises(PreflightError, match="remedy: pip install torch-fidelity; then fpbench doctor --fetch"):
        FILE.verified()
