"""Weights between two checkpoints."""

from pathlib import Path

import pytest
import torch

from fpbench.models.autoencoder import Autoencoder, AutoencoderConfig
from fpbench.models.checkpoint import CheckpointError, open_checkpoint, save_checkpoint
from fpbench.models.dit import DiT, DiTConfig
from fpbench.training.average import average
from tests._stubs.tiny_backbone import tiny_dit

TINY = AutoencoderConfig(latent=4, encoder=(4, 4), decoder=(4, 4, 4))
OTHER = DiTConfig(channels=4, dim=48, depth=3, heads=1, pairs=(5, 5, 6, 8), kernels=(1, 2, 4))


def checkpoint(path: Path, backbone: DiT, *, can: str = "two_sided null_history", codec: int = 0) -> str:
    torch.manual_seed(codec)
    card = {"steps": 7, "clips_seen": 99, "maps": [path.stem], "command": f"fpbench train {path.stem}"}
    save_checkpoint(path, Autoencoder(TINY), backbone, capabilities=frozenset(can.split()), card=card)
    return str(path)


def test_every_parameter_lies_between_and_the_card_says_of_what(tmp_path: Path) -> None:
    first = checkpoint(tmp_path / "a.safetensors", tiny_dit(0))
    second = checkpoint(tmp_path / "b.safetensors", tiny_dit(1), can="two_sided codebook")
    made = open_checkpoint(str(average(first, second, 0.75, tmp_path / "c.safetensors")))
    ends = [dict(open_checkpoint(path).backbone().named_parameters()) for path in (first, second)]
    assert any((ends[0][name] - ends[1][name]).abs().max() > 0.1 for name in ends[0])
    for name, value in made.backbone().named_parameters():
        assert torch.allclose(value, 0.25 * ends[0][name] + 0.75 * ends[1][name], atol=2e-3), name
    assert made.capabilities == {"two_sided"}
    assert made.encoder_sha256 == open_checkpoint(first).encoder_sha256
    assert made.card["command"] == "fpbench average a.safetensors b.safetensors --share 0.75"
    assert made.card["shares"] == [0.25, 0.75]
    assert [one["sha256"] for one in made.card["of"]] == [open_checkpoint(path).sha256 for path in (first, second)]
    assert made.card["maps"] == ["a", "b"]


def test_what_has_no_common_start_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    first, out = checkpoint(tmp_path / "a.safetensors", tiny_dit(0)), tmp_path / "c.safetensors"
    deeper = checkpoint(tmp_path / "b.safetensors", DiT(OTHER))
    with pytest.raises(CheckpointError, match=r"b\.safetensors: backbone .*'depth': 3.*a\.safetensors.*'depth': 2"):
        average(first, deeper, 0.5, out)
    elsewhere = checkpoint(tmp_path / "d.safetensors", tiny_dit(0), codec=1)
    with pytest.raises(CheckpointError, match=r"d\.safetensors: latents .* from one start"):
        average(first, elsewhere, 0.5, out)
    for share in (0.0, 1.0, -1.0, float("nan")):
        with pytest.raises(CheckpointError, match=r"share .* must lie in \(0, 1\)"):
            average(first, first, share, out)
    with pytest.raises(CheckpointError, match=r"c\.pt: .*--out c\.safetensors"):
        average(first, first, 0.5, tmp_path / "c.pt")
    assert [path.name for path in tmp_path.glob("c.*")] == []
