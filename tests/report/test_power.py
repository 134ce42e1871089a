"""What a run could find: against SciPy's noncentral t, by the command, and where nothing can be planned."""

import numpy as np
import pytest
from scipy.stats import nct, t
from typer.testing import CliRunner

from fpbench.cli import app
from fpbench.report.data import RunData
from fpbench.report.power import needed, power_table


def call(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["power", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def test_the_table_of_a_run(drift: RunData):
    table = power_table(drift, difference=0.1, tests=2)
    row = next(row for row in table.rows if row.label == "framepack-inverted").values
    differences = drift.values("framepack-inverted", "lpips_truth") - drift.values("framepack-vanilla", "lpips_truth")
    spread = differences.std(ddof=1)
    key = "lpips_truth.mean"
    assert row[f"{key}.spread"].mean == pytest.approx(spread)
    assert row[f"{key}.difference"].mean == pytest.approx(differences.mean())
    critical, shift = t.ppf(1 - 0.025 / 2, 11), row[f"{key}.detectable"].mean / spread * np.sqrt(12)
    assert nct.sf(critical, 11, shift) + nct.cdf(-critical, 11, shift) == pytest.approx(0.8, abs=1e-3)
    assert row[f"{key}.tasks"].mean == needed(0.1, spread, power=0.8, alpha=0.025)


def test_equal_systems_have_nothing_to_plan_for(drift: RunData):
    for difference, spread in ((0.0, 1.0), (1.0, 0.0), (1e-6, 1.0), (1.0, float("nan"))):
        assert np.isnan(needed(difference, spread, power=0.8, alpha=0.05))


def test_the_command_plans_without_a_run():
    code, out, _ = call("--spread", 0.08, "--difference", 0.05, "--tasks", 12)
    assert code == 0
    assert "23 tasks find a difference of 0.05 with 80% power" in out
    assert "12 tasks find a difference of 0.05 with 51% power" in out
    assert "23 tasks" in call("--spread", 0.08, "--tasks", 23)[1]


def test_the_command_prints_a_runs_table(drift: RunData):
    code, out, _ = call(drift.folder, "--format", "csv")
    assert (code, out.startswith("system,role,flags,lpips_truth.mean.difference")) == (0, True)


@pytest.mark.parametrize(
    "arguments",
    [(), ("--spread", 1), ("--spread", 0, "--tasks", 5), ("--spread", 1, "--difference", 0)],
)
def test_half_a_plan_is_refused(arguments: tuple[object, ...]):
    code, out, err = call(*arguments)
    assert (code, out, "give a RUN, or --spread SD" in err) == (2, "", True)


def test_a_run_knows_its_own_spread_and_tasks(drift: RunData):
    assert "are read from RUN" in call(drift.folder, "--tasks", 5)[2]
    assert "too small" in call("--spread", 1, "--difference", 1e-6)[2]
