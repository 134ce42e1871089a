"""Folders of released weights: found by path or hub name, safetensors only, and identified by their content."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from fpbench.errors import PreflightError

if TYPE_CHECKING:
    import torch

Offload = Literal["none", "model", "group", "sequential"]
"""none: all on the device; model: one network at a time; group: layer by layer, overlapped; sequential: slowest."""

DTYPES = ("bfloat16", "float16", "float32")
_PATTERNS = ("*.json", "*.safetensors", "*.txt", "*.model")
_BLOB = re.compile(r"[0-9a-f]{64}")


class PretrainedError(PreflightError):
    """Released weights that are not there, or not in a form that can be loaded safely."""


@dataclass(frozen=True)
class Placement:
    """Where and how precisely a released model runs.

    Attributes:
        dtype: one of `DTYPES`; None for bfloat16 on a GPU and float32 without one.
        device: torch device; None for the first GPU if there is one.
        offload: what stays in main memory; ``group`` fits the 13 B transformer on a 24 GB card.
        storage: ``float8_e4m3fn`` keeps the transformer's weights in half the memory; computation stays in dtype.
        tiling: decode in tiles and slices.
    """

    dtype: str | None = None
    device: str | None = None
    offload: Offload = "none"
    storage: str | None = None
    tiling: bool = True

    def __post_init__(self) -> None:
        if self.dtype not in (None, *DTYPES):
            raise ValueError(f"dtype {self.dtype!r} is none of {', '.join(DTYPES)}")
        if self.offload not in get_args(Offload):
            raise ValueError(f"offload {self.offload!r} is none of {', '.join(get_args(Offload))}")

    def on(self) -> torch.device:
        """The device.

        Raises:
            PretrainedError: offloading without a GPU to offload from.
        """
        import torch

        device = torch.device(self.device or ("cuda" if torch.cuda.is_available() else "cpu"))
        if device.type == "cpu" and self.offload != "none":
            raise PretrainedError(f"offload={self.offload!r} needs a GPU, and the device is the CPU; use offload=none")
        return device

    def precision(self) -> torch.dtype:
        """The dtype of weights and activations."""
        import torch

        known = dict(zip(DTYPES, (torch.bfloat16, torch.float16, torch.float32), strict=True))
        return known[self.dtype or ("float32" if self.on().type == "cpu" else "bfloat16")]

    def apply(self, pipeline: Any) -> None:
        """Place a diffusers pipeline accordingly."""
        import torch

        device = self.on()
        if self.storage:
            pipeline.transformer.enable_layerwise_casting(
                storage_dtype=getattr(torch, self.storage), compute_dtype=self.precision()
            )
        if self.tiling:
            pipeline.vae.enable_tiling()
        if self.offload == "none":
            pipeline.to(device)
        elif self.offload == "model":
            pipeline.enable_model_cpu_offload(device=device)
        elif self.offload == "sequential":
            pipeline.enable_sequential_cpu_offload(device=device)
        else:
            pipeline.enable_group_offload(device, offload_type="leaf_level", use_stream=device.type == "cuda")


@cache
def locate(name: str, *, ignore: tuple[str, ...] = ()) -> Path:
    """The folder of released weights.

    Args:
        name: a local folder, or a hub repository ``owner/name``, which is downloaded once.
        ignore: patterns not to download.

    Raises:
        PretrainedError: neither a folder nor reachable, or without safetensors.
    """
    folder = Path(name).expanduser()
    if not folder.is_dir():
        folder = _download(name, ignore)
    if not any(folder.rglob("*.safetensors")):
        raise PretrainedError(
            f"{folder}: no .safetensors file; pickled weights are refused because loading them can run any code"
        )
    return folder


def _download(name: str, ignore: Sequence[str]) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=list(_PATTERNS), ignore_patterns=list(ignore)))
    except Exception as error:
        raise PretrainedError(
            f"{name!r} is no local folder and cannot be fetched from the hub ({type(error).__name__}); give the path "
            "of a folder that save_pretrained wrote, or run once with network access"
        ) from error


@cache
def digest(folder: Path) -> str:
    """SHA-256 over the names and contents of all weights and configurations in a folder."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".safetensors", ".json")):
        total.update(f"{path.relative_to(folder)} {_file_digest(path)}\n".encode())
    return total.hexdigest()


def _file_digest(path: Path) -> str:
    """A file's SHA-256; the hub's cache already names large files by it."""
    target = path.resolve().name
    if path.is_symlink() and _BLOB.fullmatch(target):
        return target
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
