"""Rankings against the equations written out, and plans refilled by them."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fpbench.framepack import Importance, Pack, PackError, make_plan
from fpbench.framepack.importance import cosine, refill


def latents(frames: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(2, frames, 3, 4, 5, generator=torch.Generator().manual_seed(seed))


def test_cosine_is_equation_3_averaged() -> None:
    history, estimate = latents(4), latents(2, seed=1)
    for b in range(2):
        for f in range(4):
            terms = [
                torch.dot(history[b, f, :, y, x], estimate[b, s, :, y, x])
                / (history[b, f, :, y, x].norm() * estimate[b, s, :, y, x].norm())
                for s in range(2) for y in range(4) for x in range(5)
            ]  # fmt: skip
            assert cosine(history, estimate)[b, f].item() == pytest.approx(sum(terms).item() / len(terms), abs=1e-6)


def test_a_frame_is_likest_to_itself_and_to_its_multiples() -> None:
    history = latents(3)
    torch.testing.assert_close(cosine(history, 7 * history[:, 1:2])[:, 1], torch.ones(2))


def test_hybrid_adds_nearness_in_seconds() -> None:
    history, estimate = latents(3), latents(1, seed=1)
    hybrid = Importance("hybrid", time_weight=2.0, fps=4.0)
    added = hybrid.scores(history, [9, 8, 0], estimate, 10) - cosine(history, estimate)
    expected = [2 * math.exp(-(((10 - frame) / 4) ** 2)) for frame in (9, 8, 0)]
    torch.testing.assert_close(added, torch.tensor([expected] * 2))


def test_the_printed_sum_ranks_as_the_mean_does() -> None:
    history, estimate = latents(6), latents(2, seed=1)
    mean = Importance("similarity").scores(history, range(6), estimate, 6)
    summed = Importance("similarity", pixels="sum").scores(history, range(6), estimate, 6)
    torch.testing.assert_close(summed, 20 * mean)


PACKS = ["td_f16k4f2k2f1k1_g9", "tc_f16k4f2k2f1k1_g4", "f1k1_x_g9_f1k1f2k2f16k4_td", "td_f16k4f2k2f1k1_g9_x_f1k1"]


@settings(max_examples=40)
@given(st.sampled_from(PACKS), st.integers(12, 120), st.integers(0, 1000))
def test_refilled_sections_keep_slots_and_true_times(name: str, frames: int, seed: int) -> None:
    plan = make_plan(Pack.parse(name), frames)
    known = [0]
    for section in plan.sections:
        order = torch.randperm(len(known), generator=torch.Generator().manual_seed(seed)).tolist()
        filled = refill(section, [known[i] for i in order])
        shape = [(len(g.frames), g.kernel, g.role, g.pooled) for g in section.context]
        assert [(len(g.frames), g.kernel, g.role, g.pooled) for g in filled.context] == shape
        seen = [frame for group in filled.context for frame in group.frames]
        assert len(set(seen)) == len(seen)
        assert set(seen) <= set(known)
        for group in filled.context:
            if group.role != "anchor":
                assert group.times == tuple(frame - section.targets[0] for frame in group.frames)
        known += section.targets


@given(st.sampled_from(PACKS), st.integers(12, 120))
def test_ranked_by_time_a_plan_stays_as_it_is(name: str, frames: int) -> None:
    plan = make_plan(Pack.parse(name), frames)
    known = [0]
    for section in plan.sections:
        assert refill(section, sorted(known, key=lambda f: abs(f - section.targets[0]))) == section
        known += section.targets


def test_the_most_important_frame_gets_the_finest_kernel() -> None:
    section = make_plan(Pack.parse("td_f2k2f1k1_g9"), 28).sections[-1]
    filled = refill(section, [3, 11, 7, 18, 17])
    assert [(str(g.kernel), g.frames, g.times) for g in filled.context] == [
        ("k2", (7, 11), (-12, -8)),
        ("k1", (3,), (-16,)),
    ]


@pytest.mark.parametrize(
    "wrong", [{"by": "colour"}, {"estimate": "guess"}, {"pixels": "max"}, {"fps": 0.0}, {"step": -1}]
)
def test_unknown_rankings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(PackError, match=r"importance"):
        Importance(**wrong)  # type: ignore[arg-type]
