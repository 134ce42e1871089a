"""Recipes: the shipped ones read, wrong ones are named."""

from pathlib import Path

import pytest

from fpbench.training.recipe import RECIPES, RecipeError, capabilities, kind, read_recipe


@pytest.mark.parametrize("name", [path.stem for path in RECIPES.glob("*.yaml") if not kind(path)])
def test_shipped_recipes_read(name: str) -> None:
    assert read_recipe(name).name == name


def test_capabilities_follow_from_the_mixture() -> None:
    everything = {"history_levels", "null_history", "section_levels", "two_sided", "anchor_slot"}
    assert capabilities(read_recipe("doom")) == everything


def test_unknown_recipes_and_keys_are_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"shipped recipes: .*doom"):
        read_recipe("dum")
    path = tmp_path / "bad.yaml"
    path.write_text((RECIPES / "doom.yaml").read_text().replace("seed: 0", "sead: 0"))
    with pytest.raises(RecipeError, match="sead"):
        read_recipe(path)


def test_discrete_packs_need_a_codebook(tmp_path: Path) -> None:
    path = tmp_path / "discrete.yaml"
    path.write_text((RECIPES / "doom.yaml").read_text().replace("td_f2k1_g9:", "td_f2k1_g9+D:"))
    with pytest.raises(RecipeError, match=r"'td_f2k1_g9\+D' needs a codebook"):
        read_recipe(path)
    path.write_text(path.read_text() + "codebook: some.safetensors\n")
    assert "codebook" in capabilities(read_recipe(path))
