"""Checkpoints of the embedded worlds: one safetensors file that holds autoencoder, backbone, configuration and card."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from fpbench.cache import cache_dir, write_atomically
from fpbench.errors import PreflightError
from fpbench.models.autoencoder import Autoencoder, AutoencoderConfig
from fpbench.models.dit import DiT, DiTConfig

M = TypeVar("M", bound=nn.Module)
C = TypeVar("C")

SHIPPED = Path(__file__).parent / "weights"
FORMAT = "fpbench-checkpoint-1"
_ENCODER = ("codec.encoder.", "codec.linear_in.", "codec.mean", "codec.std")


class CheckpointError(PreflightError):
    """A checkpoint that is missing, not a checkpoint, or does not fit its own configuration."""


@dataclass(frozen=True)
class Checkpoint:
    """An opened file; networks are built on first use.

    Attributes:
        path: the safetensors file.
        meta: its header: configurations, capabilities, card.
    """

    path: Path
    meta: Mapping[str, Any]

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    @cached_property
    def encoder_sha256(self) -> str:
        """Identity of the latents: a hash of the tensors that make them. Another decoder paints the same latents."""
        digest = hashlib.sha256()
        with safe_open(self.path, "pt") as file:
            for name in sorted(name for name in file.keys() if name.startswith(_ENCODER)):  # noqa: SIM118
                digest.update(name.encode() + file.get_tensor(name).numpy().tobytes())
        return digest.hexdigest()

    @property
    def card(self) -> dict[str, Any]:
        """How it was trained: data, steps, loss, command."""
        return dict(self.meta["card"])

    @property
    def capabilities(self) -> frozenset[str]:
        """What a strategy may ask of it, such as ``null_history``."""
        return frozenset(self.meta["capabilities"])

    @property
    def frame_shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of a latent frame."""
        c = self.meta["backbone"]
        return c["channels"], c["height"], c["width"]

    @cache  # noqa: B019 - checkpoints live as long as the process
    def codec(self) -> Autoencoder:
        return self._filled(Autoencoder(_config(AutoencoderConfig, self.meta["codec"])), "codec.")

    @cache  # noqa: B019
    def backbone(self) -> DiT:
        return self._filled(DiT(_config(DiTConfig, self.meta["backbone"])), "backbone.")

    def __hash__(self) -> int:
        return hash(self.path)

    def _filled(self, module: M, prefix: str) -> M:
        with safe_open(self.path, "pt") as file:
            state = {
                name.removeprefix(prefix): file.get_tensor(name).float()
                for name in file.keys()  # noqa: SIM118 - not a mapping
                if name.startswith(prefix)
            }
        try:
            module.load_state_dict(state)
        except RuntimeError as error:
            raise CheckpointError(f"{self.path}: tensors do not fit the configuration in its header: {error}") from None
        return module.eval().requires_grad_(False)


@cache
def open_checkpoint(name: str) -> Checkpoint:
    """A checkpoint: shipped, by name; left in the cache by ``fpbench train``, by its recipe's name; or at a path.

    Raises:
        CheckpointError: no such file, or not one of ours.
    """
    path = Path(name) if name.endswith(".safetensors") else SHIPPED / f"{name}.safetensors"
    if path.parent == SHIPPED and not path.is_file():
        path = cache_dir("training", name, f"{name}.safetensors")
    if not path.is_file():
        shipped = ", ".join(sorted(p.stem for p in SHIPPED.glob("*.safetensors"))) or "none"
        raise CheckpointError(
            f"no weights at {path}; shipped backbones: {shipped}; or give the path of a .safetensors file that "
            "`fpbench train` wrote, or the name of a recipe that it has followed"
        )
    try:
        with safe_open(path, "pt") as file:
            header = file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: not a readable safetensors file ({error})") from None
    if header.get("format") != FORMAT:
        raise CheckpointError(f"{path}: not an fpbench checkpoint (header format {header.get('format')!r})")
    return Checkpoint(path, json.loads(header["meta"]))


def save_checkpoint(
    path: Path,
    codec: Autoencoder,
    backbone: DiT,
    *,
    capabilities: frozenset[str],
    card: Mapping[str, Any],
    weights: Mapping[str, Tensor] | None = None,
) -> None:
    """Write a checkpoint atomically, in half precision.

    Args:
        path: target file.
        codec, backbone: the networks.
        capabilities: what the backbone was trained for.
        card: data, steps, loss, command; JSON-able.
        weights: backbone parameters to store instead of its own (the moving average).
    """
    state = {**backbone.state_dict(), **(weights or {})}
    tensors = {f"codec.{k}": v for k, v in codec.state_dict().items()}
    tensors |= {f"backbone.{k}": v for k, v in state.items()}
    half = {name: tensor.half().contiguous() for name, tensor in tensors.items()}
    meta = {
        "codec": codec.config.as_dict(),
        "backbone": backbone.config.as_dict(),
        "capabilities": sorted(capabilities),
        "card": dict(card),
    }
    write_atomically(path, save(half, metadata={"format": FORMAT, "meta": json.dumps(meta, sort_keys=True)}))


def _config(kind: type[C], stored: Mapping[str, Any]) -> C:
    names = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in stored.items() if k in names})
