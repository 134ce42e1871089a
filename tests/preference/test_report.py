"""The board made of a vote log."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fpbench.preference import elo_report, rate
from fpbench.preference.errors import RatingError, UnboundedError
from fpbench.preference.report import side_is_identifiable, tie_conventions
from fpbench.preference.simulate import Crowd, simulate
from fpbench.preference.votes import RaterKind, Votes


def test_a_board_orders_by_the_primary_model() -> None:
    report = rate(simulate(np.array([-1.0, 0.0, 1.0]), 900, seed=0), orders=20)
    table = report.as_table()
    assert [row["system"] for row in table] == ["item02", "item01", "item00"]
    assert [row["rank"] for row in table] == ["1", "2", "3"]
    assert all(row["low"] < row["rating"] < row["high"] for row in table)  # type: ignore[operator]
    assert sum(row["votes"] for row in table) == 1800  # type: ignore[misc]
    assert np.mean([row["rating"] for row in table]) == pytest.approx(1000)


def test_half_a_win_for_a_tie_shrinks_the_scale() -> None:
    votes = simulate(np.array([-0.8, 0.0, 0.8]), 3000, seed=1, crowd=Crowd(tie=0.3))
    table = tie_conventions(votes, side=True)
    spread = {name: ratings["item02"] - ratings["item00"] for name, ratings in table.items()}
    assert spread["Bradley-Terry, ties half"] < 0.85 * spread["Davidson"]
    assert spread["Bradley-Terry, ties dropped"] == pytest.approx(spread["Davidson"], rel=0.1)


def test_a_board_without_a_rating_still_shows_the_papers_column() -> None:
    report = rate(Votes.of(["a"] * 9, ["b"] * 9, ["left"] * 9), orders=5)
    assert isinstance(report.failure, UnboundedError)
    assert report.as_table()[0]["system"] == "a"
    assert report.as_table()[0]["rating"] is None
    assert any("no Davidson rating" in note for note in report.notes)


def test_an_automatic_board_is_watermarked() -> None:
    votes = simulate(np.zeros(3), 300, seed=2)
    report = rate(replace(votes, kind=RaterKind.AUTOMATIC), orders=5)
    assert report.notes[0].startswith("AUTOMATIC JUDGE")
    assert not any("AUTOMATIC" in note for note in rate(votes, orders=5).notes)


def test_canonical_order_cannot_show_a_side_bias() -> None:
    votes = simulate(np.zeros(3), 300, seed=3)
    ordered = replace(votes, left=np.minimum(votes.left, votes.right), right=np.maximum(votes.left, votes.right))
    assert side_is_identifiable(votes)
    assert not side_is_identifiable(ordered)
    assert rate(ordered, orders=5).fit is not None


def test_a_file_is_rated_in_one_call(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    rows = ["a,b,a"] * 5 + ["b,a,a"] * 4 + ["a,b,b"] * 3 + ["b,a,tie", "a,a,tie"]
    path.write_text("left,right,winner\n" + "\n".join(rows) + "\n", "utf-8")
    report = elo_report(path, orders=10)
    assert report.as_table()[0]["system"] == "a"
    assert "skipped 1 rows: item against itself" in report.notes
    assert {row["system"] for row in report.conventions_table()} == {"a", "b"}


def test_no_votes_are_refused() -> None:
    with pytest.raises(RatingError, match="no votes"):
        rate(Votes.of([], [], []))
