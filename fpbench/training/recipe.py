"""Recipes: a YAML file that says how a shipped checkpoint was made, and the command that makes it again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from fpbench.errors import FpbenchError

if TYPE_CHECKING:
    from fpbench.training.mixture import Mixture

RECIPES = Path(__file__).parent / "recipes"

Log = Callable[[str], None]


class RecipeError(FpbenchError):
    """A recipe that does not exist or does not hold together."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StillsPart(_Part):
    """Frames the autoencoder is trained on: clips per training map, every n-th frame kept."""

    kinds: dict[str, int]
    seed: int = 0
    every: int = Field(3, ge=1)
    frames: int = 128


class PolishPart(_Part):
    """Further training of the decoder alone."""

    budget: dict[str, Any]
    objective: dict[str, float] = {}


class AutoencoderPart(_Part):
    """How the autoencoder is trained. A start's is kept, but for its decoder if ``polish_start`` says how to go on."""

    footage: StillsPart
    budget: dict[str, Any]
    objective: dict[str, float] = {}
    polish: PolishPart | None = None
    polish_start: PolishPart | None = None
    config: dict[str, Any] = {}


class FootagePart(_Part):
    """Clips the backbone is trained on."""

    maps: tuple[str, ...]
    kinds: dict[str, int]
    frames: int = 128
    seeds: tuple[int, ...] = (0,)


class Recipe(_Part):
    """A whole recipe; see ``recipes/doom.yaml``. Packs with discrete history (``+D``) need codebooks (names, paths).

    A file may say ``extends: NAME`` and then only what differs from that recipe.

    ``rollouts`` (`fpbench.training.replay.Rollouts`) shows histories of the model's own making in a share of the steps.
    ``compile`` fuses what is elementwise in the blocks, once for all shapes: a quarter faster; needs a C++ compiler.
    ``precision`` of products: bfloat16 ("bf16"), float32 ("no"), or bfloat16 if the processor has instructions for it
    ("auto"; AMX or AVX-512 BF16), since without them it is slower than float32.
    """

    name: str
    world: str
    autoencoder: AutoencoderPart
    footage: FootagePart
    backbone: dict[str, Any] = {}
    mixture: dict[str, Any]
    rollouts: dict[str, Any] | None = None
    schedule: dict[str, Any]
    codebooks: tuple[str, ...] = ()
    compile: bool = False
    precision: Literal["no", "bf16", "auto"] = "no"
    seed: int = 0

    @model_validator(mode="after")
    def _discrete_history_has_a_codebook(self) -> Recipe:
        discrete = [name for name in self.mixture.get("packs", {}) if name.lower().endswith("+d")]
        if discrete and not self.codebooks:
            raise ValueError(f"mixture.packs: {discrete[0]!r} needs a codebook; give its path as codebooks: [PATH]")
        return self


def recipe_file(name: str | Path) -> Path:
    """Where the recipe of a shipped name, or of a path, lies or would lie."""
    return Path(name) if str(name).endswith((".yaml", ".yml")) else RECIPES / f"{name}.yaml"


def read_recipe(name: str | Path) -> Recipe:
    """A shipped recipe by name, or one at a path.

    Raises:
        RecipeError: naming file, key and value.
    """
    path = recipe_file(name)
    try:
        return Recipe.model_validate(_read(path))
    except ValidationError as error:
        raise RecipeError(f"{path}: {error}") from None


def _read(path: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """A recipe's keys over those of the shipped recipe it ``extends``; what both map is joined."""
    if not path.is_file():
        shipped = ", ".join(sorted(p.stem for p in RECIPES.glob("*.yaml")))
        raise RecipeError(f"no recipe at {path}; shipped recipes: {shipped}")
    try:
        keys = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise RecipeError(f"{path}: {error}") from None
    if not isinstance(keys, dict):
        raise RecipeError(f"{path}: a recipe is a mapping, not {keys!r}")
    if (base := keys.pop("extends", None)) is None:
        return keys
    if path in above:
        raise RecipeError(f"{path}: extends: {base!r} leads back to this recipe")
    joined = _read(recipe_file(str(base)), (*above, path))
    for key, value in keys.items():
        old = joined.get(key)
        joined[key] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
    return joined


def kind(name: str | Path) -> str:
    """What a recipe trains: ``wan``, ``hunyuan``: a released model; ``codebook``: centroids; without, a backbone."""
    path = recipe_file(name)
    if not path.is_file():
        return ""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError:
        return ""
    return str(found.get("kind", "")) if isinstance(found, dict) else ""


def capabilities(recipe: Recipe) -> frozenset[str]:
    """What a recipe trains a backbone for."""
    from fpbench.training.mixture import Mixture

    return mixture_capabilities(Mixture(**recipe.mixture))


def mixture_capabilities(mixture: Mixture) -> frozenset[str]:
    """What a mixture trains a backbone for."""
    from fpbench.framepack import Pack

    packs = [Pack.parse(name) for name in mixture.packs]
    has = {
        "history_levels": any(mixture.history.get(k, 0) > 0 for k in ("shared", "relative", "independent")),
        "null_history": mixture.history.get("null", 0) > 0,
        "section_levels": mixture.per_frame > 0,
        "two_sided": any(pack.future.near or pack.future.far for pack in packs),
        "anchor_slot": any(pack.past.far for pack in packs),
        "random_access": mixture.reordered > 0,
        "codebook": any(pack.discrete for pack in packs),
    }
    return frozenset(name for name, able in has.items() if able)
