"""Data parallel training on the cores of one machine: one process per core, gradients averaged once per step.

Threads inside an operation wait for each other hundreds of times a step, so that any other program on the machine
stalls them; processes meet once.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.multiprocessing.spawn import spawn


def rank() -> int:
    """This process's number, 0 when training is not parallel."""
    return dist.get_rank() if dist.is_initialized() else 0


def world_size() -> int:
    """Number of training processes, 1 when training is not parallel."""
    return dist.get_world_size() if dist.is_initialized() else 1


def average_gradients(model: nn.Module) -> None:
    """Replace every gradient by its mean over the processes; a parameter unused here counts as zero."""
    if world_size() == 1:
        return
    parameters = [p for p in model.parameters() if p.requires_grad]
    used = torch.tensor([p.grad is not None for p in parameters])
    dist.all_reduce(used, op=dist.ReduceOp.MAX)
    live = [p for p, any_rank in zip(parameters, used.tolist(), strict=True) if any_rank]
    flat = torch.cat([(p.grad if p.grad is not None else torch.zeros_like(p)).flatten() for p in live])
    dist.all_reduce(flat)
    flat /= world_size()
    for p, mean in zip(live, flat.split([p.numel() for p in live]), strict=True):
        p.grad = mean.view_as(p)


def agree(value: bool) -> bool:
    """True on every process as soon as it is true on one."""
    if world_size() == 1:
        return value
    flag: Tensor = torch.tensor(int(value))
    dist.all_reduce(flag, op=dist.ReduceOp.MAX)
    return bool(flag.item())


def launch(work: Callable[..., None], processes: int, *args: Any) -> None:
    """Run ``work(*args)`` in this process, or in ``processes`` processes that share gradients."""
    if processes == 1:
        work(*args)
        return
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    spawn(_enter, (work, processes, port, args), nprocs=processes)


def _leave_with(parent: int) -> None:
    """End this process when its parent is gone: a killed run must not leave trainers behind."""
    while os.getppid() == parent:
        time.sleep(2)
    os._exit(1)


def _enter(number: int, work: Callable[..., None], processes: int, port: int, args: tuple[Any, ...]) -> None:
    threading.Thread(target=_leave_with, args=(os.getppid(),), daemon=True).start()
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    torch.set_num_threads(1)
    dist.init_process_group("gloo", rank=number, world_size=processes)
    try:
        work(*args)
    finally:
        dist.destroy_process_group()
