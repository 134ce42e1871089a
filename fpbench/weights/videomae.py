"""VideoMAE ViT-B/16 (Tong et al. 2022, arXiv 2203.12602) finetuned on Kinetics-400, on the network of transformers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fpbench.weights.hub import HubFile
from fpbench.weights.tensors import frozen, read_tensors

if TYPE_CHECKING:
    import torch

FILE = HubFile(
    "videomae-base-k400",
    "MCG-NJU/videomae-base-finetuned-kinetics/model.safetensors",
    licence="CC BY-NC 4.0",
    size="0.35 GB",
)
_RENAMED = {"q_bias": "query.bias", "v_bias": "value.bias"}
"""Ends of names in the published file, and what newer releases of transformers call them."""


def load_videomae(**shape: int) -> torch.nn.Module:
    """The classifier, frozen, in evaluation mode, on the CPU.

    Args:
        shape: fields of ``VideoMAEConfig`` in which the weights differ from ViT-B.

    Returns:
        A ``VideoMAEForVideoClassification``; its ``videomae`` turns (batch, 16, 3, 224, 224) normalised frames into
        tokens, whose mean goes through its ``fc_norm`` before it is classified.

    Raises:
        PreflightError: the weights are not here or do not fit.
    """
    path = FILE.verified()
    import torch
    from transformers import VideoMAEConfig, VideoMAEForVideoClassification

    build = partial(VideoMAEForVideoClassification, VideoMAEConfig(num_labels=400, **shape))
    with torch.device("meta"):
        known = build().state_dict()
    tensors = {name if name in known else _renamed(name): tensor for name, tensor in read_tensors(path).items()}
    return frozen(build, tensors, path, "VideoMAE")


def _renamed(name: str) -> str:
    start, _, end = name.rpartition(".")
    return f"{start}.{_RENAMED.get(end, end)}"
