"""Training the per-frame autoencoder: L1 + LPIPS, so that textures survive, on shuffled frames of a world."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from fpbench.models.autoencoder import Autoencoder, to_tensor
from fpbench.weights.lpips import load_lpips


@dataclass(frozen=True)
class Budget:
    """How long and how fast: steps, batch, peak learning rate; the rate is warmed up, then decayed to zero."""

    steps: int
    batch: int = 32
    rate: float = 1e-3
    warmup: int = 50

    def at(self, step: int) -> float:
        """Learning rate of a step: linear warm-up, cosine decay."""
        if step < self.warmup:
            return self.rate * (step + 1) / self.warmup
        return self.rate * 0.5 * (1 + math.cos(math.pi * (step - self.warmup) / max(1, self.steps - self.warmup)))


def batches(frames: NDArray[np.uint8], size: int, rng: np.random.Generator) -> Iterator[Tensor]:
    """Endless random batches (size, 3, height, width) in [-1, 1] of (n, height, width, 3) frames."""
    while True:
        pick = np.sort(rng.choice(len(frames), size, replace=False))
        yield to_tensor(frames[pick]).contiguous(memory_format=torch.channels_last)


@dataclass(frozen=True)
class Objective:
    """What is minimised: L1 plus LPIPS on images painted from slightly shaken latents.

    Attributes:
        perceptual: weight of LPIPS (AlexNet).
        noise: standard deviation of noise on the latents in units of theirs, so that small errors of a generator
            stay small in pixels.
    """

    perceptual: float = 0.25
    noise: float = 0.05


Log = Callable[[str], None]


def train_autoencoder(
    model: Autoencoder,
    frames: NDArray[np.uint8],
    budget: Budget,
    objective: Objective,
    *,
    state: Path,
    seed: int = 0,
    log: Log = lambda line: None,
) -> None:
    """Train a new autoencoder in place and normalise its latents.

    Args:
        model: an autoencoder; its linear path is set to the data's principal components.
        frames: (n, height, width, 3) uint8.
        budget: steps, batch, rate.
        objective: weights of the loss.
        state: file that holds model, optimiser and step; training goes on from it.
        seed: of batches and noise.
        log: receives a line every 50 steps.
    """
    pick = np.random.default_rng(seed).choice(len(frames), min(2048, len(frames)), replace=False)
    sample = to_tensor(frames[pick])
    model.start_from_principal_components(sample)
    _fit(model, frames, budget, objective, state, seed, log)
    model.normalise(sample)


def polish_decoder(
    model: Autoencoder,
    frames: NDArray[np.uint8],
    budget: Budget,
    objective: Objective,
    *,
    state: Path,
    seed: int = 0,
    log: Log = lambda line: None,
) -> None:
    """Train the decoder further while the encoder, and so every latent a backbone has learnt, stays as it is.

    The arguments are those of `train_autoencoder`.
    """
    for part in (model.encoder, model.linear_in):
        part.requires_grad_(False)
    _fit(model, frames, budget, objective, state, seed, log)
    model.requires_grad_(True)


def _fit(
    model: Autoencoder,
    frames: NDArray[np.uint8],
    budget: Budget,
    objective: Objective,
    state: Path,
    seed: int,
    log: Log,
) -> None:
    torch.manual_seed(seed)
    model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    distance = load_lpips("alex")
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, budget.rate, betas=(0.9, 0.95), weight_decay=1e-4)
    first = _resume(state, model, optimiser)
    stream = batches(frames, budget.batch, np.random.default_rng([seed, first]))
    began = time.monotonic()
    for step in range(first, budget.steps):
        for group in optimiser.param_groups:
            group["lr"] = budget.at(step)
        images = next(stream)
        latents = model.raw(images)
        made = model.paint(latents + objective.noise * latents.detach().std() * torch.randn_like(latents))
        pixel, seen = F.l1_loss(made, images), distance(made, images).mean()
        optimiser.zero_grad(set_to_none=True)
        (pixel + objective.perceptual * seen).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        if step % 50 == 0:
            psnr = -10 * math.log10(F.mse_loss(made, images).item() / 4)
            pace = (time.monotonic() - began) / (step - first + 1)
            log(f"step {step} l1 {pixel.item():.4f} lpips {seen.item():.4f} psnr {psnr:.2f} {pace:.2f} s/step")
        if (step + 1) % 200 == 0 or step + 1 == budget.steps:
            _save(state, model, optimiser, step + 1)


def _resume(state: Path, model: Autoencoder, optimiser: torch.optim.Optimizer) -> int:
    if not state.exists():
        return 0
    saved = torch.load(state, weights_only=True)
    model.load_state_dict(saved["model"])
    optimiser.load_state_dict(saved["optimiser"])
    return int(saved["step"])


def _save(state: Path, model: Autoencoder, optimiser: torch.optim.Optimizer, step: int) -> None:
    partial = state.with_suffix(".partial")
    torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(), "step": step}, partial)
    partial.replace(state)


@torch.inference_mode()
def fidelity(model: Autoencoder, frames: NDArray[np.uint8]) -> tuple[float, float]:
    """Mean PSNR (dB, per frame) and mean LPIPS (AlexNet) of decoded against original frames."""
    distance = load_lpips("alex")
    psnr, lpips = [], []
    for start in range(0, len(frames), 64):
        images = to_tensor(frames[start : start + 64])
        made = model.decode(model.encode(images))
        error = (made - images).square().mean((1, 2, 3)) / 4
        psnr += (-10 * error.log10()).tolist()
        lpips += distance(made, images).flatten().tolist()
    return float(np.mean(psnr)), float(np.mean(lpips))
