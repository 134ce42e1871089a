"""Writers at the same time, and writers killed in the middle: nothing acknowledged is lost, nothing counts twice."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from fpbench.preference.events import Ballot
from fpbench.preference.store import VoteStore
from fpbench.preference.study import Study

MakeStudy = Callable[..., Study]
MakeBallot = Callable[..., Ballot]


def _cast(store: VoteStore, token: str, make_ballot: MakeBallot, votes: int) -> None:
    for _ in range(votes):
        ticket = store.next(token, token)
        assert ticket is not None
        store.vote(token, make_ballot(ticket.assignment_id, datetime.now(UTC), session=token))


def _work(path: Path, tokens: list[str], make_ballot: MakeBallot, votes: int) -> None:
    store = VoteStore(path)
    threads = [threading.Thread(target=_cast, args=(store, token, make_ballot, votes)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_sixteen_writers_lose_and_double_nothing(
    store_path: Path, make_study: MakeStudy, make_ballot: MakeBallot
) -> None:
    """Four processes of four threads, fifty votes each."""
    plain = {"practice": 0, "obvious_catch": 0, "mild_catch": 0, "repeats": 0, "identical": 0}
    store = VoteStore(store_path, make_study(seats=16, trials_per_seat=50, **plain))
    tokens = [store.join() for _ in range(16)]
    store.close()
    context = multiprocessing.get_context("fork")
    jobs = [context.Process(target=_work, args=(store_path, tokens[k::4], make_ballot, 50)) for k in range(4)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert [job.exitcode for job in jobs] == [0, 0, 0, 0]
    votes = [link.body for link in store.events() if link.body["kind"] == "vote"]
    assert Counter(Counter(body["rater"] for body in votes).values()) == {50: 16}
    assert len({body["assignment_id"] for body in votes}) == 800
    assert store.verify() == 817


def _vote_forever(path: Path, token: str, make_ballot: MakeBallot, pipe: int) -> None:
    store = VoteStore(path)
    while (ticket := store.next(token, "tab")) is not None:
        receipt = store.vote(token, make_ballot(ticket.assignment_id, datetime.now(UTC)))
        os.write(pipe, f"{receipt.event_ids[0]}\n".encode())


def test_a_killed_writer_loses_no_acknowledged_vote(
    store_path: Path, make_study: MakeStudy, make_ballot: MakeBallot
) -> None:
    store = VoteStore(store_path, make_study(seats=1, trials_per_seat=2000, tasks=[f"t{k}" for k in range(50)]))
    token = store.join()
    store.close()
    acknowledged: list[str] = []
    for delay in random.Random(0).sample(range(20, 160), 5):
        reading, writing = os.pipe()
        job = multiprocessing.get_context("fork").Process(
            target=_vote_forever, args=(store_path, token, make_ballot, writing)
        )
        job.start()
        os.close(writing)
        with os.fdopen(reading) as pipe:
            acknowledged.append(pipe.readline().strip())  # it votes by now
            time.sleep(delay / 1000)
            os.kill(job.pid or 0, signal.SIGKILL)
            job.join()
            acknowledged += pipe.read().split()
    stored = {link.body["event_id"] for link in store.events() if link.body["kind"] == "vote"}
    assert len(acknowledged) >= 5
    assert set(acknowledged) <= stored
    assert len(stored) <= len(acknowledged) + 5  # at most the one in flight at each kill
    store.verify()
