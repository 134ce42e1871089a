"""Codebook files: centroids of one autoencoder's latent pixels, and which autoencoder that is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from fpbench.cache import write_atomically
from fpbench.framepack.discretize import Codebook
from fpbench.models.checkpoint import Checkpoint, CheckpointError

SHIPPED = Path(__file__).parent / "weights" / "codebooks"
FORMAT = "fpbench-codebook-1"
BESIDE = Path("framepack") / "codebook.safetensors"
"""Where a fine-tuned folder keeps the codebook that its weights were trained with."""


@dataclass(frozen=True)
class CodebookFile:
    """An opened file.

    Attributes:
        path: the safetensors file.
        codebook: its centroids.
        meta: its header: ``codec`` (identity of the latents), ``explained`` (share of variance), ``card``.
    """

    path: Path
    codebook: Codebook
    meta: Mapping[str, Any]

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def fitting(self, checkpoint: Checkpoint) -> CodebookFile:
        """Itself, if it was made for this checkpoint.

        Raises:
            CheckpointError: it quantises another autoencoder's latents, or the backbone learnt another codebook.
        """
        channels = checkpoint.frame_shape[0]
        if self.codebook.channels != channels:
            raise CheckpointError(
                f"{self.path}: centroids of {self.codebook.channels} channels, but latents of {checkpoint.path} have "
                f"{channels}; train one with `fpbench train codebook`"
            )
        if self.meta["codec"] != checkpoint.encoder_sha256:
            raise CheckpointError(
                f"{self.path}: made for the latents of another autoencoder than {checkpoint.path} has"
            )
        learnt = checkpoint.card.get("codebooks", [self.sha256])
        if self.sha256 not in learnt:
            raise CheckpointError(
                f"{self.path}: its SHA-256 starts with {self.sha256[:12]}, but the backbone in {checkpoint.path} was "
                f"trained with codebooks {', '.join(sha[:12] for sha in learnt)}"
            )
        return self


@cache
def open_codebook(name: str | Path) -> CodebookFile:
    """A shipped codebook by name, or one that `save_codebook` wrote to a path.

    Raises:
        CheckpointError: no such file, or not a codebook.
    """
    path = Path(name) if str(name).endswith(".safetensors") else SHIPPED / f"{name}.safetensors"
    if not path.is_file():
        shipped = ", ".join(sorted(p.stem for p in SHIPPED.glob("*.safetensors"))) or "none"
        raise CheckpointError(
            f"no codebook at {path}; shipped codebooks: {shipped}; make one with `fpbench train codebook`"
        )
    try:
        with safe_open(path, "pt") as file:
            header = file.metadata() or {}
            centroids = file.get_tensor("centroids") if header.get("format") == FORMAT else None
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: not a readable safetensors file ({error})") from None
    if centroids is None:
        raise CheckpointError(f"{path}: not an fpbench codebook (header format {header.get('format')!r})")
    return CodebookFile(path, Codebook(centroids), json.loads(header["meta"]))


def codebook_of(folder: Path, discrete: bool) -> Codebook | None:
    """The codebook that a fine-tuned folder brings along, for packs with discrete history.

    Raises:
        CheckpointError: it brings none.
    """
    return open_codebook(folder / BESIDE).codebook if discrete else None


def save_codebook(path: Path, codebook: Codebook, *, codec: str, explained: float, card: Mapping[str, Any]) -> None:
    """Write a codebook atomically.

    Args:
        path: target file.
        codebook: the centroids.
        codec: identity of the autoencoder's latents (`Checkpoint.encoder_sha256`).
        explained: share of the variance it keeps on pixels it was not fitted to.
        card: data and settings; JSON-able.
    """
    meta = json.dumps({"codec": codec, "explained": explained, "card": dict(card)}, sort_keys=True)
    tensors = {"centroids": codebook.centroids.contiguous()}
    write_atomically(path, save(tensors, metadata={"format": FORMAT, "meta": meta}))
