"""Plans: coverage, what is seen, and constant length."""

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packs import pack_names

from fpbench.framepack import Pack, PackError, Plan, make_plan
from fpbench.framepack.schedule import Side
from fpbench.protocol.load import load_protocol

PACKS = [
    "td_f16k4f2k2f1k1_g9",
    "tc_f16k4f2k2f1k1_g4",
    "ta_f8k8f4k4f2k2f1k1_g9",
    "td_f16k4f2k2f1k1_g9_x_f1k1",
    "td_f16k4f2k2f1k1_g1_x_f1k1",
    "f1k1_x_g9_f1k1f2k2f16k4_td",
    "f1k1_x_g1_f1k1f2k2f16k4_tc",
    "f1k1_x_f2k1_g9",
    "td_f64k8f16k4f4k2f1k1_g9",
    "g9",
]


def test_a_section_that_the_endpoint_fills_makes_the_endpoint_alone() -> None:
    plan = make_plan(Pack.parse("td_f16k4f2k2f1k1_g1_x_f1k1"), 12)
    assert [section.targets for section in plan.sections] == [(11,), *((frame,) for frame in range(1, 11))]


@settings(max_examples=100)
@given(st.sampled_from(PACKS) | pack_names(), st.integers(20, 160), st.integers(1, 3))
def test_every_frame_is_made_once_and_only_known_frames_are_seen_once(name: str, frames: int, given_: int) -> None:
    pack = Pack.parse(name)
    ends = sum(group.frames for group in pack.future.far)
    plan = make_plan(pack.with_section(max(pack.section, ends)), frames, given=given_)
    known = set(range(given_))
    for section in plan.sections:
        seen = [frame for group in section.context for frame in group.frames]
        assert len(seen) == len(set(seen))
        assert set(seen) <= known
        assert not known & set(section.targets)
        known |= set(section.targets)
    assert known == set(range(frames))
    assert sorted(plan.generation_order()) == list(range(frames))


@given(st.sampled_from([p for p in PACKS if not p.startswith("ta")]), st.integers(150, 400))
def test_context_length_is_constant_once_history_exceeds_the_pack(name: str, frames: int) -> None:
    plan = make_plan(Pack.parse(name), frames)
    reach = max(plan.pack.past.reach, plan.pack.future.reach)
    settled = [s for i, s in enumerate(plan.sections) if i * plan.pack.section > reach + plan.pack.section]
    full = [s for s in settled if len(s.targets) == plan.pack.section]
    lengths = {s.context_tokens(8, 12) for s in full[:-1]}
    assert len(lengths) <= 1


@settings(max_examples=50)
@given(pack_names(), st.integers(2, 12), st.integers(4, 20), st.integers(4, 20))
def test_any_past_pack_costs_its_formula_and_covers_the_newest_frames(name: str, size: int, h: int, w: int) -> None:
    pack = replace(Pack.parse(name), future=Side())
    pack = replace(pack.with_section(size), past=replace(pack.past, tail="td"))
    before = max(1, pack.past.reach + sum(group.frames for group in pack.past.far))
    section = make_plan(pack, before + 3 * size, given=before).sections[-1]
    assert section.context_tokens(h, w) == pack.context_tokens(h, w)
    near = [frame for group in section.context if group.role == "past" for frame in group.frames]
    assert near == list(range(section.targets[0] - pack.past.reach, section.targets[0]))
    far = [frame for group in section.context if group.role == "anchor" for frame in group.frames]
    assert far == list(range(len(far)))
    assert [g.kernel for g in section.context] == [g.kernel for g in pack.groups]


def test_appended_tail_adds_one_token_a_frame() -> None:
    plan = make_plan(Pack.parse("ta_f16k4f2k2f1k1_g9"), 100)
    tokens = [section.context_tokens(60, 104) for section in plan.sections]
    steady = [b - a for a, b in itertools.pairwise(tokens[4:])]
    assert set(steady) == {9 * 2 * 4}  # 60x104 padded to 32x32 kernels: 2 x 4 tokens a frame


def kernels(plan: Plan, index: int) -> list[tuple[int, int, str, str]]:
    return [(g.frames[0], g.frames[-1], str(g.kernel), g.role) for g in plan.sections[index].context]


def test_vanilla_sees_the_newest_frames_at_the_finest_kernel() -> None:
    plan = make_plan(Pack.parse("td_f16k4f2k2f1k1_g9"), 100)
    assert kernels(plan, 5) == [(27, 42, "k4", "past"), (43, 44, "k2", "past"), (45, 45, "k1", "past")]


def test_inverted_works_backwards_towards_the_first_frame() -> None:
    plan = make_plan(Pack.parse("f1k1_x_g9_f1k1f2k2f16k4_td"), 64)
    assert [s.targets[0] for s in plan.sections] == [55, 46, 37, 28, 19, 10, 1]
    assert kernels(plan, 0) == [(0, 0, "k1", "anchor")]
    assert kernels(plan, 3) == [
        (0, 0, "k1", "anchor"), (37, 37, "k1", "future"), (38, 39, "k2", "future"), (40, 55, "k4", "future"),
    ]  # fmt: skip


def test_endpoint_makes_the_opening_and_the_last_frame_together() -> None:
    plan = make_plan(Pack.parse("td_f16k4f2k2f1k1_g9_x_f1k1"), 64)
    assert plan.sections[0].targets == (*range(1, 9), 63)
    assert (63, 63, "k1", "anchor") in kernels(plan, 3)


def test_positions_across_a_gap_are_capped() -> None:
    plan = make_plan(Pack.parse("f1k1_x_g9_f1k1f2k2f16k4_td"), 226, max_gap=27)
    assert plan.sections[0].context[0].times == (-28,)
    assert plan.sections[-1].context[0].times == (-1,)
    true = make_plan(Pack.parse("f1k1_x_g9_f1k1f2k2f16k4_td"), 226)
    assert true.sections[0].context[0].times == (-217,)


@pytest.mark.parametrize(
    ("name", "frames", "order", "complaint"),
    [
        ("td_f1k1_g9", 1, None, "no section"),
        ("td_f1k1_g9", 10, "inverted", "after the section"),
        ("td_f1k1_g9", 10, "endpoint", "endpoint"),
        ("td_f1k1_g9", 10, "sideways", "sideways"),
        ("td_f1k1_g1_x_f2k1", 10, None, "cannot hold"),
    ],
)
def test_impossible_plans_are_refused(name: str, frames: int, order: str | None, complaint: str) -> None:
    with pytest.raises(PackError, match=complaint):
        make_plan(Pack.parse(name), frames, order=order)  # type: ignore[arg-type]


@settings(max_examples=60)
@given(st.sampled_from(["endpoints", "moving"]), st.integers(2, 160), st.integers(1, 3), st.integers(9, 60))
def test_orders_with_several_endpoints_make_every_frame_once(order: str, frames: int, given_: int, hop: int) -> None:
    pack = Pack.parse("td_f16k4f2k2f1k1_g9_x_f1k1")
    plan = make_plan(pack, frames + given_, order=order, given=given_, hop=hop)  # type: ignore[arg-type]
    assert sorted(plan.generation_order()) == list(range(frames + given_))
    known = set(range(given_))
    for section in plan.sections:
        seen = [frame for group in section.context for frame in group.frames]
        assert len(seen) == len(set(seen))
        assert set(seen) <= known
        known |= set(section.targets)


def test_a_moving_endpoint_is_planned_anew_when_it_is_reached() -> None:
    plan = make_plan(Pack.parse("td_f16k4f2k2f1k1_g9_x_f1k1"), 73, order="moving", hop=36)
    firsts = [section.targets for section in plan.sections if section.targets[-1] in (36, 72)]
    assert firsts == [(*range(1, 9), 36), (*range(37, 45), 72)]
    assert max(max(section.times) for section in plan.sections) == 35


def test_several_endpoints_are_planned_before_anything_else_and_then_in_sight() -> None:
    plan = make_plan(Pack.parse("td_f16k4f2k2f1k1_g9_x_f1k1"), 73, order="endpoints", hop=36, max_gap=27)
    assert [(s.targets[0], s.targets[-1]) for s in plan.sections[:3]] == [(28, 36), (64, 72), (1, 9)]
    assert kernels(plan, 2) == [(0, 0, "k1", "past"), (28, 28, "k1", "anchor")]
    nearest = plan.sections[1].context[-1]
    assert (nearest.frames, nearest.times) == ((36,), (-28,))


@pytest.mark.parametrize("order", ["endpoints", "moving"])
def test_endpoints_closer_than_a_section_are_refused(order: str) -> None:
    with pytest.raises(PackError, match="8 frames apart"):
        make_plan(Pack.parse("td_f1k1_g9_x_f1k1"), 40, order=order, hop=8)  # type: ignore[arg-type]


def test_every_row_of_the_paper_s_ablation_can_be_sampled() -> None:
    protocol, _ = load_protocol(Path(__file__).parents[2] / "protocols" / "ablation_packing.yaml")
    packs = [str(entry.params["pack"]) for entry in protocol.systems if entry.use == "framepack"]
    assert len(packs) == 40
    for name in packs:
        assert sorted(make_plan(Pack.parse(name), 226).generation_order()) == list(range(226))
