"""OpenAI's CLIP (Radford et al. 2021) on open_clip, and LAION's linear aesthetic head on its ViT-L/14."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from fpbench.weights.hub import HubFile
from fpbench.weights.tensors import frozen, read_tensors

if TYPE_CHECKING:
    import torch

Trunk = Literal["clip-vit-l-14", "clip-vit-b-32"]

# QuickGELU is what OpenAI trained with; open_clip's plain configurations would load the same file and differ.
ARCHITECTURES: dict[str, str] = {"clip-vit-l-14": "ViT-L-14-quickgelu", "clip-vit-b-32": "ViT-B-32-quickgelu"}
FILES: dict[str, HubFile] = {
    "clip-vit-l-14": HubFile(
        "clip-vit-l-14", "timm/vit_large_patch14_clip_224.openai/open_clip_model.safetensors", "MIT", size="1.7 GB"
    ),
    "clip-vit-b-32": HubFile(
        "clip-vit-b-32", "timm/vit_base_patch32_clip_224.openai/open_clip_model.safetensors", "MIT", size="0.6 GB"
    ),
}
AESTHETIC = HubFile(
    "aesthetic-laion-v1",
    "https://raw.githubusercontent.com/LAION-AI/aesthetic-predictor/main/sa_0_4_vit_l_14_linear.pth",
    "MIT",
    sha256="2cd4e60f4f24ae3bcd57b847b13c1f3ba27edc28cc1a7f9ce74ee9f421243cba",
    size="4 kB",
)


def load_clip(trunk: Trunk, architecture: str | None = None) -> tuple[torch.nn.Module, Any]:
    """A CLIP model, frozen, in evaluation mode, on the CPU, and its tokenizer.

    Args:
        trunk: which weights.
        architecture: name of another open_clip configuration that the weights belong to.

    Returns:
        An open_clip model with ``encode_image`` for normalised (batch, 3, 224, 224) pictures and ``encode_text``, and
        the function from texts to (batch, 77) tokens; longer texts are cut.

    Raises:
        PreflightError: the weights are not here, or do not fit the architecture.
    """
    import open_clip

    path, name = FILES[trunk].verified(), architecture or ARCHITECTURES[trunk]
    model = frozen(partial(open_clip.create_model, name, pretrained=None), read_tensors(path), path, "this CLIP")
    return model, open_clip.get_tokenizer(name)


def load_aesthetic() -> tuple[torch.Tensor, torch.Tensor]:
    """LAION's linear head: weight (768,) and bias () on normalised ViT-L/14 features; about 1-10, higher is better.

    Raises:
        PreflightError: the weights are not here or not the published ones.
    """
    tensors = read_tensors(AESTHETIC.verified())
    return tensors["weight"].float()[0], tensors["bias"].float()[0]
