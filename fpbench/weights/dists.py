"""Real DISTS (Ding et al., TPAMI 2022, arXiv 2004.07728): the VGG16 trunk of `lpips`, weighted as published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fpbench.weights.lpips import trunk
from fpbench.weights.packaged import PackagedFile
from fpbench.weights.tensors import read_tensors

if TYPE_CHECKING:
    import torch

FILE = PackagedFile(
    distribution="dists-pytorch",
    package="DISTS_pytorch",
    path="weights.pt",
    sha256="f5e65c96230b7f6ca995691647d482237e4cab8a50c5c4a5784f219ef0748218",
    licence="MIT",
    install="pip install --no-deps dists-pytorch==0.1",
)


def load_dists() -> tuple[list[tuple[torch.Tensor, torch.Tensor]], torch.Tensor, torch.Tensor]:
    """What DISTS consists of.

    Returns:
        The thirteen convolutions of VGG16 as (weight, bias), in order; alpha and beta, (1475,) each, the unnormalised
        weights of texture and structure for the 3 + 64 + 128 + 256 + 512 + 512 channels compared.

    Raises:
        PreflightError: a package is missing or its file is not the published one.
    """
    tensors = trunk("vgg")
    layers = sorted({name.rsplit(".", 1)[0] for name in tensors}, key=lambda name: int(name.rsplit(".", 1)[1]))
    published = read_tensors(FILE.verified())
    convolutions = [(tensors[f"{name}.weight"], tensors[f"{name}.bias"]) for name in layers]
    return convolutions, published["alpha"].flatten(), published["beta"].flatten()
