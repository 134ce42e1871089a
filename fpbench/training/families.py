"""The released networks that can be fine-tuned: how each is opened, adapted, and shown its history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from fpbench.framepack import Pack, make_plan
from fpbench.framepack.discretize import Codebook
from fpbench.models.dit import Packed
from fpbench.models.hunyuan import KERNELS, HunyuanFramePack, dynamic_shift
from fpbench.models.hunyuan_codec import Repositories, open_transformer
from fpbench.models.hunyuan_codec import open_codec as open_hunyuan
from fpbench.models.pretrained import Placement, digest, locate
from fpbench.models.wan import WanFramePack
from fpbench.models.wan_pipeline import open_codec as open_wan
from fpbench.training.clips import Codec
from fpbench.training.lora import adapt
from fpbench.training.mixture import Case, Mixture, draw_case
from fpbench.training.recipe import RecipeError

if TYPE_CHECKING:
    from fpbench.framepack import Section
    from fpbench.training.finetune import FineTune


class Family(Protocol):
    """What differs between the networks."""

    def codec(self, device: torch.device) -> Codec:
        """Encoders and autoencoder, opened on a device."""
        ...

    def weights(self) -> str:
        """Identity of the encoders, by content."""
        ...

    def network(self, dtype: torch.dtype) -> nn.Module:
        """The network, frozen weights in ``dtype`` and trained ones in float32.

        Its forward takes (noisy, t, times, context) and the encoders' tensors by name; it has
        ``save(folder, capabilities, card)``.
        """
        ...

    def mixture(self) -> Mixture:
        """The recipe's mixture.

        Raises:
            ValueError: it asks for what the network cannot be shown.
        """
        ...

    def draw(self, mixture: Mixture, frames: int, rng: np.random.Generator) -> Case:
        """A section of a clip of ``frames`` latent frames."""
        ...

    def shift(self, tokens: int) -> float:
        """Time shift of the levels of a section of ``tokens`` tokens, unless the recipe fixes it."""
        ...


@dataclass(frozen=True)
class Wan:
    """Wan 2.1: any pack and treatment of history; history that does not exist is left out."""

    recipe: FineTune

    def codec(self, device: torch.device) -> Codec:
        return open_wan(self._base(), Placement(device=str(device), tiling=False), place=True)

    def weights(self) -> str:
        return digest(self._base())

    def network(self, dtype: torch.dtype) -> nn.Module:
        network = WanFramePack.load(self._base(), dtype, self.recipe.kernels)
        _prepare(network.transformer, self.recipe, [network.transformer.blocks])
        network.history.float()
        return network.train()

    def mixture(self) -> Mixture:
        return Mixture(**self.recipe.mixture)

    def draw(self, mixture: Mixture, frames: int, rng: np.random.Generator) -> Case:
        return draw_case(mixture, frames, rng)

    def shift(self, tokens: int) -> float:
        return 3.0

    def _base(self) -> Path:
        return locate(self.recipe.base)


@dataclass(frozen=True)
class Hunyuan:
    """HunyuanVideo FramePack: fixed slots on k1, k2 and k4, clean history, zeros for what does not exist."""

    recipe: FineTune

    def codec(self, device: torch.device) -> Codec:
        return open_hunyuan(self._repositories(), Placement(device=str(device), tiling=False))

    def weights(self) -> str:
        return " ".join(digest(folder) for part, folder in sorted(self._repositories().folders().items()))

    def network(self, dtype: torch.dtype) -> nn.Module:
        transformer = open_transformer(self._repositories().folders()["checkpoint"], dtype)
        _prepare(transformer, self.recipe, [transformer.transformer_blocks, transformer.single_transformer_blocks])
        transformer.clean_x_embedder.float().requires_grad_(True)
        return HunyuanFramePack(transformer, self.recipe.guidance).train()

    def mixture(self) -> Mixture:
        foreign = sorted(set(self.recipe.mixture) - {"packs", "t_mean", "t_std"})
        if foreign:
            raise ValueError(
                f"mixture: {foreign[0]!r} is not for HunyuanVideo, whose history is clean, whole and in the order of "
                "time; it takes packs, t_mean and t_std"
            )
        mixture = Mixture(history={"clean": 1.0}, dropped=0, first=0, per_frame=0, **self.recipe.mixture)
        for name in mixture.packs:
            pack = Pack.parse(name)
            if {group.kernel for group in pack.groups} != set(KERNELS):
                kernels = ", ".join(map(str, KERNELS))
                raise ValueError(f"mixture.packs: {name!r}: HunyuanVideo FramePack has history on exactly {kernels}")
            make_plan(pack, 1 + pack.section, slots=slots_of(pack))
        return mixture

    def draw(self, mixture: Mixture, frames: int, rng: np.random.Generator) -> Case:
        names, weights = list(mixture.packs), np.array(list(mixture.packs.values()), float)
        pack = Pack.parse(names[int(rng.choice(len(names), p=weights / weights.sum()))])
        sections = 1 + int(rng.integers((frames - 1) // pack.section))
        plan = make_plan(pack, 1 + pack.section * sections, slots=slots_of(pack))
        return Case(plan.sections[int(rng.integers(sections))], plan.frames, pack.discrete)

    def shift(self, tokens: int) -> float:
        return float(np.exp(dynamic_shift(tokens, {})))

    def _repositories(self) -> Repositories:
        r = self.recipe
        named = {"base": r.encoders, "vision": r.vision}
        return Repositories(r.base, **{part: name for part, name in named.items() if name})


FAMILIES: Mapping[str, Callable[[FineTune], Family]] = {"wan": Wan, "hunyuan": Hunyuan}


def slots_of(pack: Pack) -> Any:
    """The padding rule that the released checkpoints were trained with: official backwards, closed forwards."""
    return "official" if pack.future.near else "closed"


def open_family(recipe: FineTune, path: Path) -> Family:
    """The family of a recipe, its mixture checked.

    Raises:
        RecipeError: naming the file and what does not fit.
    """
    family = FAMILIES[recipe.kind](recipe)
    try:
        mixture = family.mixture()
        longest = max(Pack.parse(name).section for name in mixture.packs)
    except (TypeError, ValueError) as error:
        raise RecipeError(f"{path}: {error}") from None
    if (recipe.frames - 1) // 4 < longest:
        raise RecipeError(f"{path}: frames: {recipe.frames} are too few for a section of {longest}: {4 * longest + 1}")
    return family


def packed_history(
    clip: Tensor, section: Section, levels: Tensor, rng: torch.Generator, codebook: Codebook | None = None
) -> list[Packed]:
    """The context of a section, noised; frames outside of the clip are zeros.

    Args:
        clip: (batch, frames, channels, height, width).
        section: of a plan.
        levels: (batch, groups).
        rng: of the noise.
        codebook: what history is replaced by first.
    """
    context = []
    for i, group in enumerate(section.context):
        index = torch.tensor(group.frames)
        exists = ((index >= 0) & (index < clip.shape[1]))[:, None, None, None]
        history = clip[:, index.clamp(0, clip.shape[1] - 1)]
        history = (history if codebook is None else codebook(history)) * exists
        noised = mix(history, torch.randn(history.shape, generator=rng), levels[:, i, None])
        poses = clip.new_zeros(len(clip), len(index), 4)
        times = torch.tensor(group.times)
        context.append(Packed(noised, group.kernel, group.role, times, poses, levels[:, i], group.pooled))
    return context


def mix(data: Tensor, noise: Tensor, level: Tensor) -> Tensor:
    """x_s = (1 - s) x + s eps with levels (batch, frames or 1)."""
    s = level[..., None, None, None]
    return (1 - s) * data + s * noise


def _prepare(transformer: Any, recipe: FineTune, blocks: list[nn.Module]) -> None:
    """Corrections on the blocks or everything trained; activations recomputed where the recipe says so."""
    if recipe.method == "lora":
        transformer.requires_grad_(False)
        for part in blocks:
            adapt(part, recipe.rank)
    if recipe.checkpointing:
        transformer.enable_gradient_checkpointing()
