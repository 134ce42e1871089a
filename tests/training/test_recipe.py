"""Recipes: the shipped ones read, wrong ones are named."""

import re
from pathlib import Path

import pytest

from fpbench.training.recipe import RECIPES, RecipeError, capabilities, kind, read_recipe


@pytest.mark.parametrize("name", [path.stem for path in RECIPES.glob("*.yaml") if not kind(path)])
def test_shipped_recipes_read(name: str) -> None:
    assert read_recipe(name).name == name


def test_capabilities_follow_from_the_mixture() -> None:
    levels = {"history_levels", "null_history", "section_levels"}
    assert capabilities(read_recipe("doom")) == levels | {"two_sided", "anchor_slot", "random_access", "codebook"}


def test_unknown_recipes_and_keys_are_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"shipped recipes: .*doom"):
        read_recipe("dum")
    path = tmp_path / "bad.yaml"
    path.write_text((RECIPES / "doom.yaml").read_text().replace("\nseed:", "\nsead:"))
    with pytest.raises(RecipeError, match="sead"):
        read_recipe(path)


def test_discrete_packs_need_a_codebook(tmp_path: Path) -> None:
    path = tmp_path / "discrete.yaml"
    without = re.sub(r"codebooks: .*\n", "", (RECIPES / "doom.yaml").read_text())
    path.write_text(without)
    with pytest.raises(RecipeError, match=r"g9\+D' needs a codebook"):
        read_recipe(path)
    path.write_text(without + "codebooks: [some.safetensors]\n")
    assert "codebook" in capabilities(read_recipe(path))
