"""The engine: exact equalities between strategies that must coincide, and differences where they must act."""

import pytest
import torch

from fpbench.framepack import Pack
from fpbench.sampling import Guidance, HistoryNoise, Strategy
from fpbench.sampling.flow import levels
from fpbench.sampling.noise import NoiseBank
from fpbench.sampling.rollout import rollout
from tests._stubs.tiny_backbone import SHAPE, given_and_poses, tiny_dit

WINDOW = Pack.parse("td_f2k1_g9")


def sample(strategy: Strategy, frames: int = 28, batch: int = 2, steps: int = 3, seed: int = 0) -> torch.Tensor:
    given, poses = given_and_poses(frames, batch)
    noise = NoiseBank([f"task{i}" for i in range(batch)], seed, SHAPE)
    return rollout(strategy, tiny_dit(), given, poses, noise, levels(steps))


def test_the_given_frame_stays_and_everything_else_is_made() -> None:
    given, _ = given_and_poses(28)
    video = sample(Strategy(WINDOW))
    assert torch.equal(video[:, :1], given)
    assert video.isfinite().all()
    assert (video[:, 1:].flatten(2).std(2) > 0).all()


@pytest.mark.parametrize(
    "same",
    [
        Strategy(WINDOW, history=HistoryNoise(0.0)),
        Strategy(WINDOW, guidance=Guidance.vanilla(1.0)),
        Strategy(WINDOW, guidance=Guidance.fractional(1.0, 0.8)),
        Strategy(WINDOW, guidance=Guidance.temporal(0.0)),
        Strategy(Pack.parse("td_f1k1f1k1_g9")),
    ],
    ids=["sigma=0", "HG-v w=1", "HG-f w=1", "HG-t near=0", "two groups of one"],
)
def test_these_are_plain_sampling(same: Strategy) -> None:
    if same.pack == WINDOW:
        assert torch.equal(sample(same), sample(Strategy(WINDOW)))
    else:
        # Same tokens in the same places; only the order of additions inside attention may differ.
        torch.testing.assert_close(sample(same), sample(Strategy(WINDOW)), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    "other",
    [
        Strategy(WINDOW, history=HistoryNoise(0.1)),
        Strategy(WINDOW, history=HistoryNoise(0.1, "relative")),
        Strategy(WINDOW, history=HistoryNoise(0.1, noise=False, scale=False)),
        Strategy(WINDOW, guidance=Guidance.vanilla(1.5)),
        Strategy(WINDOW, guidance=Guidance.fractional(1.5, 0.8)),
        Strategy(Pack.parse("td_f16k4f2k2f1k1_g9")),
    ],
    ids=["sigma", "relative", "told only", "HG-v", "HG-f", "packed"],
)
def test_these_change_the_second_section(other: Strategy) -> None:
    plain, changed = sample(Strategy(WINDOW)), sample(other)
    assert not torch.allclose(plain[:, 10:19], changed[:, 10:19], atol=1e-3)


def test_noise_on_generated_frames_leaves_the_first_section_alone() -> None:
    noisy = sample(Strategy(WINDOW, history=HistoryNoise(0.5)))
    assert torch.equal(noisy[:, :10], sample(Strategy(WINDOW))[:, :10])
    everything = sample(Strategy(WINDOW, history=HistoryNoise(0.5, on="all")))
    assert not torch.allclose(everything[:, 1:10], noisy[:, 1:10])


def test_history_at_level_one_forgets_what_was_given() -> None:
    strategy = Strategy(WINDOW, history=HistoryNoise(1.0, on="all"))
    given, poses = given_and_poses(10)
    noise = NoiseBank(["a", "b"], 0, SHAPE)
    first = rollout(strategy, tiny_dit(), given, poses, noise, levels(2))
    second = rollout(strategy, tiny_dit(), given + 3, poses, noise, levels(2))
    assert torch.equal(first[:, 1:], second[:, 1:])


def test_a_task_gets_the_same_noise_in_any_batch_and_order() -> None:
    alone, pair = NoiseBank(["b"], 7, SHAPE), NoiseBank(["a", "b"], 7, SHAPE)
    assert torch.equal(alone.frame(3)[0], pair.frame(3)[1])
    assert not torch.equal(pair.frame(3)[1], pair.frame(4)[1])
    assert not torch.equal(alone.frame(3), NoiseBank(["b"], 8, SHAPE).frame(3))


@pytest.mark.parametrize("name", ["f1k1_x_g9_f1k1f2k2f16k4_td", "td_f16k4f2k2f1k1_g9_x_f1k1", "tc_f16k4f2k2f1k1_g4"])
def test_every_order_fills_the_video(name: str) -> None:
    assert (sample(Strategy(Pack.parse(name)), frames=64, steps=1)[:, 1:].abs().sum((2, 3, 4)) > 0).all()


def test_passes_count_merged_branches() -> None:
    assert Guidance.vanilla(1.5).passes == 2
    assert Guidance.vanilla(1.0).passes == 1
    assert Guidance.fractional(1.5, 0.8).passes == 3
    assert Strategy(WINDOW, guidance=Guidance.vanilla(2.0)).passes_per_frame(9) == 2


@pytest.mark.parametrize("sigma", [-0.1, 1.1])
def test_levels_outside_the_unit_interval_are_refused(sigma: float) -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        HistoryNoise(sigma)


def test_a_strategy_says_what_it_requires() -> None:
    assert Strategy(WINDOW).requires == frozenset()
    assert Strategy(WINDOW, history=HistoryNoise(0.1)).requires == {"history_levels"}
    assert Strategy(WINDOW, guidance=Guidance.vanilla(2)).requires == {"null_history"}
    assert Strategy(Pack.parse("f1k1_x_g9_f1k1f2k2f16k4_td")).requires == {"two_sided", "anchor_slot"}
