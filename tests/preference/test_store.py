"""The vote store: every rule refused with its own error, and nothing acknowledged is ever lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from fpbench.preference import database
from fpbench.preference.errors import (
    AlreadyVotedError,
    ChainBrokenError,
    ClockSkewError,
    ExpiredLeaseError,
    InvalidBallotError,
    LeaseError,
    ReplayedNonceError,
    RetractionError,
    SchemaError,
    StudyError,
    UnknownAssignmentError,
    UnknownRaterError,
    VoteRefusedError,
)
from fpbench.preference.events import Ballot
from fpbench.preference.store import Ticket, VoteStore
from fpbench.preference.study import Study
from fpbench.preference.votes import RaterKind

MakeStudy = Callable[..., Study]
MakeBallot = Callable[..., Ballot]


@pytest.fixture
def store(store_path: Path, make_study: MakeStudy, clock: Callable[[], datetime]) -> VoteStore:
    return VoteStore(store_path, make_study(), now=clock)


def _next(store: VoteStore, token: str, session: str = "tab") -> Ticket:
    ticket = store.next(token, session)
    assert ticket is not None
    return ticket


def _kinds(store: VoteStore) -> Counter[object]:
    return Counter(link.body["kind"] for link in store.events())


def test_a_rater_answers_the_whole_queue_in_order(
    store: VoteStore, make_ballot: MakeBallot, clock: Callable[[], datetime]
) -> None:
    token = store.join()
    seen = []
    while (ticket := store.next(token, "tab")) is not None:
        upcoming = store.upcoming(token)
        store.vote(token, make_ballot(ticket.assignment_id, clock()))
        seen.append(ticket.assignment_id)
        assert upcoming is None or upcoming.assignment_id not in seen
    assert seen == [trial.id for trial in store.study.seat(0)]
    assert _kinds(store) == {"study": 1, "join": 1, "vote": len(seen)}
    assert store.verify() == len(seen) + 2


def test_a_ticket_and_an_event_name_no_system(
    store: VoteStore, make_ballot: MakeBallot, clock: Callable[[], datetime]
) -> None:
    token = store.join()
    ticket = _next(store, token)
    store.vote(token, make_ballot(ticket.assignment_id, clock()))
    told = repr(ticket) + "".join(link.text for link in store.events())
    assert not any(item in told for item in store.study.design.items)


def test_a_double_click_counts_once(store: VoteStore, make_ballot: MakeBallot, clock: Callable[[], datetime]) -> None:
    token = store.join()
    ballot = make_ballot(_next(store, token).assignment_id, clock())
    first, second = store.vote(token, ballot), store.vote(token, ballot)
    assert (first.duplicate, second.duplicate) == (False, True)
    assert first.event_ids == second.event_ids
    assert _kinds(store)["vote"] == 1


def test_undo_reopens_the_trial_once(store: VoteStore, make_ballot: MakeBallot, clock: Callable[[], datetime]) -> None:
    token = store.join()
    trial = _next(store, token).assignment_id
    wrong = make_ballot(trial, clock())
    store.vote(token, wrong)
    assert store.retract(token, "tab") == trial
    with pytest.raises(RetractionError):
        store.retract(token, "tab")
    with pytest.raises(ReplayedNonceError, match="retracted"):
        store.vote(token, wrong)
    assert _next(store, token).assignment_id == trial
    store.vote(token, make_ballot(trial, clock(), "right"))
    with pytest.raises(ReplayedNonceError, match="retracted"):
        store.vote(token, wrong)
    assert _kinds(store) == {"study": 1, "join": 1, "vote": 2, "retract": 1, "refused": 3}


def test_undo_reaches_only_the_latest_vote(
    store: VoteStore, make_ballot: MakeBallot, clock: Callable[[], datetime]
) -> None:
    token = store.join()
    trials = [_next(store, token).assignment_id]
    store.vote(token, make_ballot(trials[0], clock()))
    trials.append(_next(store, token).assignment_id)
    store.vote(token, make_ballot(trials[1], clock()))
    assert store.retract(token, "tab") == trials[1]
    with pytest.raises(RetractionError):
        store.retract(token, "tab")


def test_a_trial_that_cannot_be_played_comes_back_last_and_is_given_up_in_the_end(
    store: VoteStore, make_ballot: MakeBallot, clock: Callable[[], datetime]
) -> None:
    token = store.join()
    bad = _next(store, token).assignment_id
    order = []
    while (ticket := store.next(token, "tab")) is not None:
        order.append(ticket.assignment_id)
        outcome = "cannot_play" if ticket.assignment_id == bad else "tie"
        store.vote(token, make_ballot(ticket.assignment_id, clock(), outcome))
    assert [k for k, trial in enumerate(order) if trial == bad] == [0, len(order) - 2, len(order) - 1]


def test_a_refreshed_page_takes_over_and_the_old_one_is_refused(
    store: VoteStore, make_ballot: MakeBallot, clock: Callable[[], datetime]
) -> None:
    token = store.join()
    old, new = _next(store, token, "old"), _next(store, token, "new")
    assert old == new
    with pytest.raises(LeaseError, match="opened elsewhere"):
        store.vote(token, make_ballot(old.assignment_id, clock(), session="old"))
    assert not store.vote(token, make_ballot(new.assignment_id, clock(), session="new")).duplicate


def test_an_expired_lease_is_refused_and_a_renewed_one_is_not(
    store: VoteStore, make_ballot: MakeBallot, clock: object
) -> None:
    token = store.join()
    trial = _next(store, token).assignment_id
    clock.forward(800)  # type: ignore[attr-defined]
    store.renew(token, "tab", trial)
    clock.forward(800)  # type: ignore[attr-defined]
    assert store.vote(token, make_ballot(trial, store.now()))
    trial = _next(store, token).assignment_id
    clock.forward(901)  # type: ignore[attr-defined]
    with pytest.raises(ExpiredLeaseError):
        store.vote(token, make_ballot(trial, store.now()))
    with pytest.raises(ExpiredLeaseError):
        store.renew(token, "tab", trial)


def _foreign(store: VoteStore, make_ballot: MakeBallot, token: str) -> Ballot:
    del token
    return make_ballot(store.study.seat(1)[0].id, store.now())


def _unleased(store: VoteStore, make_ballot: MakeBallot, token: str) -> Ballot:
    del token
    return make_ballot(store.study.seat(0)[1].id, store.now())


def _second_opinion(store: VoteStore, make_ballot: MakeBallot, token: str) -> Ballot:
    trial = _next(store, token).assignment_id
    store.vote(token, make_ballot(trial, store.now()))
    return make_ballot(trial, store.now(), "right")


def _changed_answer(store: VoteStore, make_ballot: MakeBallot, token: str) -> Ballot:
    trial = _next(store, token).assignment_id
    store.vote(token, make_ballot(trial, store.now(), nonce="n" * 8))
    return make_ballot(trial, store.now(), "right", nonce="n" * 8)


def _skewed(seconds: float) -> Callable[[VoteStore, MakeBallot, str], Ballot]:
    def build(store: VoteStore, make_ballot: MakeBallot, token: str) -> Ballot:
        shifted = datetime.fromtimestamp(store.now().timestamp() + seconds, UTC)
        return make_ballot(_next(store, token).assignment_id, shifted)

    return build


def _backwards(store: VoteStore, make_ballot: MakeBallot, token: str) -> Ballot:
    good = make_ballot(_next(store, token).assignment_id, store.now())
    times = good.telemetry.model_copy(
        update={"shown_at": good.telemetry.voted_at, "unlocked_at": good.telemetry.shown_at}
    )
    return good.model_copy(update={"telemetry": times})


def _answers(**answers: str) -> Callable[[VoteStore, MakeBallot, str], Ballot]:
    def build(store: VoteStore, make_ballot: MakeBallot, token: str) -> Ballot:
        return make_ballot(_next(store, token).assignment_id, store.now(), answers=answers)

    return build


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (_foreign, UnknownAssignmentError),
        (_unleased, LeaseError),
        (_second_opinion, AlreadyVotedError),
        (_changed_answer, ReplayedNonceError),
        (_skewed(-301), ClockSkewError),
        (_skewed(301), ClockSkewError),
        (_backwards, ClockSkewError),
        (_answers(drift="left"), InvalidBallotError),
        (_answers(overall="left", motion="left"), InvalidBallotError),
    ],
)
def test_refusals_are_typed_and_logged_and_change_nothing(
    store: VoteStore,
    make_ballot: MakeBallot,
    build: Callable[[VoteStore, MakeBallot, str], Ballot],
    error: type[VoteRefusedError],
) -> None:
    token = store.join()
    ballot = build(store, make_ballot, token)
    before = _kinds(store)
    with pytest.raises(error):
        store.vote(token, ballot)
    assert _kinds(store) - before == {"refused": 1}
    last = store.events()[-1].body
    assert last["error"] == error.__name__
    assert last["message"]["assignment_id"] == ballot.assignment_id  # type: ignore[index]
    store.verify()


def test_strangers_are_refused(store: VoteStore, make_ballot: MakeBallot, clock: Callable[[], datetime]) -> None:
    with pytest.raises(UnknownRaterError):
        store.next("nobody", "tab")
    with pytest.raises(UnknownRaterError):
        store.vote("nobody", make_ballot("0" * 32, clock()))
    error = InvalidBallotError("not JSON")
    store.refuse("nobody", "<script>" * 1000, error)
    assert len(str(store.events()[-1].body["message"])) == 4000


def test_a_server_clock_that_runs_back_is_noticed(store: VoteStore, make_ballot: MakeBallot, clock: object) -> None:
    token = store.join()
    trial = _next(store, token).assignment_id
    clock.forward(-60)  # type: ignore[attr-defined]
    with pytest.raises(ClockSkewError, match="behind its own log"):
        store.vote(token, make_ballot(trial, store.now()))


def test_several_criteria_are_stored_together(
    store_path: Path, make_study: MakeStudy, make_ballot: MakeBallot, clock: Callable[[], datetime]
) -> None:
    store = VoteStore(store_path, make_study(criteria=["overall", "drift", "motion"]), now=clock)
    token = store.join()
    answers = {"motion": "tie", "overall": "left"}
    receipt = store.vote(token, make_ballot(_next(store, token).assignment_id, clock(), answers=answers))
    assert [link.body["criterion"] for link in store.events()[-2:]] == ["overall", "motion"]
    assert len(receipt.event_ids) == 2
    store.retract(token, "tab")
    assert store.events()[-1].body["event_ids"] == list(receipt.event_ids)


def test_seats_run_out_and_tokens_keep_theirs(store: VoteStore) -> None:
    first = store.join()
    assert store.join(first) == first
    store.join()
    with pytest.raises(StudyError, match="seats"):
        store.join()
    judge = store.join(kind=RaterKind.AUTOMATIC)
    with pytest.raises(StudyError, match="automatic"):
        store.join(judge)


def test_a_store_keeps_its_study(store: VoteStore, store_path: Path, make_study: MakeStudy) -> None:
    assert VoteStore(store_path).study == store.study
    with pytest.raises(StudyError, match="another study"):
        VoteStore(store_path, make_study(seed=4))
    with pytest.raises(StudyError, match="no study"):
        VoteStore(store_path.with_name("empty.sqlite"))


TAMPERING = {
    "edited": "UPDATE event SET text = replace(text, '\"left\"', '\"right\"') WHERE seq = 4",
    "deleted": "DELETE FROM event WHERE seq = 4",
    "reordered": "UPDATE event SET seq = CASE seq WHEN 3 THEN 103 WHEN 4 THEN 3 END WHERE seq IN (3, 4)",
    "cut off": "DELETE FROM event WHERE seq = 7",
}


@pytest.mark.parametrize("statement", TAMPERING.values(), ids=TAMPERING.keys())
def test_tampering_is_found(
    store: VoteStore, store_path: Path, make_ballot: MakeBallot, clock: Callable[[], datetime], statement: str
) -> None:
    token = store.join()
    for _ in range(6):
        store.vote(token, make_ballot(_next(store, token).assignment_id, clock()))
    assert store.verify() == 8
    with sa.create_engine(f"sqlite:///{store_path}").begin() as connection:
        assert connection.exec_driver_sql(statement).rowcount
    with pytest.raises(ChainBrokenError):
        store.verify()


def test_a_rewritten_log_does_not_contain_the_exported_seal(store: VoteStore) -> None:
    store.join()
    seal = store.events()[-1].hash
    assert store.verify(exported_head=seal) == 2
    with pytest.raises(ChainBrokenError, match="exported"):
        store.verify(exported_head="f" * 64)


def test_an_older_store_is_migrated_and_a_newer_one_refused(
    store_path: Path, make_study: MakeStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    VoteStore(store_path, make_study()).close()
    steps = [*database.MIGRATIONS, lambda c: c.exec_driver_sql("ALTER TABLE rater ADD COLUMN note TEXT")]
    with monkeypatch.context() as patch:
        patch.setattr(database, "MIGRATIONS", steps)
        newer = VoteStore(store_path)
        newer.join()
        newer.close()
    columns = {c["name"] for c in sa.inspect(sa.create_engine(f"sqlite:///{store_path}")).get_columns("rater")}
    assert "note" in columns
    with pytest.raises(SchemaError, match="version 2 is newer than 1"):
        VoteStore(store_path)
