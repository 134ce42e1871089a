import dataclasses

import numpy as np
import pytest
import torch
from torchvision.models.optical_flow import raft_small

from fpbench.errors import PreflightError
from fpbench.metrics import measure
from fpbench.metrics import raft as metric
from fpbench.weights import raft as weights


@pytest.fixture(scope="module")
def network():
    """RAFT's small variant with random weights: what is computed from a flow does not depend on which flow."""
    torch.manual_seed(0)
    return raft_small(weights=None).eval()


@pytest.fixture
def random_raft(network, monkeypatch):
    monkeypatch.setattr(metric, "_network", lambda: network)
    monkeypatch.setattr(metric, "UPDATES", 2)
    return network


def reference_lengths(network, video, step):
    """VBench's loop written out: padded pairs, all vectors sorted, the first twentieth averaged."""
    lengths = []
    for a, b in zip(video[:-step:step], video[step::step], strict=False):
        pad = [(0, 0), (0, 0), (2, 2), (1, 2)]  # 132 -> 136, 149 -> 152
        first, second = (np.pad(x.transpose(2, 0, 1)[None].astype(np.float32), pad, mode="edge") for x in (a, b))
        with torch.no_grad():
            flow = network(
                *(torch.from_numpy(2 * x / 255 - 1) for x in (first, second)),
                num_flow_updates=2,
            )[-1][0]
        rad = np.sqrt(flow[0].numpy() ** 2 + flow[1].numpy() ** 2).ravel()
        lengths.append(np.sort(rad)[::-1][: int(len(rad) * 0.05)].mean())
    return np.array(lengths)


def test_dynamic_equals_a_reference_computation_on_random_weights(random_raft, make_pan):
    video = make_pan(5, height=132, width=149)
    lengths = reference_lengths(random_raft, video, step=2)
    found = measure([video], fps=16, metrics=["flow_raft_top5", "dynamic_raft"])
    assert found["flow_raft_top5"].index.tolist() == [2, 4]
    assert found["flow_raft_top5"].values == pytest.approx(lengths / (132 / 256), rel=1e-4)
    moving = sum(lengths > 6 * 132 / 256)
    assert found["dynamic_raft"].values.tolist() == [float(moving >= round(4 * 3 / 16))]
    assert found["dynamic_raft"].index.tolist() == [4]


@pytest.mark.parametrize(
    ("moving", "still", "verdict"),
    [(4, 11, True), (3, 12, False), (1, 3, True), (0, 4, False), (0, 1, True), (0, 0, False)],
)
def test_enough_pairs_must_move_and_of_two_samples_none(moving, still, verdict):
    lengths = np.array([6.01] * moving + [5.99] * still)
    assert metric.is_dynamic(lengths, 256, 400) == verdict


def test_small_frames_are_enlarged_and_their_flow_is_in_their_own_pixels(network, monkeypatch, clip):
    def constant(first, second, num_flow_updates):
        assert min(first.shape[2:]) >= 128
        return [torch.full((1, 2, *first.shape[2:]), 6.0)]

    monkeypatch.setattr(metric, "_network", lambda: constant)
    assert np.all(metric.raft_flow(clip[0], clip[1]) == 3.0)  # 64x96, enlarged twice


def test_one_flow_serves_both_metrics(random_raft, monkeypatch, make_pan):
    calls = []
    monkeypatch.setattr(metric, "raft_flow", lambda a, b: calls.append(1) or np.ones((8, 8, 2), np.float32))
    measure([make_pan(4)], fps=8, metrics=["raft"])
    assert len(calls) == 3


def test_weights_come_from_a_file_and_fit_or_are_refused(network, monkeypatch, tmp_path):
    monkeypatch.setenv("FPBENCH_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(weights, "FILE", dataclasses.replace(weights.FILE, sha256=""))
    torch.save(network.state_dict(), tmp_path / "raft-large-c-t.pth")
    loaded = weights.load_raft("raft_small").state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in network.state_dict().items())
    with pytest.raises(PreflightError, match=r"raft-large-c-t\.pth does not fit raft_large"):
        weights.load_raft()


def test_without_weights_the_remedy_is_named(monkeypatch, tmp_path):
    from fpbench.weights.backends import lacking

    monkeypatch.setenv("FPBENCH_WEIGHTS", str(tmp_path))
    lacking.cache_clear()
    assert "fpbench doctor --fetch raft-large-c-t" in metric.DYNAMIC.missing()
