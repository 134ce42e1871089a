"""Training on from a finished checkpoint: its autoencoder is kept, its backbone is where the new one begins."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from fpbench.models.checkpoint import Checkpoint, CheckpointError, open_checkpoint
from fpbench.models.dit import DiT

_NAME = "start.safetensors"


def begin_from(name: str, folder: Path) -> None:
    """Keep a copy of the checkpoint in the state folder, unless the folder has begun already.

    Raises:
        CheckpointError: no such checkpoint.
    """
    source, kept = open_checkpoint(name).path, folder / _NAME
    if not kept.exists() and not (folder / "backbone.pt").exists():
        partial = kept.with_suffix(".partial")
        shutil.copyfile(source, partial)
        partial.replace(kept)


def start_of(folder: Path) -> Checkpoint | None:
    """The checkpoint that training in this folder began from, or None for random weights."""
    kept = folder / _NAME
    return open_checkpoint(str(kept)) if kept.exists() else None


def load_start(model: DiT, start: Checkpoint) -> None:
    """Begin with the start's parameters.

    Raises:
        CheckpointError: its sizes are not those of the model.
    """
    theirs = start.backbone()
    # A mask has no parameters: training may go on under another one.
    if replace(theirs.config, causal=model.config.causal) != model.config:
        raise CheckpointError(f"{start.path}: its backbone is {theirs.config}, but the recipe asks for {model.config}")
    model.load_state_dict(theirs.state_dict())


def lineage(start: Checkpoint) -> dict[str, Any]:
    """What a card says of the checkpoint that training began from."""
    card = start.card
    return {
        "sha256": start.sha256,
        **{key: card[key] for key in ("steps", "clips_seen", "maps", "start", "shares", "of") if key in card},
    }
