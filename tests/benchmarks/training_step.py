"""Seconds of a training step: eager, compiled, and compiled with products of bfloat16; and the speed of such products.

Run it on an idle core: ``taskset -c 1 python tests/benchmarks/training_step.py``. Steps of all kinds alternate on the
same batches of random footage, from the shipped weights; it also prints how far apart their losses are.
"""

from __future__ import annotations

import time

import numpy as np
import torch

from fpbench import Pack, open_checkpoint
from fpbench.models.dit import DiT
from fpbench.sampling.strategy import Strategy
from fpbench.training.follow import compile_blocks
from fpbench.training.footage import Footage
from fpbench.training.mixture import Mixture
from fpbench.training.trainer import make_batch, velocity_loss

BATCH, STEPS, PACK = 24, 8, "td_f16k4f2k2f1k1_g9"
PRODUCT = (BATCH * 254, 192, 768)
"""Tokens of a batch times the first matrix of a block's MLP."""


def step(model: DiT, seed: int) -> tuple[float, float]:
    """Seconds of forward and backward, and the loss."""
    rng = torch.Generator().manual_seed(seed)
    random = np.random.default_rng(seed)
    footage = Footage(random.normal(size=(BATCH, 64, 16, 8, 12)).astype(np.float16), random.normal(size=(BATCH, 64, 4)))
    section = Strategy(Pack.parse(PACK)).plan(64).sections[-1]
    batch = make_batch(footage.draw(BATCH, 64, rng), Mixture({PACK: 1.0}), section, rng)
    began = time.perf_counter()
    loss = velocity_loss(model, batch).mean()
    model.zero_grad(set_to_none=True)
    loss.backward()
    return time.perf_counter() - began, loss.item()


def product(dtype: torch.dtype) -> float:
    """GFLOP/s, the best of several."""
    rows, inner, columns = PRODUCT
    a, b = torch.randn(rows, inner).to(dtype), torch.randn(columns, inner).to(dtype)
    seconds = []
    for _ in range(20):
        began = time.perf_counter()
        torch.nn.functional.linear(a, b)
        seconds.append(time.perf_counter() - began)
    return 2 * rows * inner * columns / min(seconds) / 1e9


def main() -> None:
    """Print one line for each kind of step and one for the products."""
    torch.set_num_threads(1)
    shipped = open_checkpoint("doom").backbone()
    kinds = {"eager": False, "compiled": False, "compiled, bfloat16": True}
    models = {kind: DiT(shipped.config) for kind in kinds}
    for kind, model in models.items():
        model.load_state_dict(shipped.state_dict())
        if kind != "eager":
            compile_blocks(model, "this benchmark")

    def timed(kind: str, seed: int) -> tuple[float, float]:
        with torch.autocast("cpu", torch.bfloat16, enabled=kinds[kind]):
            return step(models[kind], seed)

    for kind in kinds:
        timed(kind, 0)  # compiles; warms up
    pairs = [[timed(kind, 1 + k) for kind in kinds] for k in range(STEPS)]
    seconds, losses = np.array(pairs).transpose(2, 1, 0)
    for kind, times, loss in zip(kinds, seconds, losses, strict=True):
        ratio = np.median(seconds[0]) / np.median(times)
        apart = np.abs(loss - losses[0]).max()
        print(f"{kind}: {np.median(times):.2f} s, {ratio:.2f} times as fast; losses apart by {apart:.1e}")  # noqa: T201
    speeds = ", ".join(f"{str(x).rpartition('.')[2]} {product(x):.0f}" for x in (torch.float32, torch.bfloat16))
    print(f"product of {PRODUCT[0]} x {PRODUCT[1]} by {PRODUCT[1]} x {PRODUCT[2]}, GFLOP/s: {speeds}")  # noqa: T201


if __name__ == "__main__":
    main()
