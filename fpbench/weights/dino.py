"""DINO ViT-B/16 (Caron et al. 2021, arXiv 2104.14294), in the layout of timm."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fpbench.weights.hub import HubFile
from fpbench.weights.tensors import frozen, read_tensors

if TYPE_CHECKING:
    import torch

FILE = HubFile(
    "dino-vit-b-16", "timm/vit_base_patch16_224.dino/model.safetensors", licence="Apache-2.0", size="0.34 GB"
)


def load_dino(architecture: str = "vit_base_patch16_224") -> torch.nn.Module:
    """The vision transformer without a head, frozen, in evaluation mode, on the CPU.

    Args:
        architecture: timm's name of the network that the weights belong to.

    Raises:
        PreflightError: the weights are not here, or do not fit the architecture.
    """
    import timm

    path = FILE.verified()
    build = partial(timm.create_model, architecture, pretrained=False, num_classes=0)
    return frozen(build, read_tensors(path), path, architecture)
