from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from fpbench.cli import app
from fpbench.errors import FpbenchError
from fpbench.report.data import RunData
from fpbench.report.versus import versus


def shifted(run: RunData, by: float, **protocol: object) -> RunData:
    """The run with another PSNR for system "bad" and another protocol."""
    columns = zip(*(run.summary[name] for name in ("system", "metric", "mean")), strict=True)
    means = [mean + by * ((system, metric) == ("bad", "psnr_truth")) for system, metric, mean in columns]
    manifest = run.manifest.model_copy(update={"id": "other", "protocol": {**run.manifest.protocol, **protocol}})
    return replace(run, manifest=manifest, summary={**run.summary, "mean": means})


def test_differences_are_second_minus_first_over_shared_tasks(run: RunData):
    table = versus(run, shifted(run, 2.5))
    values = {row.label: row.values for row in table.rows}
    assert values["bad"]["psnr_truth.mean"].mean == pytest.approx(2.5)
    assert values["bad"]["psnr_truth.mean.p"].mean == pytest.approx(3 * 2 / 2**8)  # Holm over three systems
    assert values["good"]["psnr_truth.mean"].mean == 0.0
    assert "psnr_truth.mean.p" not in values["truth"]
    assert "other minus" in table.notes[0]


def test_only_what_can_be_paired_is_paired(run: RunData):
    tasks = {**run.manifest.protocol["tasks"], "frames": 21}
    with pytest.raises(FpbenchError, match=r"tasks\.frames is 20 in the first run and 21 in the second"):
        versus(run, shifted(run, 0, tasks=tasks))
    with pytest.raises(FpbenchError, match="world is 'stub' in the first run and 'doom' in the second"):
        versus(run, shifted(run, 0, world="doom"))
    other = shifted(run, 0)
    metrics = dict(other.manifest.metrics)
    metrics["psnr_truth"] = metrics["psnr_truth"] | {"version": 99}
    newer = replace(other, manifest=other.manifest.model_copy(update={"metrics": metrics}))
    table = versus(run, newer)
    assert not any(column.key.startswith("psnr_truth") for column in table.columns)
    assert "different versions: psnr_truth" in table.notes[-1]
    assert np.isfinite(table.rows[0].values["contrast_rms.mean"].mean)


def test_the_command_says_what_differs_and_ends_with_3_where_nothing_pairs(run: RunData, drift: RunData):
    result = CliRunner().invoke(app, ["compare", str(run.folder), str(run.folder), "--format", "csv"])
    assert (result.exit_code, "are the same" in result.stderr) == (0, True)
    assert result.stdout.startswith("system,role,flags,psnr_truth.mean,")
    result = CliRunner().invoke(app, ["compare", str(run.folder), str(drift.folder)])
    assert result.exit_code == 3
    assert "protocol.world: stub -> doom" in result.stderr
    assert "not comparable: world" in result.stderr
