"""AMT-S (Li et al., CVPR 2023, arXiv 2304.09790), the frame interpolation of VBench's motion smoothness.

Code and weights are under CC BY-NC 4.0, and therefore never installed by fpbench. The package ``vbench`` contains the
code; of it only the modules of that network are imported, none of which needs what vbench requires.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from fpbench.weights.hub import HubFile
from fpbench.weights.packaged import bare
from fpbench.weights.tensors import frozen, read_tensors

if TYPE_CHECKING:
    import torch

FILE = HubFile(
    "amt-s",
    "lalala125/AMT/amt-s.pth",
    "CC BY-NC 4.0, as is its code inside vbench",
    size="12 MB",
    runner="vbench",
    runner_install="pip install --no-deps vbench==0.1.5 (non-commercial use only)",
)


def load_amt() -> torch.nn.Module:
    """The network, frozen, in evaluation mode, on the CPU.

    Returns:
        Two pictures (1, 3, height, width) in [0, 1], sides divisible by 16, and a time (1, 1, 1, 1) between 0 and 1,
        called with ``eval=True``, to a dictionary whose "imgt_pred" is the picture at that time.

    Raises:
        PreflightError: package or weights are not here, or the weights do not fit.
    """
    path = FILE.verified()
    with bare(FILE.runner):
        build = import_module("vbench.third_party.amt.networks.AMT-S").Model
    return frozen(build, read_tensors(path, "state_dict"), path, "AMT-S")
