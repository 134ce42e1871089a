"""Voters at the served page, by hand: ``python tests/benchmarks/vote_page.py --voters 50 --votes 20 --think 5``.

Starts ``fpbench study serve`` on this machine with a small study, and opens one session for each voter as a browser
does: a web socket to Streamlit's server over which the page arrives, and HTTP requests for both clips. Each voter
thinks for a random time around ``--think`` seconds, sends a ballot as the player does, and waits until the page with
the next pair has arrived: that wait is the round trip. Prints one line of JSON: round trips, votes lost or doubled,
whether the chain verifies, CPU time of a vote and peak memory of the server, and the load of the machine.
``--store postgresql`` votes into a database server started here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "_stubs"))

Page = tuple[str, dict[str, Any]]
"""Identity of the ballot component and what the page told it."""


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def pages(stream: Any) -> AsyncIterator[Page]:
    """Buttons, with nothing told, and ballots as they arrive."""
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    async for payload in stream:
        element = ForwardMsg.FromString(payload).delta.new_element
        if element.WhichOneof("type") == "button":
            yield element.button.id, {}
        elif element.WhichOneof("type") == "bidi_component":
            ballot = element.bidi_component
            yield ballot.id, json.loads(json.loads(ballot.json or ballot.mixed.json)["trial"])


def rerun(query: str, widget: str = "", sent: object = None) -> bytes:
    """A message that runs the page: as it is, with a button pressed, or with a trigger of the player."""
    from streamlit.proto.BackMsg_pb2 import BackMsg

    message = BackMsg()
    message.rerun_script.query_string = query
    if widget:
        state = message.rerun_script.widget_states.widgets.add()
        if sent is None:
            state.id, state.trigger_value = widget, True
        else:
            state.id, state.json_trigger_value = f"$$STREAMLIT_INTERNAL_KEY_{widget}__events", json.dumps([sent])
    return message.SerializeToString()


async def fetch(port: int, path: str) -> int:
    """GET a clip; its size."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200"), answer[:80]
    return len(answer)


def ballot(data: dict[str, Any]) -> dict[str, Any]:
    """What the player sends."""
    now = datetime.now(UTC)
    times = {"shown_at": now - timedelta(seconds=9), "unlocked_at": now - timedelta(seconds=3), "voted_at": now}
    return {
        "event": "vote",
        "value": {
            "assignment_id": data["assignment"],
            "session": data["session"],
            "nonce": secrets.token_hex(8),
            "answers": {"overall": random.choice(["left", "right", "tie"])},
            "telemetry": {name: time.isoformat() for name, time in times.items()} | {"plays": 1},
        },
    }


async def vote(port: int, rater: str, count: int, think: float, all_here: asyncio.Barrier) -> list[float]:
    """One voter; round trips in seconds. Voting starts when everybody has the first pair on the screen."""
    from websockets.asyncio.client import connect

    times: list[float] = []
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    async with connect(address, subprotocols=["streamlit"], max_size=None) as stream:  # type: ignore[list-item]
        arriving = pages(stream)
        await stream.send(rerun(f"t={rater}"))
        begin, _ = await anext(arriving)
        await stream.send(rerun(f"t={rater}", begin))
        widget, data = await new_page(arriving, "")
        await all_here.wait()
        while True:
            await asyncio.gather(*(fetch(port, data[side]) for side in ("left", "right")))
            if len(times) == count:
                return times
            await asyncio.sleep(random.uniform(0.5, 1.5) * think)
            start = time.perf_counter()
            await stream.send(rerun(f"t={rater}", widget, ballot(data)))
            widget, data = await asyncio.wait_for(new_page(arriving, data["assignment"]), 60)
            times.append(time.perf_counter() - start)


async def new_page(arriving: AsyncIterator[Page], old: str) -> Page:
    """The first page that shows another pair."""
    async for page in arriving:
        if page[1].get("assignment", old) != old:
            return page
    raise AssertionError("the server closed the connection")


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Until the server accepts connections."""
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError("the server did not start")


def cpu_seconds(process: int) -> float:
    """CPU time a process has used so far, all threads; from Linux's process table."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def make_study(folder: Path, voters: int, votes: int) -> Path:
    """Three systems on four tasks with clips of two seconds, so that nothing has to be generated first; its file."""
    from fpbench.preference.schedule import plan_study
    from fpbench.preference.staging import clip_path, needed
    from fpbench.preference.study import StudyDesign
    from fpbench.runs.clips import write_preview

    design = StudyDesign(
        study_id="page",
        seed=0,
        items=("a", "b", "c"),
        tasks=("t0", "t1", "t2", "t3"),
        seats=voters,
        trials_per_seat=votes,
        clip_seconds=2,
        break_every=10_000,
    )
    study = plan_study(design)
    chance = np.random.default_rng(0)
    for clip in needed(study):
        video = chance.integers(0, 255, (16, 64, 96, 3), np.uint8)
        write_preview(clip_path(folder, clip), video, 8, folder / "tmp")
    study.save(folder / "study.json")
    return folder / "study.json"


def measure(args: argparse.Namespace, folder: Path, where: str) -> dict[str, object]:
    """Serve a study, let everybody vote, stop."""
    from fpbench.preference.store import VoteStore
    from fpbench.preference.study import load_study

    study, results = make_study(folder, args.voters, args.votes + 5), folder / "results"
    results.mkdir()
    port = free_port()
    with VoteStore(where, load_study(study)) as store:
        raters = [store.join() for _ in range(args.voters)]
        joined = store.verify()
        command = [sys.executable, "-m", "fpbench.cli", "study", "serve", str(study), "--results", str(results)]
        command += ["--votes", where, "--port", str(port)]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(port, server)

        async def everybody() -> tuple[list[list[float]], float, float]:
            all_here = asyncio.Barrier(len(raters) + 1)
            voters = [asyncio.create_task(vote(port, rater, args.votes, args.think, all_here)) for rater in raters]
            await all_here.wait()
            start, used = time.perf_counter(), cpu_seconds(server.pid)
            done = await asyncio.gather(*voters)
            return done, time.perf_counter() - start, cpu_seconds(server.pid) - used

        done, seconds, used = asyncio.run(everybody())
        times = np.concatenate(done) * 1000
        server.terminate()
        _, _, usage = os.wait4(server.pid, 0)
        bodies = [link.body for link in store.events() if link.body["kind"] == "vote"]
        trials = {body["assignment_id"] for body in bodies}
        return {
            "voters": args.voters,
            "votes": len(bodies),
            "lost": len(times) - len(trials),
            "doubled": len(bodies) - len(trials),
            "verified_events": store.verify() - joined,
            "votes_per_second": round(len(times) / seconds, 1),
            **{f"p{q}_ms": round(float(np.quantile(times, q / 100)), 1) for q in (50, 95, 99)},
            "server_cpu_ms_per_vote": round(used * 1000 / len(times), 1),
            "server_peak_mb": round(usage.ru_maxrss / 1024),
            "load_average": round(os.getloadavg()[0], 1),
        }


def main() -> None:
    """Run the benchmark and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--voters", type=int, default=50)
    parser.add_argument("--votes", type=int, default=20)
    parser.add_argument("--think", type=float, default=5.0, help="seconds between two votes of a voter, on average")
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    args = parser.parse_args()
    random.seed(0)
    import postgres_server

    with tempfile.TemporaryDirectory(prefix="ballots-") as folder:
        server = postgres_server.running(durable=True) if args.store == "postgresql" else nullcontext()
        with server as fresh:
            where = fresh() if fresh else str(Path(folder) / "votes.sqlite")
            sys.stdout.write(json.dumps(measure(args, Path(folder), where)) + "\n")


if __name__ == "__main__":
    main()
