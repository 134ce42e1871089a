"""Every format of one nasty table against golden files; ``FPBENCH_GOLDEN=write`` rewrites them for review."""

import csv
import io
import math
import os
import re
from pathlib import Path

import pytest
from rich.console import Console

from fpbench.errors import FpbenchError
from fpbench.report import FORMATS, Column, Row, Table, Value, render
from fpbench.report.outputs import results_of
from fpbench.report.terminal import show

PUBLISHED = Path(__file__).parents[2] / "results" / "published" / "drift"
GOLDEN = Path(__file__).parents[1] / "golden" / "report"
NAN = float("nan")
TABLE = Table(
    title="Nasty_table: 50 % & #1 ~ $x^2$ <b>",
    columns=(
        Column("psnr.mean", "psnr_truth", "up", "dB", 2),
        Column("psnr.drift", "Δ psnr", "down", "dB", 2),
        Column("luma.mean", "luma #2", "two-sided", "0-255", 1),
        Column("freeze.mean", "freeze 100%", "none", "", 3, interval=False, group="Motion_&_more"),
        Column("flow.mean", "flow", "none", "side/256 per 1/8 s", 2, group="Motion_&_more"),
    ),
    rows=(
        Row("truth", {"psnr.mean": Value(math.inf), "psnr.drift": Value(0.0, 0.0, 0.0)}, "ceiling"),
        Row(
            "diffusion_forcing[sigma=0.1]",
            {
                "psnr.mean": Value(21.456, 21.0, 21.9, best=True),
                "psnr.drift": Value(-0.001, -0.01, 0.008, best=True),
                "luma.mean": Value(-0.04, -0.04, -0.04),
                "freeze.mean": Value(0.5, 0.4, 0.6, coverage=0.75),
                "flow.mean": Value(123.4, 111.1, 135.7),
            },
            group="50 % & #1_group",
        ),
        Row(
            "50%_off & co #1 {x} \\y ~z^2 $5 <i>|*",
            {"psnr.mean": Value(NAN, NAN, NAN, coverage=0.0), "psnr.drift": Value(-1.5, -2.0, -1.0)},
            flags=("frozen", "2 failed"),
            group="50 % & #1_group",
        ),
        Row(
            "second", {"psnr.mean": Value(1.0, 0.9, 1.1, second=True), "psnr.drift": Value(0.5, 0.4, 0.6, second=True)}
        ),
        Row("copy_last", {}, "floor", flags=("frozen",)),
    ),
    notes=("Run nasty_1: 3 tasks, 2 of 12 cells failed & counted.", "± is half the 95 % interval; Δ: start - end."),
)


def terminal(table: Table) -> str:
    buffer = io.StringIO()
    show(table, Console(file=buffer, width=200, color_system=None))
    return "\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n"


@pytest.mark.parametrize(("form", "name"), [*((form, f"nasty.{form}") for form in FORMATS), ("terminal", "nasty.txt")])
def test_rendering_is_as_reviewed(form: str, name: str):
    text = terminal(TABLE) if form == "terminal" else render(TABLE, form)
    if os.environ.get("FPBENCH_GOLDEN") == "write":
        (GOLDEN / name).write_text(text, encoding="utf-8")
    assert text == (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["markdown", "latex", "html", "terminal"])
def test_no_negative_zero_is_printed(form: str):
    text = terminal(TABLE) if form == "terminal" else render(TABLE, form)
    assert "0.0" in text
    assert "-0.0 " not in text
    assert "-0.00" not in text
    assert "$-$0.0" not in text


@pytest.mark.parametrize("width", [70, 90, 130])
def test_a_narrow_terminal_shows_every_number_whole(width: int):
    buffer = io.StringIO()
    show(results_of(PUBLISHED), Console(file=buffer, width=width, force_terminal=True, color_system=None))
    lines = buffer.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    whole = terminal(results_of(PUBLISHED))
    numbers = re.compile(r"-?\d+\.\d+(?: ± \d+\.\d+)?")
    body = [line for line in lines if line.startswith((" framepack-vanilla", "framepack-vanilla"))]
    expected = next(line for line in whole.splitlines() if "framepack-vanilla" in line)
    assert [found for line in body for found in numbers.findall(line)] == numbers.findall(expected)
    if width >= 90:  # sign and floor stay beside their drift
        assert all(line.index("Δ") < line.index("signed") for line in lines if " signed " in line)


def test_csv_keeps_every_digit_and_tells_missing_from_undefined():
    rows = {row["system"]: row for row in csv.DictReader(io.StringIO(render(TABLE, "csv")))}
    assert float(rows["diffusion_forcing[sigma=0.1]"]["psnr.drift"]) == -0.001
    assert rows["50%_off & co #1 {x} \\y ~z^2 $5 <i>|*"]["psnr.mean"] == "nan"
    assert rows["copy_last"]["psnr.mean"] == ""
    assert rows["truth"]["psnr.mean"] == "inf"
    assert rows["diffusion_forcing[sigma=0.1]"]["freeze.mean_coverage"] == "0.75"


def test_only_escaped_specials_are_left_in_latex():
    body = render(TABLE, "latex").split(r"\midrule")[1].split(r"\bottomrule")[0]
    for line in body.strip().splitlines():
        spanning = line.startswith((r"\multicolumn", r"\addlinespace"))
        assert line.count("&") - line.count(r"\&") == (0 if spanning else len(TABLE.columns)), line
        assert line.count("%") == line.count(r"\%"), line
        assert line.count("#") == line.count(r"\#"), line
        assert line.count("_") == line.count(r"\_"), line


def test_an_unknown_format_is_refused():
    with pytest.raises(FpbenchError, match="known are markdown, csv, latex, html"):
        render(TABLE, "latx")


def test_latex_sets_a_very_wide_table_as_several_and_its_notes_once() -> None:
    columns = tuple(Column(f"m{k}.mean", f"m{k}") for k in range(30))
    table = Table("Wide", columns, (Row("a", {column.key: Value(1.0) for column in columns}),), notes=("the note",))
    text = render(table, "latex")
    assert text.count(r"\begin{table}") == text.count(r"\end{table}") == 3
    assert text.count("the note") == 1
    assert "Wide (1 of 3)." in text
    assert all(text.count(f"m{k} ") + text.count(f"m{k}}}") >= 1 for k in range(30))


def test_latex_keeps_the_columns_of_a_metric_in_one_table() -> None:
    columns = tuple(Column(f"m{k}.{part}", f"m{k}{part}") for k in range(6) for part in "abcd")
    text = render(Table("Wide", columns, (Row("a", {column.key: Value(1.0) for column in columns}),)), "latex")
    tables = text.split(r"\begin{table}")[1:]
    assert [sum(f"m{k}a" in one for k in range(6)) for one in tables] == [3, 3]
    assert all(sum(f"m{k}{part}" in one for one in tables) == 1 for k in range(6) for part in "abcd")
    assert all(f"m{k}d" in one for one in tables for k in range(6) if f"m{k}a" in one)
