"""Tensors from weight files of other people, and nothing else. Knows nothing of what the tensors mean."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING

from fpbench.errors import PreflightError

if TYPE_CHECKING:
    import torch


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The named tensors of a safetensors file or of a flat state dict saved by torch, on the CPU.

    A state dict is a pickle: it goes through torch's restricted unpickler, which builds tensors and plain containers
    and refuses every other name before it acts.

    Raises:
        PreflightError: the file cannot be read, names anything but tensors, or is nested.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            return dict(load_file(path))
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, SafetensorError, pickle.UnpicklingError, EOFError, RuntimeError, ValueError, KeyError) as error:
        reason = str(error).split("\n", 1)[0]
        raise PreflightError(f"cannot read tensors from {path}: {reason}") from error
    if not isinstance(found, dict) or not all(isinstance(value, torch.Tensor) for value in found.values()):
        raise PreflightError(f"{path}: not a flat state dict of tensors; save model.state_dict() as safetensors")
    return found
