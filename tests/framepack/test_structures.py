"""Fig. 1: costs against the closed sums, arbitrary ratios, and the kernels the figure prints."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fpbench.framepack import Pack, PackError, make_plan
from fpbench.framepack import structures as fig

BUILD = [fig.geometric, fig.duplicated, fig.temporal_levels, fig.important_start, fig.symmetric]
LEVELS = st.integers(1, 9)
DECAY = st.floats(1.05, 8.0)


@given(LEVELS)
def test_costs_are_the_partial_sums_of_the_figure(levels: int) -> None:
    partial = 2 - 2.0 ** (1 - levels)
    assert fig.cost(fig.geometric(levels)) == partial
    assert fig.cost(fig.temporal_levels(levels)) == partial
    assert fig.cost(fig.duplicated(levels)) == 2 - 4.0 ** (1 - levels)
    assert fig.cost(fig.important_start(levels)) == partial + 1
    assert fig.cost(fig.symmetric(levels)) == 2 * partial


def test_kernels_are_those_printed_in_the_figure() -> None:
    assert str(fig.geometric(5)) == "td_f1k1h8w8f1k1h8w4f1k1h4w4f1k1h4w2f1k1_g9"
    assert str(fig.duplicated(3)) == "td_f3k1h8w8f3k1h4w4f1k1_g9"
    assert str(fig.temporal_levels(5)) == "td_f16k16h8w8f8k8h8w4f4k4h4w4f2k2h4w2f1k1_g9"
    assert str(fig.important_start(2)) == "f1k1_x_f1k1h4w2f1k1_g9"
    assert str(fig.symmetric(2)) == "f1k1f1k1h4w2_x_f1k1h4w2f1k1_g9"


@given(st.sampled_from(BUILD), LEVELS, st.integers(1, 12))
def test_structures_have_names_and_plans(build: object, levels: int, section: int) -> None:
    pack = build(levels, section)  # type: ignore[operator]
    assert Pack.parse(str(pack)) == pack
    plan = make_plan(pack, 40)
    assert sorted(plan.generation_order()) == list(range(40))


def test_a_symmetric_history_keeps_both_ends_in_full() -> None:
    last = make_plan(fig.symmetric(4), 82).sections[-1]
    sizes = [(group.frames, group.kernel.rate) for group in last.context]
    assert sizes[0] == ((0,), 1)
    assert sizes[-1] == ((72,), 1)
    assert [rate for _, rate in sizes] == [1, 2, 4, 8, 8, 4, 2, 1]


@given(st.floats(0.01, 6.0), LEVELS)
def test_any_ratio_is_met_up_to_the_last_level(ratio: float, levels: int) -> None:
    counts = fig.multiplicities(ratio, levels)
    met = math.fsum(count / 2**level for level, count in enumerate(counts))
    assert abs(met - ratio) < 2.0 ** (2 - levels)


def test_the_papers_example_duplicates_a_half_and_an_eighth() -> None:
    assert fig.multiplicities(2.625, 5) == (1, 2, 1, 2, 1)
    assert fig.multiplicities(1.5, 4) == (1, 0, 1, 1)
    assert str(fig.geometric(3, ratio=2.5)) == "td_f1k1h4w4f2k1h4w2f1k1_g9"


@given(st.integers(0, 60), st.integers(1, 12), DECAY)
def test_context_length_is_the_sum_of_its_frames(frames: int, section: int, decay: float) -> None:
    summed = section * 1560 + math.fsum(fig.frame_length(i, 1560, decay) for i in range(frames))
    assert fig.context_length(frames, section, 1560, decay) == pytest.approx(summed)
    assert summed <= fig.converged_length(section, 1560, decay) * (1 + 1e-12)


def test_the_limit_for_a_decay_of_two_is_two_full_frames() -> None:
    assert fig.converged_length(9, 1560) == 11 * 1560
    assert fig.ratio_of(fig.ratio_of(2.625)) == pytest.approx(2.625)


@pytest.mark.parametrize("call", [lambda: fig.ratio_of(1.0), lambda: fig.geometric(0), lambda: fig.geometric(3, 9, 0)])
def test_impossible_structures_are_refused(call: object) -> None:
    with pytest.raises(PackError, match=r"exceed 1|positive ratio"):
        call()  # type: ignore[operator]
