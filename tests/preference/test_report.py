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
    assert any(note.startswith("There is no rating by Davidson's model: ") for note in report.notes)
    assert not any("intervals" in note or "Rating:" in note for note in report.notes)


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
    told = rate(ordered, orders=5)
    assert told.fit is not None
    assert any(note.startswith("Side bias: not corrected for.") for note in told.notes)


def test_notes_say_in_shares_of_votes_what_the_model_says_in_log_odds() -> None:
    left = 0.8  # log-odds for the left: e^0.8 to 1, so 69 % of votes that are no ties
    report = rate(simulate(np.zeros(2), 4000, seed=4, crowd=Crowd(side=left)), orders=5)
    assert report.fit is not None
    beta, low, high = report.fit.coefficient("side")
    odds = [np.exp(value) / (1 + np.exp(value)) for value in (beta, low, high)]
    assert odds[0] == pytest.approx(0.69, abs=0.03)
    told = next(note for note in report.notes if note.startswith("Side bias: "))
    assert f"the left one gets {odds[0]:.1%} [{odds[1]:.1%}, {odds[2]:.1%}] of the votes that are no ties" in told
    assert f"({beta:+.3f} [{low:+.3f}, {high:+.3f}] log-odds)" in told
    assert any("100 points more win 64% of the votes that are no ties" in note for note in report.notes)


def test_notes_say_what_intervals_know() -> None:
    votes = simulate(np.zeros(3), 300, seed=5)
    known = rate(votes, orders=5).notes
    assert any("95% intervals are clustered by rater and task: votes with the same rater or task" in n for n in known)
    unknown = rate(replace(votes, rater=None, task=None), orders=5).notes
    assert any("95% intervals count every vote as independent" in note for note in unknown)


def test_a_file_is_rated_in_one_call(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    rows = ["a,b,a"] * 5 + ["b,a,a"] * 4 + ["a,b,b"] * 3 + ["b,a,tie", "a,a,tie"]
    path.write_text("left,right,winner\n" + "\n".join(rows) + "\n", "utf-8")
    report = elo_report(path, orders=10)
    assert report.as_table()[0]["system"] == "a"
    assert "1 rows left out: item against itself." in report.notes
    assert {row["system"] for row in report.conventions_table()} == {"a", "b"}


def test_no_votes_are_refused() -> None:
    with pytest.raises(RatingError, match="no votes"):
        rate(Votes.of([], [], []))
