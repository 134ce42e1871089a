import numpy as np
import pyarrow.parquet as pq
import pytest

from fpbench.errors import FpbenchError
from fpbench.report import results
from fpbench.report.data import RunData, load_run
from fpbench.report.motion import FROZEN, motion_flags
from fpbench.report.outputs import results_of
from fpbench.report.results import results_table
from fpbench.report.table import Row, Table


def row(table: Table, name: str) -> Row:
    return next(row for row in table.rows if row.label == name)


def best(table: Table, column: str) -> set[str]:
    return {row.label for row in table.rows if row.values[column].best}


def test_a_mean_is_the_mean_over_tasks_of_the_stored_series(run: RunData):
    series = pq.read_table(run.folder / "series.parquet").to_pylist()
    wanted = [one for one in series if (one["system"], one["metric"]) == ("bad", "contrast_rms")]
    by_task: dict[str, list[float]] = {}
    for one in wanted:
        by_task.setdefault(one["task"], []).append(one["value"])
    expected = np.mean([np.mean(values) for values in by_task.values()])
    value = row(results_table(run), "bad").values["contrast_rms.mean"]
    assert value.mean == pytest.approx(expected)
    assert value.low < value.mean < value.high


def test_drift_is_the_contrast_of_the_first_and_last_window(run: RunData):
    series = pq.read_table(run.folder / "series.parquet").to_pylist()
    clips: dict[tuple[str, int], list[float]] = {}
    for one in series:
        if (one["system"], one["metric"]) == ("bad", "contrast_rms"):
            clips.setdefault((one["task"], one["seed"]), []).append(one["value"])
    expected = np.mean([np.mean(values[-3:]) - np.mean(values[:3]) for values in clips.values()])
    values = row(results_table(run), "bad").values
    assert values["contrast_rms.drift_signed"].mean == pytest.approx(expected)
    assert values["contrast_rms.drift_abs"].mean == pytest.approx(-expected)


def test_ceilings_floors_and_frozen_systems_are_never_best(run: RunData):
    table, drift = results_table(run), "contrast_rms.drift_abs"
    assert motion_flags(run) == {"still": FROZEN}
    assert row(table, "still").flags == ("frozen",)
    for column in ("psnr_truth.mean", drift):
        assert best(table, column) == {"good", "broken"}  # half of the tasks are too few to tell broken from good
    assert row(table, "still").values[drift].mean < row(table, "good").values[drift].mean  # the gate was needed


def test_two_sided_and_motion_columns_are_not_ranked(run: RunData):
    ranked = {
        column.key for column in results_table(run, everything=True).columns if column.direction in ("up", "down")
    }
    assert "psnr_truth.mean" in ranked
    assert not ranked & {"contrast_rms.mean", "flow_top5.mean", "freeze_frac.mean"}


def test_motion_stands_beside_drift(run: RunData):
    assert {"flow_top5.mean", "freeze_frac.mean"} <= {column.key for column in results_table(run).columns}


def test_what_a_metric_rests_on_stands_beside_it_once(run: RunData, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(results, "RESTS_ON", {"contrast_rms": "freeze_frac", "luma_mean": "not_measured"})
    keys = [column.key for column in results_table(run).columns]
    assert keys.index("freeze_frac.mean") == keys.index("contrast_rms.mean") + 1
    assert len(keys) == len(set(keys))


def test_failures_are_counted(run: RunData):
    table = results_table(run)
    assert row(table, "broken").flags == ("8 failed",)
    assert row(table, "broken").values["psnr_truth.mean"].coverage == 0.5
    assert "72 of 80 cells measured, 8 failed" in table.notes[0]
    assert run.manifest.id in table.notes[0]


def test_an_unknown_layout_is_refused(run: RunData):
    with pytest.raises(FpbenchError, match="known are results, all, paired, gain, lag, paper1, paper2, leaderboard"):
        results_of(run.folder, "leaderbord")


def test_a_damaged_or_missing_run_is_explained(run: RunData, tmp_path):
    with pytest.raises(FpbenchError, match="not a run"):
        load_run(tmp_path)
    for name in ("run.json", "cells.parquet"):
        (tmp_path / name).write_bytes((run.folder / name).read_bytes())
    (tmp_path / "summary.parquet").write_bytes(b"PAR1")
    with pytest.raises(FpbenchError, match=r"summary\.parquet: unreadable"):
        load_run(tmp_path)
    manifest = (tmp_path / "run.json").read_text()
    (tmp_path / "run.json").write_text(manifest.replace('"schema_version": 1', '"schema_version": 99', 1))
    with pytest.raises(FpbenchError, match="schema version 99; this fpbench reads 1"):
        load_run(tmp_path)
    (tmp_path / "run.json").write_text(manifest.replace('"status": "failed"', '"status": "running"'))
    with pytest.raises(FpbenchError, match=r"not finished .* continue: fpbench resume"):
        load_run(tmp_path)
