"""Inception-v3 as FID uses it (Szegedy et al. 2016; TensorFlow's weights of 2015), on torch-fidelity's network."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from fpbench.errors import PreflightError
from fpbench.weights.hub import HubFile
from fpbench.weights.tensors import read_tensors

if TYPE_CHECKING:
    import torch

FILE = HubFile(
    "inception-v3-fid",
    "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth",
    "Apache-2.0",
    sha256="6726825d",
    size="91 MB",
    runner="torch_fidelity",
    runner_install="pip install torch-fidelity",
)


def load_inception() -> torch.nn.Module:
    """The network, frozen, in evaluation mode, on the CPU.

    Returns:
        torch-fidelity's extractor: (batch, 3, height, width) uint8 RGB to a tuple of one (batch, 2048) float32.

    Raises:
        PreflightError: package or weights are not here, or the weights do not fit.
    """
    import torch
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    path = FILE.verified()
    # The constructor unpickles whatever it is given, so it gets what the restricted reader let pass.
    with tempfile.TemporaryDirectory() as folder, torch.random.fork_rng(devices=[]):
        tensors = Path(folder) / "tensors.pth"
        torch.save(read_tensors(path), tensors)
        try:
            model: torch.nn.Module = FeatureExtractorInceptionV3(
                "inception-v3-compat", ["2048"], feature_extractor_weights_path=str(tensors)
            )
        except RuntimeError as error:
            raise PreflightError(f"{path} does not fit Inception-v3: {str(error).splitlines()[1].strip()}") from error
    return model
