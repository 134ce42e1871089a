"""Packing schedules against the paper's names and token counts."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packs import pack_names

from fpbench.framepack.schedule import Group, Kernel, Pack, PackError

PAPER = Path(__file__).parents[2] / "results" / "paper" / "framepack_tables.csv"


def table_one_names() -> list[str]:
    with PAPER.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["paper_version"] == "v1" and row["table"] == "1"]
    return sorted({row["variant"] for row in rows})


@pytest.mark.parametrize("name", table_one_names())
def test_names_of_table_one_print_back(name: str) -> None:
    assert str(Pack.parse(name)) == name


def test_table_one_is_whole() -> None:
    assert len(table_one_names()) == 30


@pytest.mark.parametrize(
    ("base", "frames", "tokens"),
    [
        ("f8k8f4k4f2k2f1k1", 15, 2082),
        ("f64k8f16k4f4k2f1k1", 85, 2980),
        ("f512k8f64k4f8k2f1k1", 585, 6576),
        ("f512k16f64k8f8k2f1k1", 585, 3600),
        ("f16k4f4k2f1k1", 21, 2756),
        ("f16k4f2k2f1k1", 19, 2366),
    ],
)
def test_tokens_at_480p(base: str, frames: int, tokens: int) -> None:
    pack = Pack.parse(f"td_{base}_g9")
    assert pack.past.reach == frames
    assert pack.context_tokens(60, 104) == tokens
    assert pack.section_tokens(60, 104) == 9 * 1560


def test_the_two_sides_read_left_to_right_in_time() -> None:
    pack = Pack.parse("f1k1_x_g9_f1k1f2k2f16k4_td+D")
    assert pack.past.far == (Group(1, Kernel.cubic(1)),)
    assert [str(g) for g in pack.future.near] == ["f1k1", "f2k2", "f16k4"]
    assert (pack.future.tail, pack.past.tail, pack.discrete) == ("td", None, True)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("td_f16k4f2k2f1k1", "exactly one section"),
        ("td_f16k4_g9_g9", "exactly one section"),
        ("td_f15k4_g9", "f16k4"),
        ("td_f0k1_g9", "at least one frame"),
        ("td_f16q_g9", "'f16q'"),
        ("f1k1_f2k2_g9", "'x'"),
        ("f1k1_x_x_g9", "twice"),
        ("g0", "at least one frame"),
        ("td_f1k1_g9+Q", "'+Q'"),
        ("g9_td_f1k1", "outer end"),
    ],
)
def test_bad_names_say_what_is_wrong(name: str, complaint: str) -> None:
    with pytest.raises(PackError) as caught:
        Pack.parse(name)
    assert complaint in str(caught.value)


@given(pack_names())
def test_parsing_is_the_inverse_of_printing(name: str) -> None:
    pack = Pack.parse(name)
    assert Pack.parse(str(pack)) == pack


@given(pack_names(), st.integers(4, 40), st.integers(4, 40))
def test_context_length_is_the_sum_over_padded_grids(name: str, height: int, width: int) -> None:
    pack = Pack.parse(name)
    expected = 0
    for group in pack.groups:
        k = group.kernel
        expected += (group.frames // k.time) * -(-height // k.height) * -(-width // k.width)
    assert pack.context_tokens(height, width) == expected
