"""Low-rank adapters on linear layers (Hu et al., arXiv 2106.09685): y = W x + (alpha / r) B A x, B starts at zero."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LowRank(nn.Module):
    """A frozen linear layer with a trained low-rank correction.

    Args:
        base: the layer; it is frozen.
        rank: of the correction; its scale is 1 (alpha = r).
    """

    def __init__(self, base: nn.Linear, rank: int) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)
        # In float32 even where the base is not: small steps would be rounded away.
        self.down = nn.Linear(base.in_features, rank, bias=False, device=base.weight.device)
        self.up = nn.Linear(rank, base.out_features, bias=False, device=base.weight.device)
        nn.init.zeros_(self.up.weight)

    def forward(self, x: Tensor) -> Tensor:
        corrected: Tensor = self.base(x) + self.up(self.down(x))
        return corrected

    @torch.no_grad()
    def merged(self) -> nn.Linear:
        """The layer with the correction added to its weight."""
        self.base.weight += (self.up.weight @ self.down.weight).to(self.base.weight)
        return self.base


def adapt(module: nn.Module, rank: int) -> None:
    """Put a correction on every linear layer inside a module, in place; modulation (``norm...``) stays as it is."""
    for name, child in list(module.named_children()):
        if name.startswith("norm"):
            continue
        if isinstance(child, nn.Linear):
            setattr(module, name, LowRank(child, rank))
        else:
            adapt(child, rank)


def merge(module: nn.Module) -> None:
    """Replace every corrected layer by the merged one, in place."""
    for name, child in list(module.named_children()):
        if isinstance(child, LowRank):
            setattr(module, name, child.merged())
        else:
            merge(child)
