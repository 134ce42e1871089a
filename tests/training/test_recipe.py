"""Recipes: the shipped ones read, wrong ones are named."""

import re
from pathlib import Path

import pytest

from fpbench.models.dit import DiT
from fpbench.training.follow import compile_blocks, in_half
from fpbench.training.recipe import RECIPES, RecipeError, capabilities, kind, read_recipe
from tests._stubs.tiny_backbone import CONFIG


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


@pytest.mark.parametrize(("matrix", "vector"), [(False, False), (True, False), (False, True), (True, True)])
def test_precision_auto_asks_the_processor(matrix: bool, vector: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cpu._is_amx_tile_supported", lambda: matrix)
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: vector)
    doom = read_recipe("doom")
    auto = matrix or vector
    assert [in_half(doom.model_copy(update={"precision": p})) for p in ("no", "bf16", "auto")] == [False, True, auto]


def test_a_recipe_extends_another_by_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("extends: doom\nname: mine\nbackbone: {causal: true}\nmixture: {packs: {td_f2k1_g9: 1.0}}\n")
    mine, doom = read_recipe(path), read_recipe("doom")
    assert mine.backbone == {**doom.backbone, "causal": True}
    assert mine.mixture == {**doom.mixture, "packs": {"td_f2k1_g9": 1.0}}
    assert (mine.name, mine.footage, mine.schedule) == ("mine", doom.footage, doom.schedule)


def test_what_a_recipe_extends_must_be_there_and_end(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("extends: dum\nname: mine\n")
    with pytest.raises(RecipeError, match=r"dum\.yaml; shipped recipes: .*doom"):
        read_recipe(path)
    path.write_text(f"extends: {path}\nname: mine\n")
    with pytest.raises(RecipeError, match="leads back to this recipe"):
        read_recipe(path)
    path.write_text("- doom\n")
    with pytest.raises(RecipeError, match="a recipe is a mapping"):
        read_recipe(path)


def test_the_control_of_the_rollouts_differs_from_the_shipped_recipe_in_the_rollouts_alone() -> None:
    shipped, control = read_recipe("doom"), read_recipe("doom-true-history")
    assert shipped.rollouts is not None
    assert control.rollouts is None
    assert shipped.model_copy(update={"name": control.name, "rollouts": None}) == control


@pytest.mark.parametrize("name", ["doom-vanilla", "doom-inverted"])
def test_a_specialist_sees_no_other_pack_in_its_rollouts_either(name: str) -> None:
    special, control = read_recipe(name), read_recipe("doom-longer")
    assert special.rollouts is not None
    assert list(special.rollouts["packs"]) == list(special.mixture["packs"])
    assert special.rollouts["share"] == (control.rollouts or {})["share"]


@pytest.mark.parametrize("name", ["doom-vanilla", "doom-inverted", "doom-causal"])
def test_rivals_with_weights_of_their_own_have_the_steps_and_footage_of_their_control(name: str) -> None:
    rival, control = read_recipe(name), read_recipe("doom-longer")
    assert (rival.schedule, rival.footage, rival.seed) == (control.schedule, control.footage, control.seed)


def test_compiling_without_a_compiler_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(RecipeError, match=r"compile: true needs a C\+\+ compiler"):
        compile_blocks(DiT(CONFIG), "mine.yaml")
