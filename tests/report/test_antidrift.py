"""Gains against the reference and numbers by lag, as tables of a run."""

from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from fpbench.cli import app
from fpbench.errors import FpbenchError
from fpbench.report.antidrift import gain_table
from fpbench.report.by_lag import lag_table
from fpbench.report.data import RunData
from fpbench.report.outputs import results_of


def without(run: RunData, **protocol: object) -> RunData:
    manifest = run.manifest.model_copy(update={"protocol": {**run.manifest.protocol, **protocol}})
    return replace(run, manifest=manifest)


def test_the_gain_is_the_share_of_the_reference_drift_where_both_move_alike(drift: RunData):
    table = gain_table(drift)
    row = next(row for row in table.rows if row.label == "framepack-inverted").values
    ours, theirs = (
        drift.values(name, "lpips_truth", "drift_abs") for name in ("framepack-inverted", "framepack-vanilla")
    )
    motion = [drift.values(name, "flow_top5") for name in ("framepack-inverted", "framepack-vanilla")]
    alike = np.maximum(*motion) <= 1.5 * np.minimum(*motion)
    assert row["lpips_truth.matched"].mean == pytest.approx(alike.mean())
    assert row["lpips_truth.gain"].mean == pytest.approx(1 - ours[alike].mean() / theirs[alike].mean())
    assert row["lpips_truth.gain"].low < row["lpips_truth.gain"].mean < row["lpips_truth.gain"].high


def test_a_frozen_system_matches_nowhere_and_gains_nothing(drift: RunData):
    (row,) = (row for row in gain_table(drift).rows if row.label == "copy_last")
    assert (row.flags, row.values["lpips_truth.matched"].mean) == (("frozen",), 0)
    assert np.isnan(row.values["lpips_truth.gain"].mean)


def test_without_reference_or_motion_there_is_no_gain(drift: RunData):
    with pytest.raises(FpbenchError, match="names no 'reference:'"):
        gain_table(without(drift, reference=None))
    metrics = {name: facts for name, facts in drift.manifest.metrics.items() if name != "flow_top5"}
    still = replace(drift, manifest=drift.manifest.model_copy(update={"metrics": metrics}))
    with pytest.raises(FpbenchError, match="flow_top5 was not measured"):
        gain_table(still)


def by_lag(run: RunData) -> RunData:
    """The run with its PSNR and contrast as if they were measured at lags."""
    names = {"psnr_truth": "revisit_lag15", "contrast_rms": "revisit_lag2", "flow_top5": "likeness_4s"}
    metrics = {names.get(name, name): facts for name, facts in run.manifest.metrics.items()}
    summary = {**run.summary, "metric": [names.get(name, name) for name in run.summary["metric"]]}
    return replace(run, manifest=run.manifest.model_copy(update={"metrics": metrics}), summary=summary)


def test_what_is_measured_by_lag_stands_in_order_of_lag(run: RunData):
    table = lag_table(by_lag(run))
    assert [(column.key, column.title) for column in table.columns] == [
        ("revisit_lag2.mean", "2"),
        ("revisit_lag15.mean", "15"),
        ("likeness_4s.mean", "4"),
    ]
    assert len({column.group for column in table.columns}) == 2
    good = next(row for row in table.rows if row.label == "good")
    assert good.values["revisit_lag15.mean"].mean == pytest.approx(run.values("good", "psnr_truth").mean())


def test_a_run_without_lags_says_what_to_measure(run: RunData):
    with pytest.raises(FpbenchError, match="measure the groups forgetting or lag"):
        results_of(run.folder, layout="lag")


def test_the_command_prints_both(drift: RunData):
    result = CliRunner().invoke(app, ["table", str(drift.folder), "--layout", "gain", "--format", "csv"])
    assert result.exit_code == 0
    assert result.stdout.startswith("system,role,flags,blur_effect.gain,")
