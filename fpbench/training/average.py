"""Weights between two checkpoints that were trained from the same start: what one forgot for what it learned."""

from __future__ import annotations

from pathlib import Path

from fpbench.models.checkpoint import Checkpoint, CheckpointError, open_checkpoint, save_checkpoint
from fpbench.training.start import lineage


def average(first: str, second: str, share: float, out: Path) -> Path:
    """Write the weights that lie ``share`` of the way from the first checkpoint to the second.

    Linear in the weights, as between a model and its fine-tuned form in Wortsman et al. (arXiv 2109.01903). It works
    for runs that set out from the same weights. Capabilities are those that both have, the autoencoder is the first's.

    Args:
        first, second: names or paths. share: in (0, 1). out: the file to write.

    Raises:
        CheckpointError: no such checkpoint, another architecture, other latents, a share outside (0, 1), or a name for
            ``out`` that no command would find.
    """
    if out.suffix != ".safetensors":
        raise CheckpointError(f"{out}: a checkpoint's name ends in .safetensors; give --out {out.stem}.safetensors")
    ours, theirs = open_checkpoint(first), open_checkpoint(second)
    if not 0 < share < 1:
        raise CheckpointError(f"share {share}: must lie in (0, 1); 0 would be {ours.path} and 1 {theirs.path}")
    _check_alike(ours, theirs)
    card = {
        "command": f"fpbench average {ours.path.name} {theirs.path.name} --share {share:g}",
        "shares": [1 - share, share],
        "of": [{**lineage(one), "command": one.card.get("command")} for one in (ours, theirs)],
        "maps": sorted({*ours.card.get("maps", []), *theirs.card.get("maps", [])}),
    }
    if codebooks := theirs.card.get("codebooks"):
        card["codebooks"] = codebooks
    end = dict(theirs.backbone().named_parameters())
    between = {name: begin.lerp(end[name], share) for name, begin in ours.backbone().named_parameters()}
    both = ours.capabilities & theirs.capabilities
    save_checkpoint(out, ours.codec(), ours.backbone(), capabilities=both, card=card, weights=between)
    return out


def _check_alike(ours: Checkpoint, theirs: Checkpoint) -> None:
    for what, one, other in (
        ("backbone", ours.meta["backbone"], theirs.meta["backbone"]),
        ("latents", ours.encoder_sha256, theirs.encoder_sha256),
    ):
        if one != other:
            raise CheckpointError(
                f"{theirs.path}: {what} {other} where {ours.path} has {one}; average what was trained from one start"
            )
