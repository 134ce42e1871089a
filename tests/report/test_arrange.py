"""Layouts filled with a run of stubs and with the published run."""

from dataclasses import replace
from pathlib import Path

import pytest

from fpbench.errors import FpbenchError
from fpbench.report.arrange import FRAME, arrange
from fpbench.report.data import RunData
from fpbench.report.layout import BUILT_IN, Layout, load_layout
from fpbench.report.outputs import results_of
from fpbench.report.published import VERY_MODEL, printed_row, published
from fpbench.report.table import Table


def layout(**content: object) -> Layout:
    return Layout.model_validate(content)


def row_of(table: Table, label: str) -> dict[str, float]:
    return {key: value.mean for row in table.rows if row.label == label for key, value in row.values.items()}


def test_the_papers_numbers_stand_beside_the_same_configuration_only(drift: RunData):
    table = arrange([drift], load_layout("paper1"))
    inverted = row_of(table, "f1k1_x_g9_f1k1f2k2f16k4_td")
    assert (inverted["paper.clarity"], inverted["paper.elo_k32"]) == (70.73, 1225)
    assert inverted["lpips_truth.mean"] == pytest.approx(
        row_of(results_of(drift.folder), "framepack-inverted")["lpips_truth.mean"]
    )
    printed = {row.label for row in table.rows if any(key.startswith("paper.") for key in row.values)}
    assert printed == {"td_f16k4f2k2f1k1_g9", "f1k1_x_g9_f1k1f2k2f16k4_td"}
    groups = list(dict.fromkeys(row.group for row in table.rows))
    assert groups == [FRAME, "Vanilla sampling", "Inverted anti-drifting sampling", "Other strategies"]


@pytest.mark.parametrize(
    ("changes", "printed"),
    [
        ({}, True),
        ({"importance": {"by": "similarity"}}, False),
        ({"guidance": [{"weight": 2.0, "level": None, "window": "all"}]}, False),
        ({"history": {"sigma": 0.1}}, False),
        ({"pack": "td_f16k4f2k2f1k1_g8"}, False),
    ],
)
def test_one_changed_setting_is_another_configuration(drift: RunData, changes: dict[str, object], printed: bool):
    systems = dict(drift.manifest.systems)
    vanilla = systems["framepack-vanilla"]
    strategy = vanilla["card"]["strategy"] | changes
    systems["framepack-vanilla"] = vanilla | {"card": vanilla["card"] | {"strategy": strategy}}
    run = replace(drift, manifest=drift.manifest.model_copy(update={"systems": systems}))
    assert (printed_row(run, "framepack-vanilla", 1) is not None) is printed


def test_rivals_are_matched_by_method_and_sigma(drift: RunData):
    table = arrange([drift], load_layout("paper2"))
    assert row_of(table, "repeat_i2v")["paper.elo_k32"] == 1016
    assert row_of(table, "diffusion_forcing[sigma=0.5]")["paper.elo_k32"] == 1174
    assert "paper.elo_k32" not in row_of(table, "sliding_window")
    assert any("at second hand" in note for note in table.notes)


@pytest.mark.parametrize(("params", "printed"), [({}, True), ({"kind": "fixed"}, True), ({"kind": "ema"}, False)])
def test_only_a_fixed_anchor_frame_is_the_paper_s(drift: RunData, params: dict[str, str], printed: bool):
    spec = drift.manifest.systems["repeat_i2v"] | {"use": "anchor_frames", "params": params}
    systems = drift.manifest.systems | {"anchored": spec}
    run = replace(drift, manifest=drift.manifest.model_copy(update={"systems": systems}))
    assert (printed_row(run, "anchored", 2) is not None) is printed


def test_every_number_of_the_paper_is_read():
    rows = {(row.version, row.table): 0 for row in published()}
    for row in published():
        rows[row.version, row.table] += len(row.values)
    assert rows["v1", 1] == 30 * 13
    assert rows["v1", 2] == 6 * 13


def test_no_column_of_a_proxy_carries_a_name_of_the_paper(drift: RunData):
    for name in ("paper1", "paper2"):
        for column in arrange([drift], load_layout(name)).columns:
            if not column.key.startswith("paper."):
                assert column.title.removeprefix("Δ ") not in VERY_MODEL


def test_a_proxy_may_not_be_called_by_a_name_of_the_paper():
    with pytest.raises(ValueError, match="belongs to clarity_musiq_spaq"):
        layout(columns=[{"metric": {"blur_effect": "Clarity"}}])
    with pytest.raises(ValueError, match="belongs to clarity_musiq_spaq"):
        layout(columns=[{"metric": "blur_effect", "title": "Δ clarity"}])
    assert layout(columns=[{"metric": {"clarity_musiq_spaq": "Clarity"}}])


def test_the_leaderboard_puts_the_gated_below_and_the_floor_last(drift: RunData, run: RunData):
    still = [row.label for row in arrange([drift], load_layout("leaderboard")).rows]
    assert (still[0], still[-1]) == ("truth", "copy_last")
    table = arrange([run], load_layout("leaderboard"))
    assert [row.label for row in table.rows] == ["truth", "good", "bad", "broken", "still"]
    quality = [row_of(table, name)["psnr_truth.mean"] for name in ("good", "bad", "broken")]
    assert quality == sorted(quality, reverse=True)


def test_several_runs_stand_below_each_other_and_are_marked_apart(drift: RunData, run: RunData):
    columns = layout(columns=[{"metric": "psnr_truth"}])
    table = arrange([drift, run], columns)
    assert [row.group for row in table.rows] == [drift.manifest.id] * 10 + [run.manifest.id] * 5
    marks, apart = (
        [row.values["psnr_truth.mean"].best for one in tables for row in one.rows]
        for tables in ([table], [arrange([drift], columns), arrange([run], columns)])
    )
    assert marks == apart  # as without the other run
    assert {row.label for row, best in zip(table.rows[10:], marks[10:], strict=True) if best} == {"good", "broken"}
    assert sum(note.startswith("Run ") for note in table.notes) == 2
    with pytest.raises(FpbenchError, match="given twice"):
        arrange([drift, drift], load_layout("leaderboard"))
    with pytest.raises(FpbenchError, match="declare different metrics for quality"):
        arrange([drift, run], load_layout("leaderboard"))
    with pytest.raises(FpbenchError, match="is of one run"):
        results_of([drift.folder, run.folder], "results")


def test_a_metric_that_was_not_measured_is_an_error_unless_optional(run: RunData):
    with pytest.raises(FpbenchError, match="did you mean 'psnr_truth'"):
        arrange([run], layout(columns=[{"metric": "psnr_trut"}]))
    columns = [{"metric": "nothing", "optional": True}, {"metric": {"nothing": "N", "psnr_truth": "P"}, "digits": 0}]
    (column,) = arrange([run], layout(columns=columns)).columns
    assert (column.key, column.title, column.digits) == ("psnr_truth.mean", "P", 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("columns: [{metric: a, cost: context_tokens}]", "columns.0: needs exactly one of"),
        ("columns: [{metric: a, part: men}]", "columns.0: part 'men': known are mean"),
        ("columns: []", "columns: "),
        ("columns: [{metrc: a, cost: context_tokens}]", "columns.0.metrc: Extra inputs"),
        ("columns: [", "not YAML"),
    ],
)
def test_a_bad_layout_file_names_file_and_place(tmp_path: Path, text: str, message: str):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(FpbenchError) as caught:
        load_layout(str(tmp_path / "mine.yaml"))
    assert str(tmp_path / "mine.yaml") in str(caught.value)
    assert message in str(caught.value)


def test_every_built_in_layout_can_be_read():
    assert all(load_layout(name).columns for name in BUILT_IN)
