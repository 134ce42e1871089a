"""What sections see when history is ranked by likeness or replaced by centroids."""

from dataclasses import replace

import pytest
import torch

from fpbench.framepack import Importance, Pack, PackError
from fpbench.framepack.discretize import Codebook
from fpbench.sampling import Strategy
from fpbench.sampling.flow import levels
from fpbench.sampling.memory import Memory
from fpbench.sampling.noise import NoiseBank
from fpbench.sampling.rollout import rollout
from tests._stubs.tiny_backbone import SHAPE, given_and_poses, tiny_dit

PACKED = Strategy(Pack.parse("td_f4k2f1k1_g6"))
RANKED = Importance("similarity", "last")


def sample(strategy: Strategy, given: torch.Tensor | None = None, codebook: Codebook | None = None) -> torch.Tensor:
    first, poses = given_and_poses(25)
    noise = NoiseBank(["a", "b"], 0, SHAPE)
    return rollout(strategy, tiny_dit(), first if given is None else given, poses, noise, levels(2), codebook=codebook)


def filled(frames: int = 19) -> Memory:
    """A memory of two random videos; frame 2 of the first and frame 5 of the second come back as frame 18."""
    _, poses = given_and_poses(25)
    video = torch.randn(2, frames, *SHAPE, generator=torch.Generator().manual_seed(3))
    memory = Memory(video, poses)
    memory.video[0, 2], memory.video[1, 5] = memory.video[0, 18], memory.video[1, 18]
    return memory


def test_each_video_recalls_its_own_earlier_view() -> None:
    memory, section = filled(), PACKED.plan(25, given=19).sections[0]
    seen = memory.recall(section, Importance("similarity"), memory.video[:, 18:19])
    assert seen[-1].times.tolist() == [[-1], [-1]]
    memory.video[:, 18] = 0
    view = torch.stack([memory.video[0, 2], memory.video[1, 5]])[:, None]
    seen = memory.recall(section, Importance("similarity"), view)
    assert seen[-1].times.tolist() == [[-17], [-14]]
    assert torch.equal(seen[-1].latents, view)
    assert torch.equal(seen[-1].poses[:, 0], torch.stack([memory.poses[0, 2], memory.poses[1, 5]]))


def test_the_last_section_is_the_estimate_when_there_is_no_other() -> None:
    memory, section = filled(), PACKED.plan(25, given=19).sections[0]
    expected = memory.recall(section, RANKED, memory.video[:, 13:19].flip(1))
    for seen, other in zip(memory.recall(section, RANKED), expected, strict=True):
        assert torch.equal(seen.times, other.times)


@pytest.mark.parametrize("estimate", ["last", "early", "two-pass"])
def test_ranking_by_likeness_changes_what_is_made_and_by_time_does_not(estimate: str) -> None:
    plain = sample(PACKED)
    likeness = sample(replace(PACKED, importance=Importance("similarity", estimate)))  # type: ignore[arg-type]
    assert torch.equal(plain[:, :7], likeness[:, :7])
    assert not torch.allclose(plain[:, 13:], likeness[:, 13:], atol=1e-4)
    by_time = replace(PACKED, importance=Importance("time", estimate))  # type: ignore[arg-type]
    assert torch.equal(sample(by_time), plain)


def test_nearness_that_outweighs_likeness_is_time_order() -> None:
    # At ten frames a second even distant frames differ in nearness, exp(-d^2 / 100).
    hybrid = Importance("hybrid", "last", time_weight=1e4, fps=10.0)
    torch.testing.assert_close(sample(replace(PACKED, importance=hybrid)), sample(PACKED), atol=1e-5, rtol=1e-5)


def test_ranked_strategies_cost_and_require_what_they_use() -> None:
    two = replace(PACKED, importance=Importance("similarity", "two-pass"))
    assert two.passes_per_frame(6) == 2
    assert two.requires == {"random_access"}
    assert two.as_dict() != PACKED.as_dict()
    with pytest.raises(PackError, match="order of time"):
        replace(two, slots="plain")


DISCRETE = Strategy(Pack.parse("td_f4k2f1k1_g6+D"), codebook="unused")


def pixels(video: torch.Tensor) -> torch.Tensor:
    return video.movedim(2, -1).reshape(-1, SHAPE[0])


def test_one_centroid_makes_sampling_independent_of_what_was_given() -> None:
    given, _ = given_and_poses(25)
    one = Codebook(torch.ones(1, SHAPE[0]))
    first, second = sample(DISCRETE, codebook=one), sample(DISCRETE, given + 3, one)
    assert torch.equal(first[:, 1:], second[:, 1:])
    assert not torch.equal(first[:, 1:], sample(PACKED)[:, 1:])


def test_a_codebook_that_holds_every_pixel_is_clean_history() -> None:
    plain = sample(PACKED)
    assert torch.equal(sample(DISCRETE, codebook=Codebook(pixels(plain))), plain)


def test_absent_history_stays_absent() -> None:
    strategy = Strategy(Pack.parse("f1k1_x_g6_f1k1f2k2_td+D"), slots="plain")
    given, poses = given_and_poses(13)
    memory = Memory(given, poses, codebook=Codebook(torch.ones(2, SHAPE[0])))
    anchor, near, far = memory.see(strategy.plan(13).sections[0])
    assert (anchor.latents == 1).all()
    assert not near.latents.any()
    assert not far.latents.any()


def test_discrete_history_without_a_codebook_is_refused() -> None:
    with pytest.raises(PackError, match="needs a codebook"):
        sample(DISCRETE)
    with pytest.raises(PackError, match=r"\+D"):
        replace(PACKED, codebook="some.safetensors")
