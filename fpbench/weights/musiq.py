"""MUSIQ (Ke et al. 2021, arXiv 2108.05997) trained on SPAQ, on the network of pyiqa.

The weights are Google's, Apache-2.0; pyiqa's code is under the PolyForm Noncommercial licence, and therefore never
installed by fpbench. Of pyiqa only the module of that network is used; it downloads nothing.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fpbench.weights.hub import HubFile
from fpbench.weights.tensors import frozen, read_tensors

if TYPE_CHECKING:
    import torch

FILE = HubFile(
    "musiq-spaq",
    "chaofengc/IQA-PyTorch-Weights/musiq_spaq_ckpt-358bb6af.pth",
    "Apache-2.0; run by pyiqa: PolyForm Noncommercial",
    sha256="358bb6af",
    size="0.1 GB",
    runner="pyiqa",
    runner_install="pip install --no-deps pyiqa (non-commercial use only)",
)


def load_musiq() -> torch.nn.Module:
    """The network, frozen, in evaluation mode, on the CPU.

    Returns:
        (batch, 3, height, width) in [0, 1] to (batch, 1) scores, about 0 to 100.

    Raises:
        PreflightError: package or weights are not here, or the weights do not fit.
    """
    path = FILE.verified()
    from pyiqa.archs.musiq_arch import MUSIQ

    return frozen(partial(MUSIQ, num_class=1, pretrained=False), read_tensors(path), path, "MUSIQ")
