"""Muon (Jordan et al., 2024) in the parameter's own precision.

``torch.optim.Muon`` orthogonalises in bfloat16, which costs more than the whole training step on a CPU without
bfloat16 units; this one keeps float32, unless autocast says otherwise, and works on stacks of equal shapes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

import torch
from torch import Tensor

# Quintic Newton-Schulz coefficients that carry singular values in (0, 1] to about 1 in five steps.
_A, _B, _C = 3.4445, -4.7750, 2.0315


def orthogonalise(matrices: Tensor, steps: int = 5) -> Tensor:
    """Move every matrix of (n, rows, columns) to nearly its polar factor; singular values end in about [0.7, 1.2]."""
    wide = matrices if matrices.shape[1] <= matrices.shape[2] else matrices.mT
    x = wide / (wide.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = _A * x + (_B * gram + _C * gram @ gram) @ x
    return x if matrices.shape[1] <= matrices.shape[2] else x.mT


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalised, scaled so that an update has the RMS of AdamW's (0.2 times the rate).

    Args:
        parameters: matrices only.
        lr: learning rate, on AdamW's scale.
        momentum: decay of the momentum.
        weight_decay: decoupled.
    """

    def __init__(
        self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        super().__init__(list(parameters), {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One update of every parameter that has a gradient; `closure` is not used."""
        for group in self.param_groups:
            shapes: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    shapes[parameter.shape].append(parameter)
            for parameters in shapes.values():
                self._update(parameters, group["lr"], group["momentum"], group["weight_decay"])

    def _update(self, parameters: list[Tensor], lr: float, momentum: float, decay: float) -> None:
        directions = []
        for parameter in parameters:
            gradient = parameter.grad
            if gradient is None:
                continue
            buffer = self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
            buffer.lerp_(gradient, 1 - momentum)
            directions.append(gradient.lerp(buffer, momentum))
        updates = orthogonalise(torch.stack(directions))
        scale = 0.2 * max(parameters[0].shape) ** 0.5
        for parameter, update in zip(parameters, updates, strict=True):
            parameter.mul_(1 - lr * decay).add_(update, alpha=-lr * scale)
