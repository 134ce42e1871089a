"""The vote store on a real PostgreSQL server, started here from the system's package and thrown away afterwards."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import postgres_server
import pytest
from sqlalchemy import create_engine, text

from fpbench.preference.errors import ChainBrokenError, ReplayedNonceError, StudyError
from fpbench.preference.events import Ballot
from fpbench.preference.store import VoteStore
from fpbench.preference.study import Study

MakeStudy = Callable[..., Study]
MakeBallot = Callable[..., Ballot]
PLAIN = {"practice": 0, "obvious_catch": 0, "mild_catch": 0, "repeats": 0, "identical": 0}


@pytest.fixture(scope="module")
def server() -> Iterator[Callable[[], str]]:
    """Each call gives the URL of a fresh database."""
    with postgres_server.running(durable=False) as fresh:
        yield fresh


def _cast(store: VoteStore, token: str, make_ballot: MakeBallot) -> None:
    while (ticket := store.next(token, token)) is not None:
        store.vote(token, make_ballot(ticket.assignment_id, datetime.now(UTC), session=token))


def _work(url: str, tokens: list[str], make_ballot: MakeBallot) -> None:
    store = VoteStore(url)
    threads = [threading.Thread(target=_cast, args=(store, token, make_ballot)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()


def test_writers_at_the_same_time_lose_and_double_nothing(
    server: Callable[[], str], make_study: MakeStudy, make_ballot: MakeBallot
) -> None:
    """Two processes of four threads, ten votes each."""
    url = server()
    store = VoteStore(url, make_study(seats=8, trials_per_seat=10, **PLAIN))
    tokens = [store.join() for _ in range(8)]
    store.close()
    context = multiprocessing.get_context("fork")
    jobs = [context.Process(target=_work, args=(url, tokens[k::2], make_ballot)) for k in range(2)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert [job.exitcode for job in jobs] == [0, 0]
    votes = [link.body for link in store.events() if link.body["kind"] == "vote"]
    assert Counter(Counter(body["rater"] for body in votes).values()) == {10: 8}
    assert len({body["assignment_id"] for body in votes}) == 80
    assert store.verify() == 1 + 8 + 80
    store.close()


def _vote_forever(url: str, token: str, make_ballot: MakeBallot, pipe: int) -> None:
    store = VoteStore(url)
    while (ticket := store.next(token, "tab")) is not None:
        receipt = store.vote(token, make_ballot(ticket.assignment_id, datetime.now(UTC)))
        os.write(pipe, f"{receipt.event_ids[0]}\n".encode())


def test_a_killed_writer_loses_no_acknowledged_vote(
    server: Callable[[], str], make_study: MakeStudy, make_ballot: MakeBallot
) -> None:
    url = server()
    store = VoteStore(url, make_study(seats=1, trials_per_seat=500, tasks=[f"t{k}" for k in range(50)], **PLAIN))
    token = store.join()
    store.close()
    acknowledged: list[str] = []
    for delay in (0.02, 0.05):
        reading, writing = os.pipe()
        job = multiprocessing.get_context("fork").Process(target=_vote_forever, args=(url, token, make_ballot, writing))
        job.start()
        os.close(writing)
        with os.fdopen(reading) as pipe:
            acknowledged.append(pipe.readline().strip())  # it votes by now
            time.sleep(delay)
            os.kill(job.pid or 0, signal.SIGKILL)
            job.join()
            acknowledged += pipe.read().split()
    stored = {link.body["event_id"] for link in store.events() if link.body["kind"] == "vote"}
    assert set(acknowledged) <= stored
    assert len(stored) <= len(acknowledged) + 2  # at most the one in flight at each kill
    store.verify()
    store.close()


def test_the_rules_are_those_of_every_store(
    server: Callable[[], str], make_study: MakeStudy, make_ballot: MakeBallot
) -> None:
    """A double click counts once, undo appends, a refusal is logged, a study is fixed, an edit is found."""
    url = server()
    with VoteStore(url, make_study()) as store:
        token = store.join()
        ticket = store.next(token, "tab")
        assert ticket is not None
        ballot = make_ballot(ticket.assignment_id, datetime.now(UTC))
        first, again = (store.vote(token, ballot) for _ in range(2))
        assert (first.event_ids, again.duplicate) == (again.event_ids, True)
        assert store.retract(token, "tab") == ticket.assignment_id
        with pytest.raises(ReplayedNonceError):
            store.vote(token, ballot)
        kinds = [link.body["kind"] for link in store.events()]
        assert kinds == ["study", "join", "vote", "retract", "refused"]
        assert store.verify() == 5
    with pytest.raises(StudyError, match="holds another study"):
        VoteStore(url, make_study(seed=4))
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE event SET text = text || ' ' WHERE seq = 2"))
    engine.dispose()
    with VoteStore(url) as store, pytest.raises(ChainBrokenError, match="event 2"):
        store.verify()
