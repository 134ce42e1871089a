"""Data parallel training: gradients agree, and no process outlives the one that started it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch

from fpbench.training import parallel


def average_on_each(folder: str) -> None:
    """Give each process another gradient, and one parameter that only process 1 uses."""
    model = torch.nn.ParameterList([torch.zeros(3), torch.zeros(2)])
    model[0].grad = torch.full((3,), float(parallel.rank()))
    if parallel.rank() == 1:
        model[1].grad = torch.ones(2)
    parallel.average_gradients(model)
    stop = parallel.agree(parallel.rank() == 1)
    torch.save([model[0].grad, model[1].grad, stop], Path(folder) / f"{parallel.rank()}.pt")


def wait_for_ever(folder: str) -> None:
    (Path(folder) / f"pid{parallel.rank()}").write_text(str(os.getpid()))
    time.sleep(600)


def test_gradients_are_averaged_over_processes(tmp_path: Path) -> None:
    parallel.launch(average_on_each, 2, str(tmp_path))
    for rank in (0, 1):
        shared, partly, stop = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        assert shared.tolist() == [0.5] * 3
        assert partly.tolist() == [0.5] * 2
        assert stop


def test_trainers_end_with_a_killed_parent(tmp_path: Path) -> None:
    code = f"from tests.training import test_parallel as t; t.parallel.launch(t.wait_for_ever, 2, {str(tmp_path)!r})"
    root = Path(__file__).parents[2]
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=root)
    pids = [tmp_path / f"pid{rank}" for rank in (0, 1)]
    deadline = time.monotonic() + 120
    while not all(p.exists() and p.read_text() for p in pids):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    while any(alive(int(p.read_text())) for p in pids):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
