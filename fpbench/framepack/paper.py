"""The thirty configurations of the paper's Table 1 (arXiv 2504.12626v1), and what each costs.

Not here: the numbers the paper measured with them (``results/paper``).
"""

from __future__ import annotations

from dataclasses import replace

from fpbench.framepack.schedule import Group, Kernel, Pack, Side
from fpbench.framepack.structures import cost

HISTORIES = (
    "f8k8f4k4f2k2f1k1",
    "f64k8f16k4f4k2f1k1",
    "f512k8f64k4f8k2f1k1",
    "f512k16f64k8f8k2f1k1",
    "f16k4f4k2f1k1",
    "f16k4f2k2f1k1",
)
"""Six histories; the last one is the recipe of the released checkpoints and of all further variants."""

FRAME = (60, 104)
"""Latent height and width of a 480 x 832 frame."""

LATENTS_PER_SECOND = 30 / 4
"""Four video frames per latent frame at 30 frames per second."""

PIXEL = Kernel(1, 32, 32)
"""What an appended tail frame is pooled with."""


def table_one() -> list[Pack]:
    """Table 1 in its own order: ten variants, each vanilla, with an endpoint, and inverted."""
    *others, recipe = HISTORIES
    variants: list[tuple[str, str, int]] = [("td", history, 9) for history in others]
    variants += [("td", recipe, section) for section in (1, 4, 9)] + [(tail, recipe, 9) for tail in ("tc", "ta")]
    vanilla = [Pack.parse(f"{tail}_{history}_g{section}") for tail, history, section in variants]
    return [*vanilla, *map(with_endpoint, vanilla), *map(inverted, vanilla)]


def with_endpoint(pack: Pack) -> Pack:
    """A vanilla pack that also sees one planned frame beyond the section (``_x_f1k1``)."""
    return replace(pack, future=Side(far=(Group(1, Kernel.cubic(1)),)))


def inverted(pack: Pack) -> Pack:
    """A vanilla pack turned round: the first frame, and history from the generated future."""
    past = Side(far=(Group(1, Kernel.cubic(1)),))
    return replace(pack, past=past, future=replace(pack.past, near=pack.past.near[::-1]))


def table(height: int = FRAME[0], width: int = FRAME[1]) -> str:
    """Table 1's names with their reach and cost at a latent size, as Markdown."""
    full, mean, pixel = (kernel.tokens(1, height, width) for kernel in (Kernel.cubic(1), Kernel.cubic(4), PIXEL))
    rows = [
        f"""# Packs of Table 1

Written by `fpbench list packs`. Latent frames are {height} × {width} (480 × 832 video), so a full frame is L_f = {full}
tokens; a second is {LATENTS_PER_SECOND} latent frames. Tokens are those of a full pack, every axis padded up to its
kernel. The tail comes on top: nothing for `td`, {mean} tokens for `tc`, {pixel} tokens a frame for `ta`.
""",
        "| pack | history frames | seconds | ideal cost / L_f | history tokens | / L_f | section tokens |",
        "| :-- | --: | --: | --: | --: | --: | --: |",
    ]
    return "\n".join([*rows, *(_row(pack, height, width, full) for pack in table_one())])


def _row(pack: Pack, height: int, width: int, full: int) -> str:
    tokens, reach = pack.context_tokens(height, width), pack.past.reach + pack.future.reach
    cells = [f"`{pack}`", reach, f"{reach / LATENTS_PER_SECOND:.1f}", f"{cost(pack):.3f}", tokens]
    cells += [f"{tokens / full:.3f}", pack.section_tokens(height, width)]
    return f"| {' | '.join(map(str, cells))} |"
