"""Checkpoints: what goes in comes out, and what is not one is refused by name."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from fpbench.models.autoencoder import Autoencoder, AutoencoderConfig
from fpbench.models.checkpoint import CheckpointError, open_checkpoint, save_checkpoint
from fpbench.models.dit import DiT
from tests._stubs.tiny_backbone import CONFIG, SHAPE, tiny_dit


def written(folder: Path) -> tuple[Path, Autoencoder, DiT]:
    codec = Autoencoder(AutoencoderConfig(latent=4, encoder=(4, 8), decoder=(8, 4, 4)))
    path = folder / "tiny.safetensors"
    backbone = tiny_dit()
    save_checkpoint(path, codec, backbone, capabilities=frozenset({"null_history"}), card={"steps": 3})
    return path, codec, backbone


def test_round_trip_in_half_precision(tmp_path: Path) -> None:
    path, codec, backbone = written(tmp_path)
    opened = open_checkpoint(str(path))
    assert (opened.card, opened.capabilities, opened.frame_shape) == ({"steps": 3}, {"null_history"}, SHAPE)
    assert opened.backbone().config == CONFIG
    for name, tensor in backbone.state_dict().items():
        assert torch.equal(opened.backbone().state_dict()[name], tensor.half().float())
    assert opened.codec().config == codec.config
    assert list(tmp_path.iterdir()) == [path]


def test_the_average_replaces_the_model_s_own_weights(tmp_path: Path) -> None:
    path, codec, backbone = written(tmp_path)
    average = {name: torch.full_like(p, 0.5) for name, p in backbone.named_parameters()}
    save_checkpoint(path, codec, backbone, capabilities=frozenset(), card={}, weights=average)
    open_checkpoint.cache_clear()
    assert all((p == 0.5).all() for p in open_checkpoint(str(path)).backbone().parameters())


def test_a_missing_checkpoint_names_the_shipped_ones() -> None:
    with pytest.raises(CheckpointError, match=r"no weights at .*nowhere\.safetensors; shipped backbones: "):
        open_checkpoint("nowhere")


def test_what_was_trained_here_is_found_by_the_name_of_its_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FPBENCH_CACHE", str(tmp_path))
    folder = tmp_path / "training" / "tiny"
    folder.mkdir(parents=True)
    written(folder)
    assert open_checkpoint("tiny").path == folder / "tiny.safetensors"


def test_other_files_are_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"PK\x03\x04 not tensors")
    with pytest.raises(CheckpointError, match="not a readable safetensors"):
        open_checkpoint(str(broken))
    foreign = tmp_path / "foreign.safetensors"
    save_file({"a": torch.zeros(1)}, foreign)
    with pytest.raises(CheckpointError, match="not an fpbench checkpoint"):
        open_checkpoint(str(foreign))


def test_tensors_that_do_not_fit_the_header_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "short.safetensors"
    codec = Autoencoder(AutoencoderConfig(latent=4, encoder=(4, 8), decoder=(8, 4, 4)))
    save_checkpoint(path, codec, tiny_dit(), capabilities=frozenset(), card={}, weights={"clean": torch.zeros(7)})
    with pytest.raises(CheckpointError, match="do not fit"):
        open_checkpoint(str(path)).backbone()
