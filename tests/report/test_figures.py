"""Every figure of the published run and of a run of stubs: what is drawn, how large, and what is missing."""

import re
import shutil
from itertools import combinations, pairwise
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from fpbench.errors import FpbenchError
from fpbench.report.by_lag import lag_table
from fpbench.report.contact import strip
from fpbench.report.data import RunData, load_run
from fpbench.report.figures import KINDS, draw_figure
from fpbench.report.figures.clips import clips_figure
from fpbench.report.figures.forest import run_forest, votes_forest
from fpbench.report.figures.lag import run_lag
from fpbench.report.figures.plans import cost_figure, latent_size, plan_diagram, plan_of
from fpbench.report.figures.tradeoff import run_tradeoff, series
from fpbench.report.figures.wins import _matrix, run_wins, votes_wins
from fpbench.report.motion import motion_flags
from fpbench.report.paired import paired_table
from fpbench.report.style import COLUMN_INCHES, PAGE_INCHES, drawing, line_style
from fpbench.runs.clips import read_frames
from fpbench.runs.publish import publish
from fpbench.runs.store import Store
from tests._stubs.motion import with_motion

PUBLISHED = Path(__file__).parents[2] / "results" / "published"


def texts(figure: Figure) -> list[str]:
    """Every text of a figure that is not empty."""
    return [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_text()]


def test_no_two_of_28_systems_look_alike():
    assert len({str(line_style(position)) for position in range(28)}) == 28


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("drift", "clips")])
def test_every_figure_is_vector_and_as_wide_as_asked(drift: RunData, kind: str):
    drift = load_run(PUBLISHED / "forgetting") if kind == "lag" else drift
    svg = draw_figure(drift.folder, kind, "svg", width="column").decode()
    inches = float(re.search(r'width="([\d.]+)pt"', svg).group(1)) / 72
    assert inches == pytest.approx(COLUMN_INCHES, abs=0.02)
    assert "<image" not in svg or kind == "wins"  # the cells of the matrix are the only pixels
    assert draw_figure(drift.folder, kind, "svg", width="column").decode() == svg


def test_curves_are_drawn_from_the_series(run: RunData):
    assert draw_figure(run.folder, "drift", "pdf").startswith(b"%PDF")


def test_forest_draws_the_paired_differences_with_their_intervals(drift: RunData):
    moving = with_motion(drift, {"repeat_i2v": 0.5})
    with drawing() as make:
        figure = run_forest(make, moving)
    table = paired_table(moving)
    inverted = next(row for row in table.rows if row.label == "framepack-inverted").values["lpips_truth.drift_abs"]
    axes = next(one for one in figure.axes if one.get_title(loc="left").startswith("Δ lpips_truth"))
    segments = [line.get_xdata() for line in axes.lines if len(line.get_xdata()) == 2]
    assert any(np.allclose(segment, (inverted.low, inverted.high)) for segment in segments)
    p = next(row for row in table.rows if row.label == "framepack-inverted").values["lpips_truth.drift_abs.p"].mean
    assert f"p {p:.3f}".replace("0.", ".") in texts(figure)
    assert any("fails the motion gate" in text for text in texts(figure))
    assert "repeat_i2v ○" in texts(figure)


def test_wins_count_tasks_and_add_up(drift: RunData):
    with drawing() as make:
        axes = run_wins(make, drift, "lpips_truth").axes[0]
    share = np.asarray(axes.images[0].get_array(), dtype=float)
    off = ~np.eye(len(share), dtype=bool)
    np.testing.assert_allclose((share + share.T)[off], 1)
    names = [label.get_text() for label in axes.get_yticklabels()]
    a, b = (drift.values(name, "lpips_truth") for name in ("repeat_i2v", "framepack-vanilla"))
    assert share[names.index("repeat_i2v"), names.index("framepack-vanilla")] == pytest.approx(np.mean(a < b))


def test_tradeoff_joins_the_points_of_a_matrix_and_empties_those_that_fail_the_gate(drift: RunData):
    assert series(["a", "b[x=1]", "b[x=2]", "c[y=1]"]) == {"b": ["b[x=1]", "b[x=2]"]}
    with drawing() as make:
        axes = run_tradeoff(make, drift).axes[0]
    curve = next(line for line in axes.lines if line.get_label() == "diffusion_forcing")
    drifts = [drift.values(f"diffusion_forcing[sigma={s}]", "lpips_truth", "drift_abs").mean() for s in (0.0, 0.1, 0.5)]
    np.testing.assert_allclose(curve.get_xdata(), drifts)
    still = motion_flags(drift)
    hollow = [container[0].get_markerfacecolor() == "white" for container in axes.containers]
    assert hollow == [name in still for name in drift.systems if drift.role(name) != "ceiling"]


def test_tradeoff_draws_drift_against_any_metric_and_motion_as_area(drift: RunData):
    with drawing() as make:
        axes = run_tradeoff(make, drift, "lpips_truth", "blur_effect").axes[0]
    assert axes.get_ylabel().startswith("blur_effect")
    points = {c.get_label(): c[0] for c in axes.containers if not c.get_label().startswith("_")}
    motion = {name: drift.values(name, "flow_top5").mean() for name in ("copy_last", "framepack-inverted")}
    assert motion["copy_last"] < motion["framepack-inverted"]
    assert points["copy_last"].get_markersize() < points["framepack-inverted"].get_markersize()


@pytest.mark.parametrize("width", [COLUMN_INCHES, PAGE_INCHES])
def test_settings_on_curves_do_not_cover_each_other(width: float):
    run = load_run(PUBLISHED / "tradeoff")
    with drawing() as make:
        figure = run_tradeoff(make, run, "lpips_truth", "revisit_lag25", width)
    figure.draw_without_rendering()
    named = [text for text in figure.axes[0].texts if not text.get_text().startswith("better")]
    boxes = [text.get_window_extent() for text in named]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    assert {"weight=3.0", "sigma=1.0", "32", "1024"} <= {text.get_text() for text in named}


def test_lags_are_drawn_with_their_intervals_and_what_was_not_measured_by_lag_says_so(drift: RunData):
    run = load_run(PUBLISHED / "forgetting")
    table = lag_table(run)
    with drawing() as make:
        axes = run_lag(make, run).axes[0]
    lines = {container.get_label(): container[0] for container in axes.containers}
    whiskers = {container.get_label(): container[2][0] for container in axes.containers}
    assert list(lines) == [row.label for row in table.rows]
    for row in table.rows:
        found = [row.values[column.key] for column in table.columns]
        assert list(lines[row.label].get_ydata()) == [value.mean for value in found]
        bars = [segment[:, 1] for segment in whiskers[row.label].get_segments()]
        np.testing.assert_allclose(bars, [(value.low, value.high) for value in found], atol=1e-12)
    hollow = {name for name, line in lines.items() if line.get_markerfacecolor() == "white"}
    assert hollow == set(motion_flags(run)) == {"copy_last"}
    with pytest.raises(FpbenchError, match="nothing was measured by lag"):
        draw_figure(drift.folder, "lag", "pdf")


def test_a_plan_is_the_one_the_clips_were_made_by(drift: RunData):
    plan = plan_of(drift, "framepack-inverted")
    assert (plan.order, plan.frames, len(plan.sections)) == ("inverted", 226, 25)
    assert latent_size(drift, "framepack-inverted") == (8, 12)
    card = drift.manifest.systems["framepack-inverted"]["card"]
    assert plan.sections[-5].context_tokens(8, 12) == card["context_tokens"]
    with drawing() as make:
        assert f"{card['context_tokens']}+216" in texts(plan_diagram(make, drift, "framepack-inverted"))


def test_clips_show_the_same_moments_of_every_system_task_by_task(run: RunData):
    store = Store.of(run.folder)
    with drawing() as make:
        figure = clips_figure(make, run, ["good", "truth", "broken"], tasks=5, frames=3, width=COLUMN_INCHES)
    said = texts(figure)
    seconds = [frame / float(str(run.manifest.world["fps"])) for frame in (0, 10, 19)]
    assert said[:3] == [f"{second:.1f} s" for second in seconds]
    tasks = list(dict.fromkeys(run.cells["task"]))[:5]
    rows = [[task, "good", "truth", "broken"] for task in tasks[:4]] + [[tasks[4], "good", "truth"]]  # the fifth failed
    assert said[3:] == [word for row in rows for word in row]
    pictures = figure.axes[0].images
    rows_of_cells = zip(*(run.cells[name] for name in ("task", "system", "seed", "clip")), strict=True)
    second = next(clip for *which, clip in rows_of_cells if which == [tasks[1], "truth", 0])
    np.testing.assert_array_equal(pictures[4].get_array(), strip(store.clip(second), [0, 10, 19]))
    figure.draw_without_rendering()
    boxes = [picture.get_window_extent() for picture in pictures]
    assert all(upper.y0 > lower.y1 for upper, lower in pairwise(boxes))
    assert figure.bbox.width >= max(box.x1 for box in boxes)
    labels = [text.get_window_extent() for text in figure.axes[0].texts if text.get_text() in ("good", "broken")]
    assert all(0 <= label.x0 < label.x1 < boxes[0].x0 for label in labels)
    assert boxes[0].height / boxes[0].width == pytest.approx(128 / (3 * 196))  # nothing is distorted


def test_clips_of_a_published_run_are_shown_from_its_previews(run: RunData, tmp_path: Path):
    there = publish(run.folder, tmp_path / "elsewhere" / "report", clips=1)
    with drawing() as make:
        figure = clips_figure(make, load_run(there), frames=2)
    assert texts(figure)[2:] == [run.cells["task"][0], *run.systems]  # the second task has none
    preview = next(iter(read_frames(Store(there).preview(run.cells["clip"][0]))))
    last = figure.axes[0].images[0].get_array()[:, 196 : 196 + 192]
    np.testing.assert_array_equal(last, cv2.resize(preview[19], (192, 128), interpolation=cv2.INTER_LANCZOS4))
    assert draw_figure(there, "clips", "jpg", frames=2) == draw_figure(there, "clips", "jpg", frames=2)


def test_clips_that_end_early_leave_the_rest_of_their_row_empty(run: RunData, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fpbench.report.figures.clips.load_facts", lambda store, clip: {"frames": 11})
    with drawing() as make:
        figure = clips_figure(make, run, ["good"], tasks=1, frames=3)
    assert figure.axes[0].images[0].get_array().shape == (128, 2 * 196, 3)


def test_cost_stays_flat_while_a_full_history_grows(drift: RunData):
    with drawing() as make:
        lines = {line.get_label(): line.get_ydata() for line in cost_figure(make, drift).axes[0].lines}
    assert set(lines["framepack-vanilla"][3:]) == {38}
    assert lines["everything, unpacked"][-1] == 217 * 24
    assert "sliding_window and 4 more" in lines  # equal plans are one line


@pytest.mark.parametrize("drawer", [votes_forest, votes_wins])
def test_votes_have_figures_too(tmp_path: Path, drawer):
    from fpbench.preference import elo_report

    rows = ["model_a,model_b,winner"]
    rows += ["a,b,model_a"] * 20 + ["a,b,model_b"] * 10 + ["b,c,model_a"] * 20 + ["b,c,model_b"] * 10
    rows += ["c,a,model_a"] * 5 + ["c,a,tie"] * 10 + ["c,a,model_b"] * 15
    (tmp_path / "votes.csv").write_text("\n".join(rows))
    with drawing() as make:
        figure = drawer(make, elo_report(tmp_path / "votes.csv"), PAGE_INCHES)
    assert {"a", "b", "c"} <= {text.split()[0] for text in texts(figure)}
    if drawer is votes_wins:
        assert "67" in texts(figure)  # a beat b in 20 of 30
        assert "33" in texts(figure)  # 5 wins and 10 ties of 30
    assert draw_figure(tmp_path / "votes.csv", "wins", "png").startswith(b"\x89PNG")
    with pytest.raises(FpbenchError, match="votes have the figures forest and wins"):
        draw_figure(tmp_path / "votes.csv", "plan", "pdf")


def test_curves_of_a_run_without_series_say_what_is_missing(drift: RunData, tmp_path: Path):
    bare = shutil.copytree(drift.folder, tmp_path / "bare", ignore=shutil.ignore_patterns("series.parquet", "clips"))
    with pytest.raises(FpbenchError, match=r"holds no series\.parquet"):
        draw_figure(bare, "drift", "pdf")


@pytest.mark.parametrize(
    ("kind", "how", "message"),
    [
        ("plan", {"systems": ["nobody"]}, "has no system 'nobody'"),
        ("plan", {"systems": ["truth"]}, "is no strategy, so it has no plan"),
        ("plan", {"systems": ["truth", "copy_last"]}, "of one system; choose one of truth, copy_last"),
        (
            "clips",
            {"systems": ["truth", "nobody"]},
            "no clips of nobody on its first 2 tasks; there are those",
        ),
        ("wins", {"metric": "beauty"}, "metric 'beauty' was not measured"),
        ("pie", {}, "known are drift"),
        ("plan", {"form": "gif"}, "format 'gif': known are pdf, svg, png, jpg"),
        ("plan", {"width": "wall"}, "width 'wall': known are column, page"),
    ],
)
def test_what_cannot_be_drawn_says_why(drift: RunData, kind: str, how: dict[str, str], message: str):
    with pytest.raises(FpbenchError, match=message):
        draw_figure(drift.folder, kind, how.pop("form", "pdf"), **how)


def test_many_systems_are_told_apart_by_family_inside_a_column():
    ablation = PUBLISHED / "ablation_packing"
    with drawing() as make:
        figure = run_tradeoff(make, load_run(ablation), width=COLUMN_INCHES)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert {"inverted order", "forward order, discrete history", "copy_last"} <= {*legend}
    assert len(legend) <= 6


def test_the_name_of_a_plan_fits_a_column(drift: RunData):
    with drawing() as make:
        figure = plan_diagram(make, drift, "framepack-inverted", width=COLUMN_INCHES)
    figure.draw_without_rendering()
    label = figure.axes[0].xaxis.label.get_window_extent()
    assert label.x0 >= 0
    assert label.x1 <= figure.bbox.x1


@pytest.mark.parametrize("width", [COLUMN_INCHES, PAGE_INCHES])
def test_a_matrix_of_many_systems_has_shades_and_no_numbers(width: float):
    ablation = load_run(PUBLISHED / "ablation_packing")
    with drawing() as make:
        figure = votes_matrix(make, list(ablation.systems), width)
    assert not [text for text in figure.axes[0].texts if text.get_text()]
    assert len(figure.axes) == 2  # the scale


def votes_matrix(make, names: list[str], width: float) -> Figure:
    share = np.full((len(names), len(names)), 0.7)
    return _matrix(make, names, share, set(), "made up; whatever", width)
