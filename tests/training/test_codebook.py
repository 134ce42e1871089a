"""Training with discrete history, and the recipe that makes a codebook."""

from pathlib import Path

import numpy as np
import pytest
import torch

from fpbench.framepack import Pack, PackError, make_plan
from fpbench.framepack.discretize import Codebook
from fpbench.models.autoencoder import Autoencoder, AutoencoderConfig
from fpbench.models.checkpoint import save_checkpoint
from fpbench.models.codebook import open_codebook
from fpbench.models.dit import DiT
from fpbench.training import train
from fpbench.training.codebook import read_codebook_recipe
from fpbench.training.footage import Footage
from fpbench.training.mixture import Mixture, draw_case
from fpbench.training.recipe import RECIPES, RecipeError, mixture_capabilities
from fpbench.training.trainer import Schedule, Trainer, make_batch
from tests._stubs.tiny_backbone import CONFIG, tiny_dit

CLEAN = {"clean": 1.0}


def footage() -> Footage:
    rng = np.random.default_rng(0)
    return Footage(rng.normal(size=(2, 24, 4, 8, 12)).astype(np.float16), rng.normal(size=(2, 24, 4)))


def test_history_is_quantised_and_the_target_is_not() -> None:
    section = make_plan(Pack.parse("td_f2k1_g4"), 9).sections[-1]
    mixture, codebook = Mixture({"td_f2k1_g4+D": 1.0}, history=CLEAN), Codebook(torch.full((1, 4), 0.5))
    cut = footage().draw(2, 9, torch.Generator().manual_seed(0))
    plain, coded = (
        make_batch(cut, mixture, section, torch.Generator().manual_seed(0), found) for found in (None, codebook)
    )
    assert torch.equal(plain.noisy, coded.noisy)
    assert (coded.context[0].latents == 0.5).all()
    assert not torch.equal(plain.context[0].latents, coded.context[0].latents)


def test_discrete_packs_without_a_codebook_are_refused(tmp_path: Path) -> None:
    mixture = Mixture({"td_f2k1_g4+D": 1.0})
    assert "codebook" in mixture_capabilities(mixture)
    with pytest.raises(PackError, match=r"td_f2k1_g4\+D"):
        Trainer(DiT(CONFIG), footage(), mixture, Schedule(4, 1), tmp_path / "state.pt", seed=0)


def test_reordered_steps_reach_beyond_the_pack() -> None:
    rng, mixture = np.random.default_rng(0), Mixture({"td_f2k1_g4": 1.0}, reordered=1.0, dropped=0.0)
    assert "random_access" in mixture_capabilities(mixture)
    cases = [draw_case(mixture, 48, rng) for _ in range(100)]
    assert min(time for case in cases for group in case.section.context for time in group.times) < -20
    assert all(len(case.section.context[0].frames) <= 2 for case in cases)


RECIPE = """\
kind: codebook
name: tiny
checkpoint: {checkpoint}
world: stub
kinds: {{walk: {clips}}}
frames: 4
size: 8
batch: 2
"""


def recipe(folder: Path, clips: int) -> Path:
    torch.manual_seed(0)
    codec = Autoencoder(AutoencoderConfig(latent=4, encoder=(4, 4), decoder=(4, 4, 4)))
    torch.nn.init.normal_(codec.linear_in.weight)
    save_checkpoint(folder / "c.safetensors", codec, tiny_dit(), capabilities=frozenset(), card={})
    path = folder / "codebook.yaml"
    path.write_text(RECIPE.format(checkpoint=folder / "c.safetensors", clips=clips))
    return path


def test_a_recipe_makes_a_codebook(tmp_path: Path) -> None:
    lines: list[str] = []
    made = open_codebook(train(recipe(tmp_path, 4), state=tmp_path, log=lines.append))
    assert made.codebook.centroids.shape == (8, 4)
    assert 0 < made.meta["explained"] <= 1
    assert "8 centroids keep" in lines[-1]


def test_bad_codebook_recipes_are_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="1 clips are too few"):
        train(recipe(tmp_path, 1), state=tmp_path)
    path = tmp_path / "bad.yaml"
    path.write_text((RECIPES / "codebook.yaml").read_text().replace("size: 128", "size: 0"))
    with pytest.raises(RecipeError, match="size"):
        read_codebook_recipe(path)


def test_the_shipped_recipe_reads() -> None:
    assert read_codebook_recipe(RECIPES / "codebook.yaml").size == 128
