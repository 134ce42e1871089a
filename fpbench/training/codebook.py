"""``fpbench train codebook``: centroids of the latent pixels of a checkpoint's autoencoder, from training footage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fpbench.training.recipe import Log, RecipeError

if TYPE_CHECKING:
    from torch import Tensor

    from fpbench.models.autoencoder import Autoencoder


class CodebookRecipe(BaseModel):
    """A recipe; see ``recipes/codebook.yaml``.

    Attributes:
        checkpoint: shipped name or path; its autoencoder makes the latents.
        world, kinds: tasks per kind, of split ``train``; every tenth clip is kept back to measure the result.
        frames: length of a clip.
        size: number of centroids K.
        batch: clips per step of the fit. passes: over all clips.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["codebook"]
    name: str
    checkpoint: str
    world: str
    kinds: dict[str, int]
    frames: int = Field(128, ge=1)
    size: int = Field(128, ge=1)
    batch: int = Field(4, ge=1)
    passes: int = Field(4, ge=1)
    seed: int = 0


def read_codebook_recipe(path: Path) -> CodebookRecipe:
    """A recipe file.

    Raises:
        RecipeError: naming file, key and value.
    """
    try:
        return CodebookRecipe.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise RecipeError(f"{path}: {error}") from None


def train_codebook(path: Path, folder: Path, log: Log = lambda line: None) -> Path:
    """Follow a recipe.

    Returns:
        The codebook file.

    Raises:
        RecipeError: the recipe does not hold together, or has too few clips.
        CheckpointError: no such checkpoint.
    """
    from fpbench.framepack.discretize import explained_variance, fit
    from fpbench.models.checkpoint import open_checkpoint
    from fpbench.models.codebook import save_codebook

    recipe = read_codebook_recipe(path)
    checkpoint = open_checkpoint(recipe.checkpoint)
    clips = list(pixels(recipe, checkpoint.codec(), log))
    kept_back, fitted = clips[::10], [clip for i, clip in enumerate(clips) if i % 10]
    if not fitted:
        raise RecipeError(f"{path}: kinds: {len(clips)} clips are too few to fit on some and measure on others")
    codebook = fit(shuffled(fitted, recipe), recipe.size, seed=recipe.seed)
    explained = explained_variance(codebook, kept_back)
    log(f"{recipe.size} centroids keep {explained:.1%} of the variance of {len(kept_back)} other clips")
    target = folder / f"{recipe.name}.safetensors"
    save_codebook(
        target, codebook, codec=checkpoint.encoder_sha256, explained=explained, card={"recipe": recipe.model_dump()}
    )
    return target


def pixels(recipe: CodebookRecipe, codec: Autoencoder, log: Log) -> Iterator[Tensor]:
    """Latent pixels of every clip: (frames * height * width, channels) in half precision."""
    import torch

    from fpbench.models.autoencoder import to_tensor
    from fpbench.worlds import open_world

    world = open_world(recipe.world)
    for kind, count in recipe.kinds.items():
        for index in range(count):
            task = world.task("train", kind, index, frames=recipe.frames, seed=recipe.seed)
            with torch.inference_mode():
                latents = codec.encode(to_tensor(world.film(task)))
            yield latents.movedim(1, -1).flatten(0, 2).half().clone()
        log(f"{kind}: {count} clips")


def shuffled(clips: list[Tensor], recipe: CodebookRecipe) -> Iterator[Tensor]:
    """Batches of clips, in another order on every pass."""
    import torch

    rng = np.random.default_rng(recipe.seed)
    for _ in range(recipe.passes):
        order = rng.permutation(len(clips))
        for first in range(0, len(order), recipe.batch):
            yield torch.cat([clips[i] for i in order[first : first + recipe.batch]])
