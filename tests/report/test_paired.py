from dataclasses import replace

import numpy as np
import pytest

from fpbench.errors import FpbenchError
from fpbench.report.data import RunData
from fpbench.report.paired import paired_table


def test_a_difference_is_the_mean_of_task_differences(run: RunData):
    table = paired_table(run)
    values = {row.label: row.values for row in table.rows}
    expected = np.mean(run.values("bad", "psnr_truth") - run.values("good", "psnr_truth"))
    found = values["bad"]["psnr_truth.mean"]
    assert found.mean == pytest.approx(expected)
    assert found.high < 0
    assert "good" not in values


def test_p_values_are_adjusted_among_systems_only(run: RunData):
    values = {row.label: row.values for row in paired_table(run).rows}
    assert values["bad"]["psnr_truth.mean.p"].mean == pytest.approx(2 * 2 / 2**8)  # all 8 signs agree; 2 systems
    assert "psnr_truth.mean.p" not in values["truth"]
    assert "psnr_truth.mean.p" not in values["still"]


def test_a_protocol_without_reference_has_no_such_table(run: RunData):
    manifest = run.manifest.model_copy(update={"protocol": {**run.manifest.protocol, "reference": None}})
    with pytest.raises(FpbenchError, match="names no 'reference:' system"):
        paired_table(replace(run, manifest=manifest))
