"""Plans, curves and trade-offs as the tables behind their charts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dashboard import drift_chart, plan_chart, tradeoff_chart
from dashboard.plans import borders
from dashboard.theme import DARK, LIGHT, Ink, look
from fpbench.framepack import Pack, make_plan
from fpbench.report.curves import Curve, curve
from fpbench.report.table import Column, Row, Table, Value

LATENT = (8, 12)
PACKS = ["td_f16k4f2k2f1k1_g9", "f1k1_x_g9_f1k1f2k2f16k4_td", "td_f16k4f2k2f1k1_g9_x_f1k1", "ta_f2k1_g9"]


@pytest.mark.parametrize("name", PACKS)
def test_every_frame_of_a_plan_is_drawn_once_and_every_seen_frame_exists(name: str) -> None:
    plan = make_plan(Pack.parse(name), 64)
    table = plan_chart.spans(plan, LATENT)
    made = [f for row in table[table["what"] == plan_chart.MADE].itertuples() for f in range(row.start, row.stop)]
    assert sorted(made) == list(range(plan.given, plan.frames))
    for number, section in enumerate(plan.sections, 1):
        rows = table[(table["section"] == number) & (table["what"] != plan_chart.MADE)]
        drawn = {f for row in rows.itertuples() for f in range(row.start, row.stop)}
        assert drawn == {frame for group in section.context for frame in group.frames}


@pytest.mark.parametrize("name", PACKS)
def test_the_budget_adds_up_to_the_tokens_of_the_plan(name: str) -> None:
    plan = make_plan(Pack.parse(name), 64)
    table = plan_chart.spans(plan, LATENT).drop_duplicates(["section", "what", "role", "tokens"])
    for number, section in enumerate(plan.sections, 1):
        expected = section.context_tokens(*LATENT) + section.target_tokens(*LATENT)
        assert table[table["section"] == number]["tokens"].sum() == expected


def test_borders_are_in_playback_order_whatever_the_order_of_generation() -> None:
    plan = make_plan(Pack.parse("f1k1_x_g9_f1k1f2k2f16k4_td"), 28)
    assert plan.sections[0].targets[0] == 19
    assert borders(plan) == [1, 10, 19]


def test_generation_order_moves_frames_to_when_they_were_made() -> None:
    made = drift_chart.positions(np.array([0, 1, 3]), [0, 3, 2, 1])
    np.testing.assert_array_equal(made, [0, 3, 1])
    rising = curve(np.arange(4), np.array([[0.0, 1.0, 2.0, 3.0]]))
    table = drift_chart.to_frame({"s": rising}, {"s": [0, 3, 2, 1]}, fps=2.0)
    assert table["mean"].tolist() == [0.0, 3.0, 2.0, 1.0]
    assert table["time"].tolist() == [0.0, 0.5, 1.0, 1.5]


def test_a_system_without_a_value_is_left_out_of_the_scatter() -> None:
    columns = (Column("q.mean", "q"), Column("d.mean", "d"))
    rows = (
        Row("whole", {"q.mean": Value(1.0, 0.5, 1.5), "d.mean": Value(2.0)}, flags=("frozen",)),
        Row("half", {"q.mean": Value(1.0)}),
        Row("endless", {"q.mean": Value(float("inf")), "d.mean": Value(1.0)}),
    )
    frame = tradeoff_chart.to_frame(Table("t", columns, rows), "d.mean", "q.mean", "m.mean", {})
    assert frame["system"].tolist() == ["whole"]
    assert frame["state"].tolist() == ["frozen"]


def scattered(count: int, families: int) -> tuple[dict[str, object], int]:
    """The chart of made-up systems, and how many names found no room."""
    names = [f"system_number_{k:02d}" for k in range(count)]
    grid = np.arange(count) / count
    rows = {f"{axis}{end}": grid**power for axis, power in (("x", 1), ("y", 2)) for end in ("", "_low", "_high")}
    frame = pd.DataFrame({"system": names, **rows, "motion": 1.0, "sweep": "", "state": "system", "image": ""})
    columns = {axis: Column(axis, axis, "down") for axis in ("x", "y")}
    of = {name: f"family {k % families}" for k, name in enumerate(names)}
    chart, unnamed = tradeoff_chart.draw(frame, columns, {name: look(k) for k, name in enumerate(names)}, of, LIGHT)
    return chart.to_dict(), unnamed


def test_many_systems_are_coloured_by_family_with_a_legend_and_few_by_their_own_colour() -> None:
    few, many = scattered(8, 3)[0], scattered(40, 3)[0]
    assert "family 2" not in str(few["layer"])
    assert "'domain': ['family 0', 'family 1', 'family 2'" in str(many["layer"])


def test_names_without_room_are_counted() -> None:
    assert scattered(5, 2)[1] == 0
    assert scattered(200, 2)[1] > 0


def luminance(colour: str) -> float:
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("ink", [LIGHT, DARK])
def test_words_keep_a_contrast_of_at_least_four_and_a_half(ink: Ink) -> None:
    for colour in (ink.text, ink.muted, "#56B4E9" if ink is DARK else "#0068A3"):
        bright, dim = sorted((luminance(colour), luminance(ink.page)), reverse=True)
        assert (bright + 0.05) / (dim + 0.05) >= 4.5


def test_no_two_of_a_hundred_systems_look_the_same_and_21_have_their_own_colour() -> None:
    found = [look(position) for position in range(105)]
    assert len({(one.colour, one.dash) for one in found}) == 105
    assert len({one.colour for one in found[:21]}) == 21


def test_names_at_the_ends_of_lines_are_moved_apart_inside_the_range() -> None:
    places = drift_chart.apart([0.0, 0.01, 0.5, 0.99, 1.0], 0.1, 0.0, 1.0)
    assert places == sorted(places)
    assert np.diff(places).min() >= 0.1 - 1e-12
    assert places[-1] <= 1.0
    assert places[2] == 0.5  # nobody near: not moved


def test_a_long_curve_is_thinned_and_keeps_its_start() -> None:
    frames = np.arange(9000)
    long = Curve(frames, frames / 1.0, frames / 1.0, frames / 1.0)
    table = drift_chart.to_frame({"a": long}, {}, fps=10.0)
    assert len(table) <= drift_chart.MOST_POINTS
    assert table["frame"].iloc[0] == 0


def test_a_ceiling_far_from_all_others_is_off_the_scale_and_a_near_one_is_not() -> None:
    def frame(ceiling: float) -> pd.DataFrame:
        rows = [("truth", ceiling, "ceiling"), ("a", 20.0, "system"), ("b", 25.0, "system"), ("still", 5.0, "floor")]
        return pd.DataFrame([{"system": name, "x": 0.0, "y": y, "state": state} for name, y, state in rows])

    assert tradeoff_chart.off_scale(frame(59.0)) == ["truth"]
    assert tradeoff_chart.off_scale(frame(40.0)) == []
    assert tradeoff_chart.off_scale(frame(59.0).head(1)) == []
