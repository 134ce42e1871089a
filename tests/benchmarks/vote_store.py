"""Concurrent voters on one store, by hand: ``python tests/benchmarks/vote_store.py STORE --writers 64 --votes 500``.

STORE is an SQLite path, an SQLAlchemy URL of an empty database, or ``postgresql`` for a server that is started here,
with disk syncs on, and thrown away. ``--kills 20`` also sends SIGKILL to writers at random moments and restarts them.
Prints votes lost or doubled and acknowledged votes that are missing (all must be 0), whether the hash chain verifies,
votes per second and the round trip of a vote as a writer sees it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import secrets
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np

from fpbench.preference.events import Ballot, Telemetry
from fpbench.preference.schedule import plan_study
from fpbench.preference.store import VoteStore
from fpbench.preference.study import Criterion, Study, StudyDesign
from fpbench.preference.votes import Outcome

sys.path.append(str(Path(__file__).parents[1] / "_stubs"))


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


def cast(store: VoteStore, token: str, pause: float, acknowledged: int) -> None:
    """Answer a whole queue, thinking ``pause`` seconds before each vote; every receipt is written to a pipe at once."""
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
        receipt = store.vote(token, ballot)
        os.write(acknowledged, f"{receipt.event_ids[0]} {time.perf_counter() - start}\n".encode())


def work(url: str, tokens: Sequence[str], pause: float, acknowledged: int) -> None:
    """One process: a thread for every token."""
    store = VoteStore(url)
    threads = [threading.Thread(target=cast, args=(store, token, pause, acknowledged)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def supervise(url: str, tokens: Sequence[str], args: argparse.Namespace, acknowledged: int) -> int:
    """Run the writers to the end, killing and restarting some on the way; how many were killed."""
    chance, killed = random.Random(0), 0
    context = multiprocessing.get_context("fork")

    def start(part: int) -> BaseProcess:
        job = context.Process(target=work, args=(url, tokens[part :: args.processes], args.pause, acknowledged))
        job.start()
        return job

    jobs = [start(part) for part in range(args.processes)]
    while any(job.is_alive() for job in jobs):
        time.sleep(chance.uniform(0.05, 0.5))
        victim = chance.randrange(len(jobs))
        if killed < args.kills and jobs[victim].is_alive():
            os.kill(jobs[victim].pid or 0, signal.SIGKILL)
            jobs[victim].join()
            jobs[victim], killed = start(victim), killed + 1
    for job in jobs:
        job.join()
    return killed


@contextmanager
def place(where: str) -> Iterator[str]:
    """The URL or path to vote into."""
    if where != "postgresql":
        yield where
        return
    import postgres_server

    with postgres_server.running(durable=True) as fresh:
        yield fresh()


def measure(url: str, args: argparse.Namespace) -> dict[str, object]:
    """One run on an empty store."""
    store = VoteStore(url, make_study(args.writers, args.votes))
    tokens = [store.join() for _ in range(args.writers)]
    store.close()
    reading, writing = os.pipe()
    receipts: list[str] = []
    with os.fdopen(reading) as pipe:
        listener = threading.Thread(target=lambda: receipts.extend(pipe))
        listener.start()
        start = time.perf_counter()
        killed = supervise(url, tokens, args, writing)
        seconds = time.perf_counter() - start
        os.close(writing)
        listener.join()
    bodies = [link.body for link in store.events() if link.body["kind"] == "vote"]
    trials, stored = [body["assignment_id"] for body in bodies], {str(body["event_id"]) for body in bodies}
    times = np.array([float(line.split()[1]) for line in receipts])
    result: dict[str, object] = {
        "expected": args.writers * args.votes,
        "lost": args.writers * args.votes - len(set(trials)),
        "doubled": len(trials) - len(set(trials)),
        "killed": killed,
        "acknowledged": len(receipts),
        "acknowledged_but_missing": len({line.split()[0] for line in receipts} - stored),
        "verified_events": store.verify(),
        "votes_per_second": round(len(trials) / seconds, 1),
        "p50_ms": round(float(np.quantile(times, 0.5)) * 1000, 1),
        "p95_ms": round(float(np.quantile(times, 0.95)) * 1000, 1),
    }
    store.close()
    return result


def main() -> None:
    """Run the benchmark and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store")
    parser.add_argument("--writers", type=int, default=64)
    parser.add_argument("--votes", type=int, default=500)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--kills", type=int, default=0, help="writers killed at random moments and started again")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds a voter thinks; 0 measures saturation")
    args = parser.parse_args()
    with place(args.store) as url:
        sys.stdout.write(json.dumps(measure(url, args)) + "\n")


if __name__ == "__main__":
    main()
