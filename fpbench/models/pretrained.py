"""Folders of released weights: found by path or hub name, safetensors only, and identified by their content."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
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
STORAGES = ("float8_e4m3fn", "float8_e5m2")
FACTS = Path("framepack") / "config.json"
"""Where a fine-tuned folder says what it was trained for."""

WHOLE = ["image_encoder"]
"""Parts that cannot be brought to the GPU layer by layer: SigLIP's pooling head reads weights past their module."""

_PATTERNS = ("*.json", "*.safetensors", "*.txt", "*.model")
_BLOB = re.compile(r"[0-9a-f]{64}")


class PretrainedError(PreflightError):
    """Released weights that are not there, or not in a form that can be loaded safely."""


@dataclass(frozen=True)
class Placement:
    """Where and how precisely a released model runs.

    Attributes:
        dtype: one of `DTYPES`; None for bfloat16 on a GPU and float32 without one.
        autoencoder: dtype of the autoencoder; float32 is how Wan's authors run theirs.
        device: torch device; None for the first GPU if there is one.
        offload: what stays in main memory; ``group`` fits the 13 B transformer on a 24 GB card.
        storage: ``float8_e4m3fn`` keeps the transformer's weights in half the memory; computation stays in dtype.
        tiling: decode in tiles and slices.
    """

    dtype: str | None = None
    autoencoder: str = "float32"
    device: str | None = None
    offload: Offload = "none"
    storage: str | None = None
    tiling: bool = True

    def __post_init__(self) -> None:
        allowed = {
            "dtype": (None, *DTYPES), "autoencoder": DTYPES, "storage": (None, *STORAGES), "offload": get_args(Offload)
        }  # fmt: skip
        for name, known in allowed.items():
            if (value := getattr(self, name)) not in known:
                raise ValueError(f"{name} {value!r} is none of {', '.join(filter(None, known))}")
        if self.storage and self.offload == "sequential":
            raise ValueError("storage with offload 'sequential': the two move the same weights; use offload 'group'")

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

        found: torch.dtype = getattr(torch, self.dtype or ("float32" if self.on().type == "cpu" else "bfloat16"))
        return found

    def decoder_precision(self) -> torch.dtype:
        """The dtype of the autoencoder."""
        import torch

        found: torch.dtype = getattr(torch, self.autoencoder)
        return found

    def fingerprint(self) -> dict[str, object]:
        """What of it moves a pixel."""
        return {
            "dtype": str(self.precision()),
            "autoencoder": self.autoencoder,
            "storage": self.storage,
            "tiling": self.tiling,
        }

    def apply(self, pipeline: Any) -> None:
        """Place a diffusers pipeline accordingly."""
        import torch

        device = self.on()
        if self.storage and pipeline.transformer is not None:
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
            pipeline._exclude_from_cpu_offload = WHOLE  # noqa: SLF001
            pipeline.enable_sequential_cpu_offload(device=device)
        else:
            pipeline.enable_group_offload(
                device, offload_type="leaf_level", use_stream=device.type == "cuda", exclude_modules=WHOLE
            )


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


def framepack_facts(folder: Path) -> dict[str, Any]:
    """What a fine-tuned folder says of itself: capabilities, card; empty for any other folder."""
    path = folder / FACTS
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def write_facts(folder: Path, capabilities: Iterable[str], card: Mapping[str, Any] | None, **more: Any) -> None:
    """Note in a folder what its weights were trained for."""
    (folder / FACTS).parent.mkdir(parents=True, exist_ok=True)
    facts = {"capabilities": sorted(capabilities), "card": dict(card or {}), **more}
    (folder / FACTS).write_text(json.dumps(facts, indent=1, sort_keys=True), encoding="utf-8")


def require(folder: Path, needs: Iterable[str], *, otherwise: Iterable[str] = ()) -> None:
    """Raise PretrainedError for what weights were not trained for; a folder that says nothing can do ``otherwise``."""
    lacking = set(needs) - set(framepack_facts(folder).get("capabilities", otherwise))
    if lacking:
        raise PretrainedError(f"{folder}: not trained for {', '.join(sorted(lacking))}")


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
