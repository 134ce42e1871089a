"""Concurrent voters on one store, by hand: ``python tests/benchmarks/vote_store.py URL --writers 64 --votes 500``.

URL is an SQLite path or an SQLAlchemy URL of an empty database. Prints votes lost or doubled (both must be 0), whether
the hash chain verifies, votes per second and the round trip of a vote as a rater sees it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import secrets
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

import numpy as np

from fpbench.preference.events import Ballot, Telemetry
from fpbench.preference.schedule import plan_study
from fpbench.preference.store import VoteStore
from fpbench.preference.study import Criterion, Study, StudyDesign
from fpbench.preference.votes import Outcome


class Basket(Protocol):
    """The sending end of a queue of round-trip times."""

    def put(self, item: list[float], /) -> None:
        """Hand over one process's times, in seconds."""


def make_study(writers: int, votes: int) -> Study:
    """Five systems and a seat for every writer, real trials only."""
    design = StudyDesign(
        study_id="benchmark",
        seed=0,
        items=tuple("abcde"),
        tasks=tuple(f"task{k}" for k in range(60)),
        seats=writers,
        trials_per_seat=votes,
        clip_seconds=1,
        obvious_catch=0,
        mild_catch=0,
        repeats=0,
        identical=0,
        practice=0,
    )
    return plan_study(design)


def cast(store: VoteStore, token: str, times: list[float], pause: float) -> None:
    """Answer a whole queue, thinking ``pause`` seconds before each vote."""
    while (ticket := store.next(token, token)) is not None:
        time.sleep(pause)
        now = datetime.now(UTC)
        ballot = Ballot(
            assignment_id=ticket.assignment_id,
            session=token,
            nonce=secrets.token_hex(8),
            answers={Criterion.OVERALL: Outcome.LEFT},
            telemetry=Telemetry(shown_at=now, unlocked_at=now, voted_at=now),
        )
        start = time.perf_counter()
        store.vote(token, ballot)
        times.append(time.perf_counter() - start)


def work(url: str, tokens: Sequence[str], pause: float, basket: Basket) -> None:
    """One process: a thread for every token."""
    store = VoteStore(url)
    times: list[float] = []
    threads = [threading.Thread(target=cast, args=(store, token, times, pause)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    basket.put(times)


def main() -> None:
    """Run the benchmark and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--writers", type=int, default=64)
    parser.add_argument("--votes", type=int, default=500)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--pause", type=float, default=0.0, help="seconds a voter thinks; 0 measures saturation")
    args = parser.parse_args()
    store = VoteStore(args.url, make_study(args.writers, args.votes))
    tokens = [store.join() for _ in range(args.writers)]
    store.close()
    context = multiprocessing.get_context("fork")
    basket: multiprocessing.Queue[list[float]] = context.Queue()
    start = time.perf_counter()
    jobs = [
        context.Process(target=work, args=(args.url, tokens[k :: args.processes], args.pause, basket))
        for k in range(args.processes)
    ]
    for job in jobs:
        job.start()
    times = np.concatenate([basket.get() for _ in jobs])
    for job in jobs:
        job.join()
    seconds = time.perf_counter() - start
    trials = [link.body["assignment_id"] for link in store.events() if link.body["kind"] == "vote"]
    expected = args.writers * args.votes
    result = {
        "expected": expected,
        "lost": expected - len(set(trials)),
        "doubled": len(trials) - len(set(trials)),
        "verified_events": store.verify(),
        "votes_per_second": round(len(trials) / seconds, 1),
        "p50_ms": round(float(np.quantile(times, 0.5)) * 1000, 1),
        "p95_ms": round(float(np.quantile(times, 0.95)) * 1000, 1),
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
