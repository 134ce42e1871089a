"""RAFT (Teed & Deng 2020, arXiv 2003.12039) trained on Chairs and Things, as torchvision publishes it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fpbench.weights.hub import HubFile
from fpbench.weights.tensors import frozen, read_tensors

if TYPE_CHECKING:
    import torch

FILE = HubFile(
    "raft-large-c-t",
    "https://download.pytorch.org/models/raft_large_C_T_V1-22a6c225.pth",
    "BSD-3-Clause",
    sha256="22a6c225",
    size="21 MB",
)
"""C_T_V1 is the port of the authors' "things" weights, which VBench uses; torchvision's default is another network."""


def load_raft(architecture: str = "raft_large") -> torch.nn.Module:
    """The flow network, frozen, in evaluation mode, on the CPU.

    Args:
        architecture: name in ``torchvision.models.optical_flow`` of the network that the weights belong to.

    Raises:
        PreflightError: the weights are not here, or do not fit the architecture.
    """
    from torchvision.models import optical_flow

    path = FILE.verified()
    return frozen(partial(getattr(optical_flow, architecture), weights=None), read_tensors(path), path, architecture)
