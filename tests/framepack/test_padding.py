"""Fixed slots of the released checkpoints, against the table of time indices that the official code produces."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fpbench.framepack import Pack, PackError, Plan, make_plan
from fpbench.framepack.padding import paddings
from fpbench.sampling.explain import explain

INVERTED = Pack.parse("f1k1_x_g9_f1k1f2k2f16k4_td")
FORWARD = Pack.parse("f1k1_x_f16k4f2k2f1k1_g9")

# padding: start, section, nearest, 2x, 4x as the released demo and diffusers number them
TABLE = {
    3: ("0", "28..36", "37", "38..39", "40..55"),
    2: ("0", "19..27", "28", "29..30", "31..46"),
    1: ("0", "10..18", "19", "20..21", "22..37"),
    0: ("0", "1..9", "10", "11..12", "13..28"),
}
ROW = re.compile(r"^\d+ +\S+ +(\S+) +(.*)$", re.MULTILINE)


@pytest.mark.parametrize(
    ("frames", "expected"), [(145, [3, 2, 1, 0]), (901, [3, *[2] * 22, 1, 0]), (37, [0]), (181, [3, 2, 2, 1, 0])]
)
def test_explain_prints_the_positions_of_the_inverted_checkpoint(frames: int, expected: list[int]) -> None:
    rows = ROW.findall(explain({"use": "framepack_hunyuan"}, frames))
    assert [(*_positions(context, "k1")[:1], times, *_positions(context, "k1")[1:], *_positions(context, "k2"),
             *_positions(context, "k4")) for times, context in rows] == [TABLE[p] for p in expected]  # fmt: skip


def test_explain_prints_the_positions_of_the_forward_checkpoint() -> None:
    rows = ROW.findall(explain({"use": "framepack_hunyuan", "model": "f1"}, 145))
    assert len(rows) == 4
    for times, context in rows:
        assert times == "20..28"
        assert (_positions(context, "k1"), _positions(context, "k2")) == (["0", "19"], ["17..18"])
        assert _positions(context, "k4") == ["1..16"]


def _positions(context: str, kernel: str) -> list[str]:
    return re.findall(rf"{kernel} @(\S+)", context)


@given(sections=st.integers(1, 60))
def test_padding_ends_at_the_start_frame_and_never_grows(sections: int) -> None:
    for rule in ("official", "plain"):
        found = paddings(rule, sections)  # type: ignore[arg-type]
        assert len(found) == sections
        assert found[-1] == 0
        assert found == sorted(found, reverse=True)
    assert paddings("plain", sections) == list(range(sections))[::-1]
    assert max(paddings("official", sections)) <= 3


@given(sections=st.integers(1, 30))
def test_plain_slots_stand_at_true_positions(sections: int) -> None:
    for section in _plan(INVERTED, sections, "plain").sections:
        for group in section.context:
            assert [time + section.targets[0] for time in group.times] == list(group.frames)


@given(sections=st.integers(1, 30), data=st.data())
def test_every_slot_is_always_there(sections: int, data: st.DataObject) -> None:
    pack, rule = data.draw(st.sampled_from([(INVERTED, "official"), (FORWARD, "closed")]))
    plan = _plan(pack, sections, rule)
    assert sorted(plan.generation_order()) == list(range(plan.frames))
    known = {0}
    for section in plan.sections:
        assert {(len(g.frames), g.kernel.time) for g in section.context} == {(1, 1), (2, 2), (16, 4)}
        assert section.context_tokens(60, 104) == 3926
        seen = {frame for group in section.context for frame in group.frames if 0 <= frame < plan.frames}
        assert seen <= known
        known |= set(section.targets)


def _plan(pack: Pack, sections: int, rule: str) -> Plan:
    return make_plan(pack, 9 * sections + 1, slots=rule)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "order"),
    [("td_f16k4f2k2f1k1_g9_x_f1k1", None), ("f1k1_x_g9_f1k1f2k2f16k4_td", "forward"), ("f2k1_x_g9_f1k1", None)],
    ids=["endpoint", "not its own order", "two anchors, one given"],
)
def test_slots_that_nothing_can_fill_are_refused(name: str, order: str | None) -> None:
    with pytest.raises(PackError, match=r"fixed slots|given frames"):
        make_plan(Pack.parse(name), 37, order=order, slots="official")  # type: ignore[arg-type]


def test_an_unknown_rule_is_named() -> None:
    with pytest.raises(PackError, match="unknown padding 'open'; known: official"):
        paddings("open", 3)  # type: ignore[arg-type]
