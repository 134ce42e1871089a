"""A run killed half-way and started again ends in the same bytes and makes nothing twice."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

STUBS = Path(__file__).parents[1] / "_stubs"
OWN_STORY = {"run.json", "cells.jsonl"}
"""Files that tell when and how the run went; everything else must not depend on it."""
PROTOCOL = """\
name: kill
world: stub
tasks: {splits: [validation], kinds: [walk], count: 8, frames: 12}
batch: 2
systems:
  - {use: stub_truth}
  - {use: stub_fade, rate: 0.02, wait: 0.15, log: calls.log}
metrics: [luma_mean, contrast_rms, flow_top5, freeze_frac]
primary: {quality: luma_mean, drift: luma_mean}
"""


def start(folder: Path, workers: int) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    (folder / "kill.yaml").write_text(PROTOCOL)
    environment = os.environ | {"PYTHONPATH": str(STUBS)}
    command = [sys.executable, "-m", "fpbench.cli", "run", "kill.yaml", "--workers", str(workers)]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)


def finish(folder: Path, workers: int) -> None:
    assert start(folder, workers).wait(timeout=300) == 0, (folder / "log").read_text()


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def run_folder(folder: Path) -> Path:
    return next((folder / "results" / "runs").iterdir())


def kill_after(folder: Path, entries: int) -> None:
    """Start, wait for that many journal lines, then SIGKILL the parent."""
    process = start(folder, workers=2)
    deadline = time.monotonic() + 120
    while len(lines(next(iter(folder.glob("results/runs/*/cells.jsonl")), folder / "none"))) < entries:
        assert process.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()


def produced(folder: Path) -> dict[str, bytes]:
    files = (path for path in (folder / "results").rglob("*") if path.is_file() and not path.name.startswith("."))
    return {str(path.relative_to(folder)): path.read_bytes() for path in files if path.name not in OWN_STORY}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    finish(folder, workers=1)
    return folder


def test_killed_twice_and_resumed_is_as_never_killed(undisturbed: Path, tmp_path: Path):
    kill_after(tmp_path, 10)  # of 16 + 16: while generating
    generated = lines(run_folder(tmp_path) / "cells.jsonl")
    calls = lines(tmp_path / "calls.log")
    kill_after(tmp_path, 20)  # while measuring
    finish(tmp_path, workers=2)

    expected, found = produced(undisturbed), produced(tmp_path)
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []

    journal = lines(run_folder(tmp_path) / "cells.jsonl")
    assert journal[: len(generated)] == generated
    attempts = [line.split('"seconds"')[0] for line in journal]
    assert len(set(attempts)) == len(attempts) <= 32  # a kill may come between the work and its journal line
    finished_tasks = {line.split('"task": "')[1].split('"')[0] for line in generated if '"stub_fade"' in line}
    repeated = {call.split()[1] for call in lines(tmp_path / "calls.log")[len(calls) :]}
    assert finished_tasks.isdisjoint(repeated)


def test_a_finished_run_prints_its_table_and_does_nothing(undisturbed: Path):
    before, calls = produced(undisturbed), lines(undisturbed / "calls.log")
    finish(undisturbed, workers=1)
    assert produced(undisturbed) == before
    assert lines(undisturbed / "calls.log") == calls
    assert "finished at" in (undisturbed / "log").read_text().split("wrote")[-1]
