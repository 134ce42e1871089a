"""The released FramePack checkpoints on HunyuanVideo (lllyasviel): the inverted I2V_HY and the forward F1."""

from __future__ import annotations

from typing import Any, Literal

from fpbench import Hunyuan, Pack, Released, Strategy

RELEASED: dict[str, tuple[str, str, Literal["official", "closed"]]] = {
    "inverted": ("lllyasviel/FramePackI2V_HY", "f1k1_x_g{section}_f1k1f2k2f16k4_td", "official"),
    "f1": ("lllyasviel/FramePack_F1_I2V_HY_20250503", "f1k1_x_f16k4f2k2f1k1_g{section}", "closed"),
}


def framepack_hunyuan(
    model: Literal["inverted", "f1"] = "inverted",
    checkpoint: str | None = None,
    padding: Literal["official", "plain", "closed"] | None = None,
    section: int = 9,
    pack: str | None = None,
    end: bool = False,
    **options: Any,
) -> Released:
    """FramePack on HunyuanVideo, arXiv 2504.12626, github.com/lllyasviel/FramePack.

    Args:
        model: the checkpoint's sampling: inverted (I2V_HY) or forward (f1).
        checkpoint: hub name or folder of the transformer, or of a whole saved pipeline.
        padding: rule of the gap to the first frame; default the released one.
        section: latent frames per section; the checkpoints were trained on 9.
        pack: of a checkpoint that ``fpbench train`` wrote, instead of the released one's.
        end: show the last frame, where the world has one (inverted only).
        options: base, vision (repositories or folders); dtype, device, offload, storage, tiling (a 24 GB card:
            offload: group); steps, guidance, negative, true_guidance, shift, decoding.
    """
    if model not in RELEASED:
        raise ValueError(f"model {model!r} is none of {', '.join(RELEASED)}")
    if end and model != "inverted":
        raise ValueError("end: true needs model: inverted; the forward checkpoint has no place for a last frame")
    hub, name, rule = RELEASED[model]
    packing = Pack.parse(pack or name.format(section=section))
    if pack is not None:
        rule = "official" if packing.future.near else "closed"
    strategy = Strategy(packing, slots=padding or rule)
    weights = Hunyuan.of(checkpoint=checkpoint or hub, **options)
    return Released(f"framepack-{model}", strategy, weights, end, source=f"{hub}, arXiv 2504.12626")
