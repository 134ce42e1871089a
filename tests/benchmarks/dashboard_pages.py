"""First paint and page switches of the dashboard on a big synthetic run, in a real Chromium, with the server's memory.

    python tests/benchmarks/dashboard_pages.py FOLDER [--systems 200 --tasks 512 --frames 900 --votes 100000]

Makes a results folder under FOLDER/results once (160 MB at full size) with the files that a run leaves, then serves it,
opens it twice, and goes through every page by its menu. Numbers are made up; only their amount is real.

Prints the table of docs/dashboard.md: for each page seconds on the clock, and seconds of processor that the server and
Chromium took in them, medians over several readers, each with a fresh browser profile. Seconds on the clock mean
something only on a machine that has nothing else to do; those of the processor tell two versions apart on any machine.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from playwright.sync_api import Browser, Page, sync_playwright

from fpbench.report.curves_file import write_curves_file
from fpbench.report.data import load_run
from fpbench.report.paired import paired_table
from fpbench.report.results import results_table
from fpbench.report.tables_file import keep_table, kept_path
from fpbench.runs.finalise import CELLS, SERIES, SUMMARY
from fpbench.runs.manifest import metric_facts
from fpbench.runs.summary import COLUMNS

ROOT = Path(__file__).parents[2]
METRICS = ("psnr_truth", "contrast_rms", "flow_top5", "freeze_frac")
WITH_SERIES = "contrast_rms"
TITLES = ("Overview", "Drift curves", "Trade-offs", "Clip wall", "Ratings", "Pair inspector", "Plan viewer", "Claims")
TITLES += ("Runs", "Export")
SERVER = ("-m", "streamlit", "run", str(ROOT / "dashboard" / "server.py"))


class Seconds(NamedTuple):
    """On the clock, of the server's processor, of the browser's."""

    clock: float
    server: float
    browser: float


READY = """(title) => {
  const app = document.querySelector('.stApp');
  const heading = document.querySelector('h1');
  const pending = [...document.querySelectorAll('[data-testid=stSkeleton], [data-stale=true]')];
  return app && heading && heading.textContent.startsWith(title) && !pending.some((one) => one.offsetParent)
    && app.dataset.testScriptState === 'notRunning';
}"""


def make_run(folder: Path, systems: int, tasks: int, frames: int) -> None:
    """Write header, Parquet files, and what is derived from them."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    names = ["truth", *(f"system_{k:03d}" for k in range(1, systems))]
    ids = [f"stub_validation_walk_s0_{k:04d}" for k in range(tasks)]
    (folder / "run.json").write_text(json.dumps(header(folder.name, names, tasks, frames)))
    system, task = np.repeat(names, tasks), np.tile(ids, systems)
    count = len(system)
    place = {"system": system, "task": task, "split": ["validation"] * count, "kind": ["walk"] * count}
    clips = [f"{k:064x}" for k in range(count)]
    outcome = {"place": ["x"] * count, "seed": np.zeros(count, int), "clip": clips, "status": ["done"] * count}
    pq.write_table(pa.table({**place, **outcome, "error": [""] * count}).cast(CELLS), folder / "cells.parquet")
    parts = []
    for metric in METRICS:
        numbers = {name: rng.normal(1, 0.2, count) for name in COLUMNS}
        if metric == "freeze_frac":
            numbers["mean"] = np.zeros(count)
        measured = {"metric": [metric] * count, "seed": np.zeros(count, int), "version": np.ones(count, int)}
        parts.append(pa.table({**place, **measured, **numbers}).select(SUMMARY.names).cast(SUMMARY))
    pq.write_table(pa.concat_tables(parts), folder / "summary.parquet", compression="zstd")
    write_series(folder, names, ids, frames, rng)


def derive(folder: Path) -> None:
    """Curves and tables, as they are made with the other outputs of a run."""
    run = load_run(folder)
    write_curves_file(run, folder)
    tables = {"results": results_table(run), "all": results_table(run, everything=True), "paired": paired_table(run)}
    for layout, table in tables.items():
        keep_table(folder, layout, table, folder)


def write_series(folder: Path, names: list[str], ids: list[str], frames: int, rng: np.random.Generator) -> None:
    """One value for every frame of every clip, one row group per system, as `finalise` writes them."""
    count, zeros = len(ids) * frames, np.zeros(len(ids) * frames, np.int32)
    of_task = np.repeat(np.arange(len(ids), dtype=np.int32), frames)
    with pq.ParquetWriter(folder / "series.parquet", SERIES, compression="zstd") as writer:
        for name in names:
            noise = rng.normal(0, 0.05, (len(ids), frames))
            values = np.round(1 + rng.normal(0, 3e-4) * np.arange(frames) + noise, 3).astype(np.float32)
            columns = [
                pa.DictionaryArray.from_arrays(zeros, [name]),
                pa.DictionaryArray.from_arrays(of_task, ids),
                zeros,
                pa.DictionaryArray.from_arrays(zeros, [WITH_SERIES]),
                np.ones(count, np.int32),
                np.tile(np.arange(frames, dtype=np.int32), len(ids)),
                values.ravel(),
            ]
            writer.write_table(pa.table(columns, schema=SERIES))


def header(run: str, names: list[str], tasks: int, frames: int) -> dict[str, Any]:
    """A run header as schema version 1 has it."""
    cards = {name: {"card": {"source": "ceiling" if name == "truth" else "made up"}} for name in names}
    session = {"started": "2026-01-01T00:00:00+00:00", "git": {"commit": None, "dirty": False}, "packages": {}}
    protocol = {"name": "big", "title": "Made up", "tasks": {"frames": frames}, "columns": [], "reference": names[1]}
    cells = len(names) * tasks
    return {
        "schema_version": 1, "id": run, "overrides": [], "status": "done", "systems": cards,
        "protocol": protocol | {"primary": {"quality": "psnr_truth", "drift": WITH_SERIES}},
        "world": {"name": "stub", "fps": 24.0}, "metrics": {name: metric_facts(name) for name in METRICS},
        "sessions": [session | {"machine": {}}], "created": session["started"], "updated": session["started"],
        "counts": {"cells": cells, "generated": cells, "done": cells, "failed": 0},
    }  # fmt: skip


def make_votes(path: Path, systems: int, tasks: int, votes: int) -> None:
    """Votes of people between random pairs of systems of unlike strength."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    rivals = systems - 1  # nobody votes on the truth
    left = rng.integers(0, rivals, votes)
    right = (left + rng.integers(1, rivals, votes)) % rivals
    strength = rng.normal(0, 0.6, rivals)
    wins = rng.random(votes) < 1 / (1 + np.exp(strength[right] - strength[left]))
    outcome = np.where(rng.random(votes) < 0.15, "tie", np.where(wins, "left", "right"))
    names = np.array([f"system_{k:03d}" for k in range(1, systems)])
    rows = {"left": names[left], "right": names[right], "outcome": outcome, "rater_kind": "human"}
    who = {"rater": [f"r{k}" for k in rng.integers(0, 500, votes)], "criterion": "overall"}
    task = [f"stub_validation_walk_s0_{k:04d}" for k in rng.integers(0, tasks, votes)]
    pd.DataFrame(rows | who | {"task": task}).to_parquet(path, index=False)


def serve(results: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start the dashboard and wait until it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "FPBENCH_RESULTS": str(results)}
    command = [sys.executable, *SERVER, "--server.port", str(port), "--server.address", "127.0.0.1"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            urlopen(f"{address}/_stcore/health", timeout=5).close()  # noqa: S310 - our own server
        except OSError:
            time.sleep(0.2)
        else:
            return process, address
    raise SystemExit("the dashboard did not start")


def peak_megabytes(process: subprocess.Popen[bytes]) -> float:
    """Most memory that the server has held."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def processor_seconds(root: int) -> float:
    """What a process and its descendants have used so far."""
    return sum(seconds for process, seconds in _used().items() if root in _line(process))


def browser_seconds() -> float:
    """What the browsers among our descendants have used so far; what drives them is left out."""
    ours = os.getpid()
    return sum(
        seconds
        for process, seconds in _used().items()
        if ours in (line := _line(process)) and any(_is_browser(one) for one in line)
    )


def _used() -> dict[int, float]:
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            facts = path.read_text().rpartition(")")[2].split()
            found[int(path.parent.name)] = sum(map(int, facts[11:15])) / os.sysconf("SC_CLK_TCK")
    return found


def _line(process: int) -> list[int]:
    """A process and its ancestors."""
    found = [process]
    with suppress(OSError):
        while found[-1] > 1:
            found.append(int(Path(f"/proc/{found[-1]}/stat").read_text().rpartition(")")[2].split()[1]))
    return found


def _is_browser(process: int) -> bool:
    try:
        return "chrom" in Path(f"/proc/{process}/comm").read_text()
    except OSError:
        return False


def clock(page: Page, act: Any, title: str, server: int) -> Seconds:
    """From an action until the page that it opens is drawn to its end."""
    server_begun, browser_begun = processor_seconds(server), browser_seconds()
    begun = Seconds(time.perf_counter(), server_begun, browser_begun)  # the look itself takes time
    act()
    page.wait_for_function(READY, arg=title, timeout=600_000, polling=50)
    ended = Seconds(time.perf_counter(), processor_seconds(server), browser_seconds())
    return Seconds(*(after - before for before, after in zip(begun, ended, strict=True)))


def visit(browser: Browser, address: str, server: int) -> dict[str, Seconds]:
    """One reader: the first paint, then every page by its menu."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    seconds = {"first paint (Overview)": clock(page, lambda: page.goto(address), "Overview", server)}
    for title in (*TITLES[1:], "Overview"):
        seconds[title] = clock(page, page.get_by_role("link", name=title, exact=True).click, title, server)
    context.close()
    return seconds


def rate_first(browser: Browser, address: str, patience: float) -> None:
    """Wait until the votes are rated, which is done once, in a process of its own."""
    page = browser.new_page()
    page.goto(f"{address}/ratings")
    begun = time.perf_counter()
    page.get_by_text("Who beats whom").wait_for(timeout=patience * 1000)
    say(f"votes were rated in {time.perf_counter() - begun:.0f} s, behind the page")
    page.close()


def measure(address: str, process: subprocess.Popen[bytes], chromium: str, readers: int, patience: float) -> None:
    """Print the table: what the first reader of a new server waits for, then medians over the others."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        first = visit(browser, address, process.pid)
        if patience:
            rate_first(browser, address, patience)
        later = [visit(browser, address, process.pid) for _ in range(readers)]
        say("| page | clock | server | browser | first reader |\n| :-- | --: | --: | --: | --: |")
        for title, one in first.items():
            found = [np.median([seconds[title][k] for seconds in later]) for k in range(len(Seconds._fields))]
            say(f"| {title} | {' | '.join(f'{value:.2f}' for value in found)} | {one.clock:.2f} |")
        say(f"server peak: {peak_megabytes(process):.0f} MB")
        browser.close()


def say(line: str) -> None:
    """Print a line at once, since there is a while between two."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Make what is missing, then measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    sizes = {"systems": 200, "tasks": 512, "frames": 900, "votes": 100_000}
    for name, size in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=size)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--readers", type=int, default=5)
    parser.add_argument("--patience", type=float, default=900, help="seconds to wait for ratings; 0: do not wait")
    asked = parser.parse_args()
    results = asked.folder / "results"
    run, votes = results / "runs" / "big", results / "votes" / "big.parquet"
    begun = time.perf_counter()
    if not run.exists():
        make_run(run, asked.systems, asked.tasks, asked.frames)
    if not kept_path(run, "paired").exists():
        derive(run)
    if not votes.exists():
        make_votes(votes, asked.systems, asked.tasks, asked.votes)
    say(f"made in {time.perf_counter() - begun:.0f} s")
    process, address = serve(results)
    try:
        measure(address, process, asked.chromium, asked.readers, asked.patience)
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main()
