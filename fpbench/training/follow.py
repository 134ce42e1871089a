"""Following a recipe: autoencoder, footage, backbone, and the checkpoint at the end."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fpbench.cache import cache_dir
from fpbench.training.recipe import Log, Recipe, RecipeError, StillsPart, capabilities, kind, read_recipe, recipe_file

if TYPE_CHECKING:
    from fpbench.models.autoencoder import Autoencoder
    from fpbench.models.dit import DiT
    from fpbench.training.footage import Footage


def train(
    name: str | Path, *, minutes: float | None = None, processes: int = 1, state: Path | None = None,
    start: str | None = None, log: Log = lambda line: None,
) -> Path:  # fmt: skip
    """Follow a recipe, going on from whatever its state folder holds.

    Args:
        name: shipped recipe or path of one.
        minutes: stop the backbone's training after this long, state saved; the checkpoint is written either way.
        processes: data-parallel processes.
        state: folder for footage and training state; default in the cache.
        start: checkpoint, by name or path, whose autoencoder is kept and whose backbone is trained further with fresh
            optimisers; a state folder that has begun goes on as it began.
        log: receives progress lines.

    Returns:
        The checkpoint written from the averaged weights.

    Raises:
        RecipeError: the recipe does not exist or does not hold together.
    """
    from fpbench.training.parallel import launch
    from fpbench.training.start import begin_from

    match kind(name):
        case "wan" | "hunyuan":
            return _fine_tune(Path(name), state, minutes, processes, log)
        case "codebook":
            return _codebook(recipe_file(name), state, log)
    recipe = read_recipe(name)
    folder = state or cache_dir() / "training" / recipe.name
    folder.mkdir(parents=True, exist_ok=True)
    if start is not None:
        begin_from(start, folder)
    codec = prepare_codec(recipe, folder, log)
    prepare_footage(recipe, codec, folder, log, processes)
    launch(train_backbone, processes, str(name), folder, minutes, log)
    return folder / f"{recipe.name}.safetensors"


def _codebook(path: Path, state: Path | None, log: Log) -> Path:
    from fpbench.training.codebook import train_codebook

    folder = state or cache_dir() / "training" / path.stem
    folder.mkdir(parents=True, exist_ok=True)
    return train_codebook(path, folder, log)


def _fine_tune(path: Path, state: Path | None, minutes: float | None, processes: int, log: Log) -> Path:
    from fpbench.training.finetune import fine_tune

    if processes > 1:
        raise RecipeError(
            f"{path}: several processes for a fine-tuning run are started by accelerate: "
            f"accelerate launch --num_processes {processes} -m fpbench.cli train {path}"
        )
    folder = state or cache_dir() / "training" / path.stem
    folder.mkdir(parents=True, exist_ok=True)
    return fine_tune(path, folder, minutes=minutes, log=log)


def prepare_codec(recipe: Recipe, folder: Path, log: Log) -> Autoencoder:
    """The start's autoencoder, or one trained by the recipe: from ``codec.pt`` if it is there."""
    import numpy as np
    import torch

    from fpbench.models.autoencoder import Autoencoder, AutoencoderConfig
    from fpbench.training.autoencoder import Budget, Objective, polish_decoder, train_autoencoder
    from fpbench.training.start import start_of

    part, start = recipe.autoencoder, start_of(folder)
    stills, done, polished = folder / "stills.npy", folder / "codec.pt", folder / "codec.polished.pt"
    model = start.codec() if start else Autoencoder(AutoencoderConfig(**part.config))
    if start is None and not done.exists():
        _film_stills(part.footage, stills)
        state, objective = folder / "codec.state.pt", Objective(**part.objective)
        train_autoencoder(
            model, np.load(stills), Budget(**part.budget), objective, state=state, seed=recipe.seed, log=log
        )
        torch.save(model.state_dict(), done)
    if start is None:
        model.load_state_dict(torch.load(done, weights_only=True))
    polish = part.polish_start if start else part.polish
    if polish and not polished.exists():
        _film_stills(part.footage, stills)
        state, objective = folder / "codec.polish.pt", Objective(**polish.objective)
        polish_decoder(
            model.requires_grad_(True).train(), np.load(stills), Budget(**polish.budget), objective, state=state,
            seed=recipe.seed + 1, log=log,
        )  # fmt: skip
        torch.save(model.state_dict(), polished)
    if polish:
        model.load_state_dict(torch.load(polished, weights_only=True))
    return model.eval().requires_grad_(False)


def _film_stills(part: StillsPart, path: Path) -> None:
    """Frames of every training map, (n, height, width, 3), unless they are there."""
    import numpy as np

    from fpbench.training.footage import FootageSpec, film
    from fpbench.worlds.splits import TRAIN

    if path.exists():
        return
    spec = FootageSpec("train", part.kinds, frames=part.frames, seed=part.seed)
    shot = [film(spec, [(place, *job) for job in spec.kinds.items()])[0] for place in TRAIN]
    np.save(path, np.concatenate([s[:, :: part.every].reshape(-1, *s.shape[2:]) for s in shot]))


def prepare_footage(recipe: Recipe, codec: Autoencoder, folder: Path, log: Log, workers: int = 1) -> Footage:
    """Latent clips of every (map, seed), filmed where they are missing."""
    import numpy as np

    from fpbench.training.footage import Footage, FootageSpec, collect

    part = recipe.footage
    sets = []
    for seed in part.seeds:
        spec = FootageSpec("train", part.kinds, part.maps, part.frames, seed)
        sets.append(collect(spec, part.maps, codec, folder / f"footage-{seed}", workers=workers, log=log))
    return Footage(np.concatenate([s.latents for s in sets]), np.concatenate([s.poses for s in sets]))


def train_backbone(name: str, folder: Path, minutes: float | None, log: Log) -> None:
    """Train the backbone (in each of the parallel processes) and write the checkpoint."""
    import torch

    from fpbench.models.codebook import open_codebook
    from fpbench.models.dit import DiT, DiTConfig
    from fpbench.training import parallel
    from fpbench.training.mixture import Mixture
    from fpbench.training.replay import Rollouts
    from fpbench.training.start import load_start, start_of
    from fpbench.training.trainer import Schedule, Trainer

    recipe = read_recipe(name)
    codec = prepare_codec(recipe, folder, log)
    footage = prepare_footage(recipe, codec, folder, log)
    torch.manual_seed(recipe.seed)
    config: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in recipe.backbone.items()}
    model = DiT(DiTConfig(**config))
    if (start := start_of(folder)) is not None:
        load_start(model, start)
    if recipe.compile:
        compile_blocks(model, name)
    trainer = Trainer(
        model, footage, Mixture(**recipe.mixture), Schedule(**recipe.schedule), folder / "backbone.pt", recipe.seed,
        codebooks=[open_codebook(name).codebook for name in recipe.codebooks],
        rollouts=Rollouts(**recipe.rollouts) if recipe.rollouts else None, half=in_half(recipe),
    )  # fmt: skip
    trainer.run(minutes=minutes, log=log)
    if parallel.rank() == 0:
        export(recipe, codec, trainer, folder)


def in_half(recipe: Recipe) -> bool:
    """Whether a recipe's products are of bfloat16 on this machine: "auto" asks for instructions that multiply it."""
    import torch

    if recipe.precision != "auto":
        return recipe.precision == "bf16"
    # The public queries are younger than torch 2.6.
    units: bool = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()  # noqa: SLF001
    return units


def compile_blocks(model: DiT, name: str) -> None:
    """Fuse what is elementwise in the blocks, for all shapes at once.

    Raises:
        RecipeError: no C++ compiler.
    """
    if not any(shutil.which(found) for found in (os.environ.get("CXX"), "g++", "clang++") if found):
        raise RecipeError(f"{name}: compile: true needs a C++ compiler (g++); install one, or set compile: false")
    for block in model.blocks:
        block.compile(dynamic=True)


def export(recipe: Recipe, codec: Autoencoder, trainer: Any, folder: Path) -> None:
    """Write the averaged weights as a checkpoint with its card."""
    from fpbench.models.checkpoint import save_checkpoint
    from fpbench.models.codebook import open_codebook
    from fpbench.training.start import lineage, start_of

    card: dict[str, Any] = {
        "recipe": recipe.model_dump(),
        "command": f"fpbench train {recipe.name}",
        "steps": trainer.step,
        "clips_seen": trainer.seen,
        "loss": trainer.recent_loss if trainer.step else None,
        "maps": list(recipe.footage.maps),
        "precision": "bf16" if in_half(recipe) else "no",
    }
    if recipe.codebooks:
        card["codebooks"] = [open_codebook(name).sha256 for name in recipe.codebooks]
    if (start := start_of(folder)) is not None:
        card["start"] = lineage(start)
    path = folder / f"{recipe.name}.safetensors"
    save_checkpoint(path, codec, trainer.model, capabilities=capabilities(recipe), card=card, weights=trainer.average)
