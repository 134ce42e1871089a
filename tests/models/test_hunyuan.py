"""The HunyuanVideo adapter: what it refuses, and the solver's levels; ``tests/cli/test_released.py`` runs it."""

import math
from pathlib import Path

import pytest
import torch
from accelerate import cpu_offload
from diffusers import FlowMatchEulerDiscreteScheduler
from tiny_hunyuan import save_tiny, tiny_pipeline, tiny_transformer

from fpbench.framepack.schedule import Kernel
from fpbench.models.dit import Packed
from fpbench.models.hunyuan import Condition, HistoryError, HunyuanBackbone, Text, solver_grid
from fpbench.models.pretrained import Placement, PretrainedError, digest, locate
from fpbench.sampling.flow import levels
from fpbench.systems import SystemBuildError, build


def packed(kernel: int, frames: int, level: float = 0.0) -> Packed:
    latents = torch.zeros(1, frames, 4, 4, 6)
    times, poses = torch.arange(frames), torch.zeros(1, frames, 4)
    return Packed(latents, Kernel.cubic(kernel), "future", times, poses, torch.full((1,), level))


def call(context: list[Packed], t: torch.Tensor) -> torch.Tensor:
    text = Text(torch.zeros(1, 3, 16), torch.ones(1, 3), torch.zeros(1, 8))
    backbone = HunyuanBackbone(tiny_transformer(), Condition(text, torch.zeros(1, 4, 32), 6.0))
    return backbone(torch.zeros(1, 9, 4, 4, 6), t, torch.arange(9), torch.zeros(1, 9, 4), context)


FULL = [(1, 2), (2, 2), (4, 16)]


@pytest.mark.parametrize(
    ("groups", "level", "t", "message"),
    [
        (FULL[:2], 0.0, [0.5] * 9, "exactly k1, k2, k4"),
        ([*FULL, (8, 8)], 0.0, [0.5] * 9, "got k1, k2, k4, k8"),
        (FULL, 0.1, [0.5] * 9, "no history level"),
        (FULL, 0.0, [0.5] * 8 + [0.4], "one level for the whole section"),
    ],
)
def test_history_the_checkpoints_never_saw_is_refused(
    groups: list[tuple[int, int]], level: float, t: list[float], message: str
) -> None:
    with pytest.raises(HistoryError, match=message):
        call([packed(kernel, frames, level) for kernel, frames in groups], torch.tensor([t]))


@pytest.mark.parametrize(("tokens", "shift"), [(256, math.exp(0.5)), (4096, math.exp(1.15)), (14040, 7.0)])
def test_the_dynamic_shift_grows_with_the_section_and_stops_at_seven(tokens: int, shift: float) -> None:
    grid = solver_grid(FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True), 10, tokens)
    assert grid == pytest.approx(levels(10, shift), abs=1e-6)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"model": "f2"}, "none of inverted, f1"),
        ({"model": "f1", "end": True}, "needs model: inverted"),
        ({"padding": "open"}, "unknown padding"),
        ({"stesp": 3}, "unknown option 'stesp'; known: checkpoint, base, vision, dtype"),
        ({"dtype": "int4"}, "dtype 'int4'"),
        ({"offload": "cloud"}, "offload 'cloud'"),
        ({"storage": "int8"}, "storage 'int8' is none of float8_e4m3fn"),
        ({"autoencoder": "half"}, "autoencoder 'half'"),
        ({"storage": "float8_e5m2", "offload": "sequential"}, "use offload 'group'"),
        ({"pack": "td_f16k4f2k2f1k1_g9+D_x"}, "unknown suffix"),
        ({"pack": "td_f8k8f4k4f2k2f1k1_g9"}, "history on k1, k2, k4"),
    ],
)
def test_wrong_options_are_named(params: dict[str, object], message: str) -> None:
    with pytest.raises(SystemBuildError, match=message):
        build("framepack_hunyuan", params)


def test_weights_that_cannot_be_had_or_trusted(tmp_path: Path) -> None:
    with pytest.raises(PretrainedError, match="no local folder and cannot be fetched"):
        locate("nobody/nothing-here")
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(PretrainedError, match="pickled weights are refused"):
        locate(str(tmp_path))
    with pytest.raises(PretrainedError, match="needs a GPU"):
        Placement(device="cpu", offload="group").on()


def test_the_digest_follows_the_weights(tmp_path: Path) -> None:
    first = digest(save_tiny(tmp_path / "a"))
    assert digest(save_tiny(tmp_path / "b")) == first
    assert digest(save_tiny(tmp_path / "c", seed=1)) != first


def test_generation_order_in_video_frames() -> None:
    order = build("framepack_hunyuan", {}).generation_order(60)  # type: ignore[attr-defined]
    assert order == [0, *range(37, 60), *range(1, 37)]


@torch.no_grad()
def test_siglip_is_not_offloaded_layer_by_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = tiny_pipeline()
    cpu_offload(pipeline.image_encoder, torch.device("cpu"))
    with pytest.raises(RuntimeError, match="meta"):  # why: its pooling head takes weights without calling their module
        pipeline.image_encoder(torch.zeros(1, 3, 16, 16))
    monkeypatch.setattr(Placement, "on", lambda self: torch.device("cpu"))
    offloaded = tiny_pipeline()
    Placement(offload="group").apply(offloaded)
    hooked = {name for name, part in offloaded.components.items() if _is_offloaded(part)}
    assert hooked == {"transformer", "vae", "text_encoder", "text_encoder_2"}


def _is_offloaded(part: object) -> bool:
    return isinstance(part, torch.nn.Module) and any(
        "group_offloading" in module._diffusers_hook.hooks
        for module in part.modules()
        if hasattr(module, "_diffusers_hook")
    )
