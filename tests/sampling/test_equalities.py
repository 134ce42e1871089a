"""Exact equalities: strategies that must coincide do so bit by bit on the same weights and noise."""

import pytest
import torch

from fpbench.framepack import Pack
from fpbench.framepack.discretize import Codebook
from fpbench.sampling import Anchor, Branch, Guidance, Handover, HistoryNoise, Strategy
from fpbench.sampling.flow import Solver, levels
from fpbench.sampling.guidance import DROP
from fpbench.sampling.noise import NoiseBank
from fpbench.sampling.rollout import rollout
from tests._stubs.tiny_backbone import SHAPE, given_and_poses, tiny_dit

PLAIN = Strategy(Pack.parse("td_f2k1_g9"))
PACKED = Strategy(Pack.parse("td_f16k4f2k2f1k1_g9"))
ANCHORED = Strategy(Pack.parse("f1k1_x_f2k1_g9"))


def sample(strategy: Strategy, solver: Solver = "euler", frames: int = 28, steps: int = 3) -> torch.Tensor:
    given, poses = given_and_poses(frames)
    noise = NoiseBank(["a", "b"], 0, SHAPE)
    return rollout(strategy, tiny_dit(), given, poses, noise, levels(steps), solver=solver, recode=lambda z: z)


def same(strategy: Strategy, **change: object) -> Strategy:
    return Strategy(**{**{name: getattr(strategy, name) for name in strategy.__dataclass_fields__}, **change})


@pytest.mark.parametrize("base", [PLAIN, PACKED], ids=["window", "packed"])
@pytest.mark.parametrize(
    "change",
    [
        {"history": HistoryNoise(0.0, "relative", on="all")},
        {"history": HistoryNoise(0.0, redraw="path", schedule="next")},
        {"guidance": Guidance.vanilla(1.0)},
        {"guidance": Guidance.vanilla(1.0, DROP)},
        {"guidance": Guidance.fractional(1.0, 0.8)},
        {"guidance": Guidance.temporal(0.0)},
        {"guidance": Guidance(Guidance.vanilla(4.0).branches, between=(0.0, 0.001))},
        {"handover": Handover("pixel")},
        {"stagger": 1},
    ],
    ids=[
        "sigma=0",
        "path sigma=0",
        "HG-v",
        "HG-v dropped",
        "HG-f",
        "HG-t",
        "never guided",
        "lossless codec",
        "rolling",
    ],
)
def test_equals_vanilla_sampling(base: Strategy, change: dict[str, object]) -> None:
    assert torch.equal(sample(same(base, **change)), sample(base))


@pytest.mark.parametrize(
    "change",
    [
        {"anchor": Anchor("ema", decay=1.0)},
        {"anchor": Anchor("rolling", horizon=1)},
        {"guidance": Guidance((Branch(0.0, window="anchor"), Branch(1.0)))},
    ],
    ids=["ema decay 1", "rolling over one frame", "no correction"],
)
def test_equals_a_fixed_anchor(change: dict[str, object]) -> None:
    assert torch.equal(sample(same(ANCHORED, **change)), sample(ANCHORED))


def test_a_codebook_that_holds_every_vector_equals_clean_history() -> None:
    """Latents on a coarse grid, and every vector that a rollout can feed back: here, those of the first section."""
    pack = "td_f2k1_g9"
    given, poses = given_and_poses(19)
    noise, model, grid = NoiseBank(["a", "b"], 0, SHAPE), tiny_dit(), levels(2)
    clean = rollout(Strategy(Pack.parse(pack)), model, given, poses, noise, grid)
    vectors = clean.movedim(2, -1).reshape(-1, SHAPE[0]).unique(dim=0)
    discrete = Strategy(Pack.parse(pack + "+D"), codebook="all of them")
    assert torch.equal(rollout(discrete, model, given, poses, noise, grid, codebook=Codebook(vectors)), clean)
    poor = rollout(discrete, model, given, poses, noise, grid, codebook=Codebook(vectors[:2]))
    assert not torch.allclose(poor[:, 1:], clean[:, 1:], atol=1e-3)


@pytest.mark.parametrize("section", [4, 9])
def test_a_pack_of_every_frame_at_k1_equals_full_history(section: int) -> None:
    packed = Strategy(Pack.parse(f"td_f40k1_g{section}"))
    assert torch.equal(sample(packed), sample(Strategy(Pack.parse(f"td_f100000k1_g{section}"))))


def test_a_pack_in_two_groups_at_k1_equals_one_group_up_to_the_order_of_additions() -> None:
    split = Strategy(Pack.parse("td_f30k1f9k1f1k1_g9"))
    whole = Strategy(Pack.parse("td_f40k1_g9"))
    torch.testing.assert_close(sample(split, steps=1), sample(whole, steps=1), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("solver", ["euler", "adams"])
def test_one_block_in_flight_is_plain_sampling(solver: Solver) -> None:
    """The staggered engine itself, not the shortcut past it."""
    from fpbench.sampling.memory import Memory
    from fpbench.sampling.rolling import roll

    given, poses = given_and_poses(28)
    memory = Memory(given, poses)
    noise = NoiseBank(["a", "b"], 0, SHAPE)
    with torch.inference_mode():
        roll(PLAIN, tiny_dit(), memory, PLAIN.plan(28), noise, levels(3), solver, memory.keep)
    assert torch.equal(memory.made, sample(PLAIN, solver))
