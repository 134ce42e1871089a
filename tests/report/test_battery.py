"""The battery as text; ``FPBENCH_GOLDEN=write`` renews the page of metrics."""

import csv
import io
import os
import re
from pathlib import Path

from fpbench.metrics import card, groups
from fpbench.metrics.battery import Outcome, run_battery
from fpbench.metrics.degradations import DEGRADATIONS
from fpbench.metrics.specimens import FPS, specimens
from fpbench.report.battery import battery_csv, battery_table, failures, metric_page

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"


def test_the_page_of_metrics_is_up_to_date():
    if os.environ.get("FPBENCH_GOLDEN") == "write":
        PAGE.write_text(metric_page(), encoding="utf-8")
    assert PAGE.read_text("utf-8") == metric_page()


def test_the_page_has_a_formula_and_every_fact_of_every_card():
    page = metric_page()
    for name in [name for members in groups().values() for name in members]:
        section = re.search(rf"^### {name}\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL).group(1)
        one = card(name)
        assert one.formula
        assert f"    {one.formula}\n" in section
        assert (one.unit or "no unit") in section
        assert all(kind in section for kind, sign in one.signs.items() if sign == "0")


def test_misleading_directions_are_marked():
    page = metric_page()
    still = re.search(r"^\| flicker\\_mae \|(.*)\|$", page, re.MULTILINE).group(1).split("|")
    cells = dict(zip(DEGRADATIONS, (cell.strip() for cell in still), strict=True))
    assert cells["freeze"] == r"+\*"  # a frozen clip is perfectly steady
    assert cells["flicker"] == "−"
    assert cells["reverse"] == "0"


def test_the_table_tells_what_holds_what_does_not_and_what_was_never_declared():
    def one(kind, expected, changes):
        return Outcome("flicker_mae", kind, expected, changes, tuple(False for _ in changes))

    outcomes = [one("blur", "+", (1.0, 1.0)), one("noise", "-", (-1.0, 1.0)), one("exposure", "?", (-1.0, -1.0))]
    row = re.search(r"^\| flicker\\_mae \|(.*)\|$", battery_table(outcomes), re.MULTILINE).group(1).split("|")
    assert [cell.strip() for cell in row[:4]] == [r"+\*", "− 50%!", "(−)", ""]
    assert "2 clips; 1 of 2 declared signs hold" in battery_table(outcomes)
    assert [found.degradation for found in failures(outcomes)] == ["noise"]


def test_csv_carries_what_was_measured():
    outcomes = run_battery(specimens(1), fps=FPS, metrics=["luma_mean"])
    rows = list(csv.DictReader(io.StringIO(battery_csv(outcomes))))
    assert [row["degradation"] for row in rows] == list(DEGRADATIONS)
    for row, one in zip(rows, outcomes, strict=True):
        assert float(row["mean_change"]) == one.changes[0]
        assert (row["declared"], row["observed"]) == (one.expected, one.observed)
