"""Votes and claims on their pages: each kind of rater on its own board, every broken file named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from small_results import ITEMS, make_claims, make_votes, spoken
from streamlit.testing.v1 import AppTest

from dashboard import boards, claim_board, rating_chart
from dashboard.boards import Board, rate_file
from dashboard.polls import Poll, find_polls, kinds_of, read_rows
from dashboard.theme import LIGHT
from dashboard.views.pairs import votes_of_pair
from fpbench.preference.votes import RaterKind
from fpbench.report.claims import Claim, Finding, Judgement
from fpbench.report.claims_file import FILE

Open = Callable[..., AppTest]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return make_votes(tmp_path / "votes" / "pilot.parquet")


@pytest.fixture
def board(log: Path) -> Board:
    return rate_file(log, RaterKind.HUMAN, "overall")


def test_a_board_ranks_the_winner_first_and_shares_add_to_one(board: Board) -> None:
    assert board.rows[0].system == ITEMS[0]
    assert board.rows[0].votes == 48
    for i in range(3):
        assert board.wins[i][i] is None
        for j in range(3):
            if i != j:
                share, back = board.wins[i][j], board.wins[j][i]
                assert share is not None
                assert back is not None
                assert share + back == pytest.approx(1)
                assert board.met[i][j] == board.met[j][i] == 24
    assert board.wins[0][1] == pytest.approx((12 + 0.5 * 6) / 24)


def test_ratings_of_people_and_of_a_judge_are_separate_and_the_judge_is_watermarked(
    tmp_path: Path, open_view: Open
) -> None:
    both = pd.concat([pd.read_parquet(make_votes(tmp_path / "a.parquet", kind)) for kind in ("human", "automatic")])
    (tmp_path / "votes").mkdir()
    both.to_parquet(tmp_path / "votes" / "both.parquet")
    page = open_view("ratings", tmp_path)
    assert not page.exception
    assert not page.error
    assert "AUTOMATIC" not in spoken(page)
    page.session_state["raters"] = RaterKind.AUTOMATIC
    page.run()
    assert "AUTOMATIC JUDGE: no person voted" in page.warning[0].value
    assert "72 votes" in spoken(page)


def test_the_watermark_is_inside_the_picture(board: Board) -> None:
    assert "no person" in rating_chart.forest(board.rows, "no person", LIGHT).to_json()
    assert '"text": "no person"' not in rating_chart.forest(board.rows, "", LIGHT).to_json()


def test_a_large_log_is_rated_in_another_process(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards, "INLINE_VOTES", 1)
    poll = Poll(log)
    assert boards.board(poll, RaterKind.HUMAN, "overall", 72) is None
    assert [job.wait(120) for job in boards._running.values()] == [0]
    found = boards.board(poll, RaterKind.HUMAN, "overall", 72)
    assert found is not None
    assert found.rows == rate_file(log, RaterKind.HUMAN, "overall").rows


def test_a_broken_log_is_named_and_breaks_no_page(tmp_path: Path, open_view: Open) -> None:
    (tmp_path / "votes").mkdir()
    (tmp_path / "votes" / "torn.parquet").write_bytes(b"PAR1")
    for view in ("ratings", "pairs"):
        page = open_view(view, tmp_path)
        assert not page.exception
        assert "torn.parquet: not a readable table of votes" in page.error[0].value


def test_no_votes_tell_how_to_get_some(tmp_path: Path, open_view: Open) -> None:
    assert "fpbench study plan" in open_view("ratings", tmp_path).code[0].value


def test_polls_are_found_in_and_beside_results(log: Path) -> None:
    results = log.parent.parent
    live = results / "studies" / "pilot2" / "votes.sqlite"
    live.parent.mkdir(parents=True)
    live.touch()
    assert [poll.name for poll in find_polls([results])] == ["pilot", "pilot2"]


def test_a_pair_counts_swapped_sides_alike(log: Path) -> None:
    rows = read_rows(log)
    assert kinds_of(rows) == [RaterKind.HUMAN]
    pair = votes_of_pair(rows, ITEMS[0], ITEMS[1], RaterKind.HUMAN)
    assert pair["preferred"].value_counts().to_dict() == {ITEMS[0]: 12, "tie": 6, ITEMS[1]: 6}
    assert votes_of_pair(rows, ITEMS[0], ITEMS[1], RaterKind.AUTOMATIC).empty


def test_the_pair_inspector_shows_the_votes(log: Path, open_view: Open) -> None:
    page = open_view("pairs", log.parent.parent, first=ITEMS[0], second=ITEMS[1])
    assert not page.exception
    assert [int(one.value) for one in page.metric[:3]] == [12, 6, 6]
    assert len(page.dataframe[0].value) == 24


def test_claims_are_shown_escaped_with_verdicts_and_all_evidence(tmp_path: Path, open_view: Open) -> None:
    make_claims(tmp_path / FILE)
    page = open_view("claims", tmp_path)
    assert not page.exception
    assert [one.value for one in page.metric] == ["1", "1", "1", "1"]
    shown = spoken(page)
    assert "&lt;b&gt;good" in shown
    assert "<b>good" not in shown
    assert shown.count('class="axis"') == 4
    order = ("drifts less", "moves more", "the moon", "nobody ran", "Good costs little")
    assert sorted(order, key=shown.index) == list(order)
    assert [one.value for one in page.subheader] == ["Registered besides"]


def test_a_difference_in_the_claimed_direction_points_right() -> None:
    def mean(**numbers: float | str) -> float:
        finding = Finding("s", "supported", "o", **numbers)  # type: ignore[arg-type]
        drawn = claim_board.render([Judgement(Claim("n", "t"), "supported", (finding,))], LIGHT)
        return float(drawn.partition('class="mean" style="left:')[2].partition("px")[0]) + 5

    size = {"low": 0.1, "high": 0.3, "smallest": 0.1}
    assert mean(effect=0.2, expect="more", **size) > claim_board.WIDTH / 2
    assert mean(effect=-0.2, expect="less", low=-0.3, high=-0.1, smallest=0.1) > claim_board.WIDTH / 2
    assert mean(effect=0.2, expect="less", **size) < claim_board.WIDTH / 2


def test_claims_of_published_runs_lie_beside_their_folder(tmp_path: Path, open_view: Open) -> None:
    (tmp_path / "published").mkdir()
    make_claims(tmp_path / FILE)
    assert len(open_view("claims", tmp_path / "published").metric) == 4


def test_claims_that_cannot_be_read_say_so_and_none_tell_the_command(results: Path, open_view: Open) -> None:
    told = open_view("claims", results).code[0].value
    assert told == f"fpbench claims {results}/runs/* --format json --out {results}/claims.json"
    (results / FILE).write_text("{")
    assert "claims.json: the file: Invalid JSON" in open_view("claims", results).error[0].value
