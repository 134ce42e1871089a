"""VBench is not installed for tests (AMT is for non-commercial use): a network of the same interface stands in.

With the real network and VBench's own class it is compared by ``tests/benchmarks/vbench_parity.py``.
"""

import sys

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from fpbench.errors import PreflightError
from fpbench.metrics import amt, catalog, measure
from fpbench.weights.amt import FILE, load_amt
from fpbench.weights.backends import lacking

NETWORK = """
import torch
from vbench.third_party.amt.networks.shared import check

class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.zeros(1))

    def forward(self, first, second, time, eval=False):
        assert eval and check(first) and check(second)
        return {"imgt_pred": self.gain * ((1 - time) * first + time * second)}
"""


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """A package like vbench, whose own import would fail, and a checkpoint that keeps its tensors one level down."""
    folder = tmp_path / "vbench" / "third_party" / "amt" / "networks"
    folder.mkdir(parents=True)
    (tmp_path / "vbench" / "__init__.py").write_text("raise AssertionError('the package itself was imported')")
    (folder / "shared.py").write_text("def check(x): return x.shape[2] % 16 == x.shape[3] % 16 == 0 and x.max() <= 1\n")
    (folder / "AMT-S.py").write_text(NETWORK)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("FPBENCH_WEIGHTS", str(tmp_path))
    torch.save({"state_dict": {"gain": torch.tensor([0.9])}, "epoch": 3}, tmp_path / "amt-s.pth")
    caches = (lacking, amt._network)
    for one in caches:
        one.cache_clear()
    yield tmp_path
    for one in caches:
        one.cache_clear()


def test_odd_frames_are_predicted_from_their_neighbours_at_whole_grey_levels(weights, rng):
    video = rng.integers(0, 256, (6, 130, 150, 3)).astype(np.uint8)
    found = measure([video], fps=24, metrics=["motion_amt"])["motion_amt"]
    predicted = np.floor(np.clip(0.9 * (video[[0, 2]] / 255 + video[[2, 4]] / 255) / 2 * 255, 0, 255) + 1e-3)
    expected = 1 - np.abs(predicted - video[[1, 3]]).mean((1, 2, 3)) / 255
    assert found.index.tolist() == [1, 3]  # the last of an even number of frames has no right neighbour
    assert found.values == pytest.approx(expected, abs=1e-5)
    assert not [name for name in sys.modules if name.startswith("vbench")]


def test_frames_too_small_for_the_network_have_no_value(weights):
    video = np.zeros((5, 127, 300, 3), np.uint8)
    assert len(measure([video], fps=24, metrics=["motion_amt"])["motion_amt"].values) == 0


def test_other_weights_are_refused(weights):
    (weights / "amt-s.pth").unlink()
    save_file({"gain": torch.zeros(2)}, weights / "amt-s.safetensors")
    with pytest.raises(PreflightError, match="does not fit AMT-S: "):
        load_amt()


def test_without_vbench_the_metric_is_skipped_and_the_licence_is_told(monkeypatch):
    monkeypatch.setattr("fpbench.weights.hub.find_spec", lambda name: None)
    lacking.cache_clear()
    reason = catalog.skipped(["motion_amt"], truth=True)["motion_amt"]
    lacking.cache_clear()
    assert "pip install --no-deps vbench==0.1.5 (non-commercial use only)" in reason
    assert "BY-NC" in FILE.licence
