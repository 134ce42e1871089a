"""ViCLIP-L/14 trained on InternVid-10M-FLT (Wang et al. 2023, arXiv 2307.06942)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fpbench.weights.hub import HubFile
from fpbench.weights.tensors import frozen, read_tensors

if TYPE_CHECKING:
    import torch

FILE = HubFile("viclip-l-14", "OpenGVLab/VBench_Used_Models/ViClip-InternVid-10M-FLT.pth", licence="MIT", size="1.7 GB")


def load_viclip(build: Callable[[], torch.nn.Module] | None = None) -> tuple[torch.nn.Module, Any]:
    """The two towers, frozen, in evaluation mode, on the CPU, and the tokenizer.

    Args:
        build: makes the network that the weights belong to; the published size when left out.

    Returns:
        A network with ``vision_encoder`` for (batch, 3, 8, 224, 224) normalised frames and ``text_encoder`` for the
        (batch, 32) tokens that the tokenizer makes of texts; longer ones are cut and their end token kept.

    Raises:
        PreflightError: the weights are not here or do not fit.
    """
    path = FILE.verified()
    from open_clip.tokenizer import SimpleTokenizer

    from fpbench.weights.video_tower import TOKENS, viclip_l14

    model = frozen(build or viclip_l14, read_tensors(path, "model"), path, "ViCLIP-L/14")
    return model, SimpleTokenizer(context_length=TOKENS)
