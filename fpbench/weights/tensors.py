"""Tensors from weight files of other people, and nothing else. Knows nothing of what the tensors mean."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from fpbench.errors import PreflightError

if TYPE_CHECKING:
    import torch


def read_tensors(path: Path, inside: str = "") -> dict[str, torch.Tensor]:
    """The named tensors of a safetensors file or of a state dict saved by torch, on the CPU.

    A state dict is a pickle: it goes through torch's restricted unpickler, which builds tensors and plain containers
    and refuses every other name before it acts.

    Args:
        path: of the file.
        inside: entry of a training checkpoint under which it keeps the state dict; a flat one is taken as well.

    Raises:
        PreflightError: the file cannot be read, names anything but tensors, or is nested otherwise.
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
    if isinstance(found, dict) and isinstance(found.get(inside), dict):
        found = found[inside]
    if not isinstance(found, dict) or not all(isinstance(value, torch.Tensor) for value in found.values()):
        raise PreflightError(f"{path}: not a flat state dict of tensors; save model.state_dict() as safetensors")
    return found


def frozen(
    build: Callable[[], torch.nn.Module], tensors: Mapping[str, torch.Tensor], path: Path, name: str
) -> torch.nn.Module:
    """A network with the tensors of a file, frozen, in evaluation mode, on the CPU.

    Args:
        build: makes the network; what it draws at random is overwritten, and the caller's generator does not move.
        tensors: of the whole network, by its names.
        path: of the file they are from. name: of the network; both for the error.

    Raises:
        PreflightError: the tensors do not fit the network.
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        model = build()
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        raise PreflightError(f"{path} does not fit {name}: {str(error).splitlines()[1].strip()}") from error
    return model.eval().requires_grad_(False)
