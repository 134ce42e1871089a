"""A random backbone small enough for tests."""

from dataclasses import replace

import torch

from fpbench.models.dit import DiT, DiTConfig

SHAPE = (4, 8, 12)
CONFIG = DiTConfig(channels=4, dim=48, depth=2, heads=1, pairs=(5, 5, 6, 8), kernels=(1, 2, 4))


def tiny_dit(seed: int = 0, *, causal: bool = False) -> DiT:
    """A DiT whose zero-initialised layers are filled, so that every input reaches the output."""
    torch.manual_seed(seed)
    model = DiT(replace(CONFIG, causal=causal))
    for parameter in model.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.05)
    return model.eval().requires_grad_(False)


def given_and_poses(frames: int, batch: int = 2, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """One given latent frame and a random camera path."""
    rng = torch.Generator().manual_seed(seed)
    poses = torch.randn(batch, frames, 4, generator=rng, dtype=torch.float64).cumsum(1)
    return torch.randn(batch, 1, *SHAPE, generator=rng), poses
