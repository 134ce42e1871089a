"""Exports: blind where promised, sealed, and readable by our own and foreign tools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import evalica
import pandas as pd
import pytest

from fpbench.preference.errors import ChainBrokenError, VoteFileError
from fpbench.preference.events import Ballot, read_log, verify
from fpbench.preference.export import export_log, export_votes
from fpbench.preference.reading import read_votes
from fpbench.preference.records import join, standing, to_votes
from fpbench.preference.screening import screen
from fpbench.preference.store import VoteStore
from fpbench.preference.study import Study


@pytest.fixture(scope="module")
def store(
    tmp_path_factory: pytest.TempPathFactory,
    make_study: Callable[..., Study],
    make_ballot: Callable[..., Ballot],
) -> VoteStore:
    """Two raters, one retraction; every third answer a tie, catch trials answered right. Only read by the tests."""
    store = VoteStore(tmp_path_factory.mktemp("export") / "votes.sqlite", make_study())
    trials = store.trials()
    for _ in range(2):
        token, count = store.join(), 0
        while (ticket := store.next(token, "tab")) is not None:
            expected = trials[ticket.assignment_id].expected
            outcome = expected.value if expected else ("left", "right", "tie")[count % 3]
            store.vote(token, make_ballot(ticket.assignment_id, store.now(), outcome, comment="=1+1"))
            count += 1
        store.retract(token, "tab")
    return store


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_analysis_export_reads_back_as_the_same_votes(store: VoteStore, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"votes{suffix}"
    rows = export_votes(store, path, blind=False)
    records = standing(store)
    assert rows == len(records)
    expected = to_votes(screen(records, store.study.design).kept)
    got = read_votes(path).votes
    assert got.items == expected.items
    for column in ("left", "right", "outcome"):
        assert (getattr(got, column) == getattr(expected, column)).all()
    assert got.rater is not None
    assert expected.rater is not None
    assert got.rater.names == expected.rater.names


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_blind_exports_name_no_system(store: VoteStore, tmp_path: Path, suffix: str) -> None:
    path, log = tmp_path / f"votes{suffix}", tmp_path / "log.jsonl"
    export_votes(store, path, blind=True)
    export_log(store, log)
    for file in (path, log):
        text = file.read_text("utf-8")
        assert not any(item in text for item in store.study.design.items)
    with pytest.raises(VoteFileError, match="no column for the left"):
        read_votes(path)


def test_foreign_tools_can_audit_the_export(store: VoteStore, tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    export_votes(store, path, blind=False)
    frame = pd.read_csv(path).query("trial_role == 'real'")
    winners = frame["winner"].map(
        {"model_a": evalica.Winner.X, "model_b": evalica.Winner.Y, "tie": evalica.Winner.Draw}
    )
    scores = evalica.bradley_terry(list(frame["model_a"]), list(frame["model_b"]), list(winners)).scores
    assert set(scores.index) == set(store.study.design.items)
    assert {"item_id", "voter_id"} <= set(frame.columns)


def test_the_log_verifies_outside_the_database(store: VoteStore, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    seal = export_log(store, path)
    links = read_log(path)
    assert verify(links, head=seal) == len(store.events())
    assert len(join(links, store.trials())) == len(standing(store))
    with pytest.raises(ChainBrokenError, match="ends in"):
        verify(links[:-1], head=seal)
    path.write_text(path.read_text("utf-8").replace("tie", "left", 1), "utf-8")
    with pytest.raises(ChainBrokenError, match="does not match"):
        verify(read_log(path))


def test_a_malformed_log_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"seq": 0}\n', "utf-8")
    with pytest.raises(VoteFileError, match=r"log\.jsonl:1"):
        read_log(path)


def test_an_unknown_format_is_refused(store: VoteStore, tmp_path: Path) -> None:
    with pytest.raises(VoteFileError, match=r"\.parquet"):
        export_votes(store, tmp_path / "votes.xlsx", blind=True)
