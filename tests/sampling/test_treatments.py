"""What strategies do to history really acts, on the sections and groups it is meant for and on no other."""

import pytest
import torch

from fpbench.framepack import Importance, Pack, PackError
from fpbench.sampling import Anchor, Branch, Guidance, Handover, HistoryNoise, Strategy
from fpbench.sampling.flow import levels
from fpbench.sampling.guidance import DROP
from fpbench.sampling.memory import Memory
from fpbench.sampling.noise import NoiseBank, StreamNoise
from fpbench.sampling.rolling import level_matrix
from fpbench.sampling.rollout import rollout
from fpbench.sampling.section import SectionSampler, Step
from tests._stubs.tiny_backbone import SHAPE, given_and_poses, tiny_dit

PACKED = Pack.parse("td_f16k4f2k2f1k1_g9")
WINDOW = Pack.parse("td_f2k1_g9")
ANCHORED = Pack.parse("f1k1_x_f2k1_g9")


def sample(strategy: Strategy, frames: int = 28, steps: int = 2) -> torch.Tensor:
    given, poses = given_and_poses(frames)
    noise = NoiseBank(["a", "b"], 0, SHAPE)
    return rollout(strategy, tiny_dit(), given, poses, noise, levels(steps), recode=lambda z: (z * 4).round() / 4)


@pytest.mark.parametrize(
    "other",
    [
        Strategy(WINDOW, history=HistoryNoise(0.3, "next")),
        Strategy(WINDOW, history=HistoryNoise(1.0, "next", redraw="path")),
        Strategy(WINDOW, history=HistoryNoise(1.0, "relative", redraw="path")),
        Strategy(WINDOW, history=HistoryNoise(0.3, redraw="never")),
        Strategy(WINDOW, guidance=Guidance.vanilla(0.7)),
        Strategy(WINDOW, guidance=Guidance.vanilla(1.5, DROP)),
        Strategy(WINDOW, guidance=Guidance(Guidance.vanilla(3).branches, between=(0, 0.5))),
        Strategy(WINDOW, handover=Handover("pixel")),
        Strategy(WINDOW, handover=Handover("quantised", levels=16)),
        Strategy(WINDOW, stagger=3),
    ],
    ids=["next", "HiAR output", "HiAR input", "still", "w<1", "drop", "late", "pixel", "quantised", "rolling"],
)
def test_the_second_section_changes(other: Strategy) -> None:
    plain, changed = sample(Strategy(WINDOW)), sample(other)
    assert changed.isfinite().all()
    assert not torch.allclose(plain[:, 10:19], changed[:, 10:19], atol=1e-3)


def shown(strategy: Strategy, frames: int = 28, t: float = 0.5, branch: Branch | None = None) -> dict[str, float]:
    """The level that every group of a section is told, by kernel and role."""
    given, poses = given_and_poses(frames + 9)
    video = given.expand(-1, frames, -1, -1, -1)
    memory = Memory(video, poses)
    memory.given = 1
    section = strategy.plan(frames + 9, given=frames).sections[0]
    sampler = SectionSampler(strategy, tiny_dit(), memory, section, NoiseBank(["a", "b"], 0, SHAPE), 0)
    packed = sampler.context(branch or Branch(1.0), Step(0, t, t / 2))
    return {f"{group.role} {group.kernel}": round(group.level[0].item(), 4) for group in packed}


def test_bands_of_packed_history_are_noised_apart() -> None:
    def told(band: str) -> dict[str, float]:
        return shown(Strategy(PACKED, history=HistoryNoise(0.1, band=band)))  # type: ignore[arg-type]

    assert told("near") == {"past k4": 0, "past k2": 0, "past k1": 0.1}
    assert told("far") == {"past k4": 0.1, "past k2": 0.1, "past k1": 0}
    assert told("all") == {"past k4": 0.1, "past k2": 0.1, "past k1": 0.1}


@pytest.mark.parametrize(("schedule", "s"), [("constant", 0.8), ("relative", 0.4), ("capped", 0.5), ("next", 0.2)])
def test_schedules_of_the_history_level(schedule: str, s: float) -> None:
    assert shown(Strategy(WINDOW, history=HistoryNoise(0.8, schedule))) == {"past k1": s}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("window", "levels_told"),
    [("near", [1, 0, 1]), ("far", [0, 1, 0]), ("anchor", [1, 1, 0]), ("all", [0, 0, 0])],
)
def test_windows_show_some_groups_and_hide_the_rest(window: str, levels_told: list[float]) -> None:
    strategy = Strategy(Pack.parse("f1k1_x_f2k2f1k1_g9"))
    found = shown(strategy, branch=Branch(1.0, window=window))  # type: ignore[arg-type]
    assert [found[name] for name in ("past k2", "past k1", "anchor k1")] == levels_told
    assert shown(strategy, branch=Branch(1.0, window="none")) == {}


def test_history_along_its_path_is_what_the_section_was_made_through() -> None:
    """The second section sees the first as it stood at every level of its own way from noise."""
    given, poses = given_and_poses(19)
    noise, grid = NoiseBank(["a", "b"], 0, SHAPE), levels(2)
    strategy = Strategy(WINDOW, history=HistoryNoise(1.0, "relative", redraw="path"))
    memory = Memory(given, poses, states=len(grid))
    section = strategy.plan(19).sections[1]
    memory.stand(strategy.plan(19).sections[0], 1, torch.full((2, 9, *SHAPE), 7.0))
    packed = SectionSampler(strategy, tiny_dit(), memory, section, noise, 1).context(Branch(1.0), Step(1, 0.5, 0.0))
    assert (packed[0].latents == 7).all()
    assert packed[0].level.tolist() == [0.5, 0.5]


def test_still_noise_stays_with_its_frame() -> None:
    bank = NoiseBank(["a", "b"], 0, SHAPE)
    first, second = bank.still(torch.tensor([[3, 4], [3, 4]])), bank.still(torch.tensor([[4, 9], [4, 9]]))
    assert torch.equal(first[:, 1], second[:, 0])
    assert not torch.equal(first[:, 1], bank.frame(4))
    with pytest.raises(PackError, match="redraw: section"):
        StreamNoise(torch.Generator(), (1, *SHAPE)).still(torch.zeros(1, 1))


def test_an_ema_anchor_holds_the_frames_that_have_left_the_window() -> None:
    _, poses = given_and_poses(40)
    memory = Memory(torch.zeros(1, 1, *SHAPE), poses[:1], anchor=Anchor("ema", decay=0.5))
    sections = Strategy(ANCHORED).plan(40).sections
    for value, section in enumerate(sections[:2], start=1):
        memory.keep(section, torch.full((1, 9, *SHAPE), float(value)))
    anchor = next(seen for seen in memory.see(sections[2]) if seen.group.role == "anchor")
    expected = 0.0  # frames 1 to 16 are gone: nine of value 1, then seven of value 2
    for value in [1.0] * 9 + [2.0] * 7:
        expected = 0.5 * expected + 0.5 * value
    torch.testing.assert_close(anchor.latents, torch.full_like(anchor.latents, expected))


def test_a_rolling_anchor_walks_to_and_fro_over_the_beginning() -> None:
    anchor = Anchor("rolling", horizon=5)
    walk = [anchor.frames((0,), edge)[0] for edge in range(6, 18)]
    assert walk == [2, 1, 0, 1, 2, 3, 4, 3, 2, 1, 0, 1]
    assert all(frame < edge for edge in range(1, 9) for frame in anchor.frames((0,), edge))
    moved = sample(Strategy(ANCHORED, anchor=Anchor("rolling", horizon=20)), 46)
    assert not torch.allclose(moved[:, 28:], sample(Strategy(ANCHORED), 46)[:, 28:], atol=1e-3)


def test_the_levels_of_a_staggered_window_rise_with_time() -> None:
    assert level_matrix(blocks=3, ahead=3, steps=3) == [
        [0, 0, 0],
        [1, 0, 0],
        [2, 1, 0],
        [3, 2, 1],
        [3, 3, 2],
        [3, 3, 3],
    ]
    assert level_matrix(blocks=2, ahead=1, steps=2) == [[0, 0], [1, 0], [2, 0], [2, 1], [2, 2]]


@pytest.mark.parametrize("stagger", [3, 9])
@pytest.mark.parametrize("frames", [28, 24])
def test_a_staggered_window_finishes_every_frame_in_the_order_of_time(stagger: int, frames: int) -> None:
    given, poses = given_and_poses(frames)
    finished: list[int] = []
    strategy = Strategy(WINDOW, stagger=stagger)
    made = rollout(
        strategy, tiny_dit(), given, poses, NoiseBank(["a", "b"], 0, SHAPE), levels(4),
        progress=lambda section: finished.extend(section.targets),
    )  # fmt: skip
    assert finished == strategy.plan(frames).generation_order()[1:] == list(range(1, frames))
    assert (made[:, 1:].flatten(2).std(2) > 0).all()


def test_a_staggered_frame_costs_what_a_plain_one_costs() -> None:
    """Counted at the network, per finished frame of a long video, against the declared number."""
    calls = 0
    model = tiny_dit()

    def counted(*args: object) -> torch.Tensor:
        nonlocal calls
        calls += 1
        return model(*args)

    given, poses = given_and_poses(1 + 90, batch=1)
    strategy = Strategy(WINDOW, stagger=3)
    rollout(strategy, counted, given, poses, NoiseBank(["a"], 0, SHAPE), levels(3))
    assert calls == len(level_matrix(30, 3, 3)) - 1 == 32
    assert strategy.passes_per_frame(3) == 3 / 9  # 30 of the 32; the rest fills and empties the window


def test_matched_sections_keep_the_moments_of_the_first() -> None:
    made = sample(Strategy(WINDOW, handover=Handover("matched")))
    first, last = made[:, 1:10], made[:, 19:28]
    torch.testing.assert_close(last.mean((1, 3, 4)), first.mean((1, 3, 4)), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(last.std((1, 3, 4)), first.std((1, 3, 4)), atol=1e-4, rtol=1e-4)
    plain = sample(Strategy(WINDOW))
    assert not torch.allclose(plain[:, 19:28].mean((1, 3, 4)), first.mean((1, 3, 4)), atol=1e-3)


def test_a_hand_over_by_pixels_shows_the_first_decoding_and_feeds_back_the_second() -> None:
    made = sample(Strategy(WINDOW, handover=Handover("pixel")))
    assert torch.equal(made[:, :10], sample(Strategy(WINDOW))[:, :10])
    given, poses = given_and_poses(19)
    with pytest.raises(PackError, match="codec"):
        rollout(
            Strategy(WINDOW, handover=Handover("pixel")), tiny_dit(), given, poses, NoiseBank(["a", "b"], 0, SHAPE),
            levels(1),
        )  # fmt: skip


def test_quantised_latents_are_few_values_near_the_old_ones() -> None:
    latents = torch.linspace(-3, 3, 1000)
    rounded = Handover("quantised", levels=17).quantise(latents)
    assert len(rounded.unique()) == 13
    assert (rounded - latents).abs().max() <= 0.25 + 1e-6


def test_passes_count_only_the_steps_at_which_guidance_holds() -> None:
    late = Strategy(WINDOW, guidance=Guidance(Guidance.vanilla(1.5).branches, between=(0, 0.5)))
    assert late.passes_per_frame(4) == (2 + 2 * 2) / 9


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"guidance": Guidance.temporal(0.5)}, "at least two"),
        ({"guidance": Guidance((Branch(1.0, window="anchor"),))}, "f1k1_x_"),
        ({"anchor": Anchor("ema")}, "anchor"),
        ({"stagger": 2}, "equal blocks"),
        ({"stagger": 3, "importance": Importance("similarity")}, "importance by time"),
        ({"stagger": 3, "history": HistoryNoise(1.0, "next", redraw="path")}, "own path"),
    ],
)
def test_what_would_silently_do_nothing_is_refused(wrong: dict[str, object], hint: str) -> None:
    with pytest.raises(PackError, match=hint):
        Strategy(WINDOW, **wrong)


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"schedule": "linear"}, "constant, relative, capped, next"),
        ({"on": "none"}, "generated, all"),
        ({"band": "middle"}, "all, near, far"),
        ({"redraw": "path"}, "relative or next"),
    ],
)
def test_unknown_switches_are_refused(wrong: dict[str, str], hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        HistoryNoise(0.5, **wrong)  # type: ignore[arg-type]


def test_a_strategy_requires_what_its_extras_need() -> None:
    assert Strategy(WINDOW, stagger=3).requires == {"section_levels"}
    assert Strategy(ANCHORED, anchor=Anchor("ema")).requires == {"anchor_slot"}
    correction = Guidance((Branch(1.0, window="anchor"),), between=(0.2, 0.5))
    assert Strategy(ANCHORED, guidance=correction).requires == {"anchor_slot", "null_history"}


def test_the_record_of_a_strategy_says_what_it_does_and_nothing_more() -> None:
    """The record is part of the address of clips: what changes nothing must not appear, what changes much must."""
    plain = Strategy(ANCHORED).as_dict()
    assert set(plain) == {"pack", "order", "history", "guidance", "max_gap"}
    assert "band" not in plain["history"]
    others = [
        Strategy(ANCHORED, anchor=Anchor("ema")),
        Strategy(ANCHORED, handover=Handover("matched")),
        Strategy(ANCHORED, stagger=3),
        Strategy(ANCHORED, history=HistoryNoise(band="near")),
        Strategy(ANCHORED, guidance=Guidance(between=(0.0, 0.5))),
    ]
    assert all(other.as_dict() != plain for other in others)
