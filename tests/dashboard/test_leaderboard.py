from __future__ import annotations

import re
from dataclasses import replace

from dashboard import leaderboard
from dashboard.theme import LIGHT
from fpbench.report.table import Column, Row, Table, Value

UP = Column("psnr.mean", "psnr", "up", "dB", 2)


def table(*rows: Row) -> Table:
    return Table("t", (UP,), rows)


def row(name: str, mean: float, role: str = "system", flags: tuple[str, ...] = (), **how: object) -> Row:
    return Row(name, {UP.key: Value(mean, mean - 1, mean + 1, **how)}, role, flags)  # type: ignore[arg-type]


def test_the_best_that_moves_comes_first_between_ceilings_and_floors() -> None:
    rows = (row("low", 1), row("floor", 99, "floor"), row("high", 5), row("still", 7, flags=("frozen",)))
    everything = table(*rows, row("top", 9, "ceiling"), row("unknown", float("nan")))
    order = [one.label for one in leaderboard.ranked(everything, UP.key)]
    assert order == ["top", "high", "low", "unknown", "still", "floor"]


def test_downward_columns_are_ranked_downwards() -> None:
    down = Column("blur.mean", "blur", "down")
    rows = tuple(Row(str(mean), {"blur.mean": Value(mean)}) for mean in (0.5, 0.1, 0.9))
    order = leaderboard.ranked(Table("t", (down,), rows), "blur.mean")
    assert [one.label for one in order] == ["0.1", "0.5", "0.9"]


def test_the_leading_systems_keep_ceilings_and_floors() -> None:
    rows = (row("top", 9, "ceiling"), row("a", 3), row("b", 2), row("b", 2), row("floor", 0, "floor"))
    assert [one.label for one in leaderboard.best_of(rows, 2)] == ["top", "a", "b", "floor"]
    assert leaderboard.best_of(rows, 9) == list(rows)


def test_intervals_lie_on_the_scale_of_their_column() -> None:
    shown = table(row("a", 1.0), row("b", 11.0))
    html = leaderboard.render(shown, shown.rows, {}, LIGHT, best="#000000")
    spans = [tuple(map(float, pair)) for pair in re.findall(r"--l:([\d.]+)px;--w:([\d.]+)px", html)]
    assert len(spans) == 2
    (first, wide), (second, other) = spans
    assert wide == other
    # the column spans 0 to 12 on 78 pixels after a margin of 3, so a step of 10 is 65 pixels
    assert first == 3
    assert abs(second - first - 65) < 0.1


def test_a_ceiling_does_not_stretch_the_scale_and_is_not_drawn_outside_it() -> None:
    def strips(*rows: Row) -> list[str]:
        shown = table(*rows)
        html = leaderboard.render(shown, shown.rows, {}, LIGHT, best="#000000")
        return re.findall(r'<i aria-hidden="true" style="([^"]+)"', html)

    systems = row("a", 1.0), row("b", 11.0)
    assert strips(replace(row("truth", 900.0), role="ceiling"), *systems) == strips(*systems)
    assert len(strips(replace(row("truth", 9.0), role="ceiling"), *systems)) == 3


def test_marks_coverage_and_markup() -> None:
    shown = table(row("<b>", 2.0, best=True, coverage=0.5), row("c", float("inf")))
    html = leaderboard.render(shown, shown.rows, {}, LIGHT, best="#123456")
    assert "&lt;b&gt;" in html
    assert "(50% of clips)" in html
    assert html.count(leaderboard.BEST) == 1
    assert "∞" in html
