"""Codebook files: written and read back, and refused where they do not fit."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from fpbench.framepack.discretize import Codebook
from fpbench.models.autoencoder import Autoencoder, AutoencoderConfig
from fpbench.models.checkpoint import Checkpoint, CheckpointError, open_checkpoint, save_checkpoint
from fpbench.models.codebook import SHIPPED, open_codebook, save_codebook
from fpbench.systems import SystemBuildError, build
from tests._stubs.tiny_backbone import tiny_dit

TINY = AutoencoderConfig(latent=4, encoder=(4, 4), decoder=(4, 4, 4))


def checkpoint(path: Path, seed: int = 0, *, able: bool = True, **card: list[str]) -> Checkpoint:
    torch.manual_seed(seed)
    codec = Autoencoder(TINY)
    save_checkpoint(path, codec, tiny_dit(), capabilities=frozenset({"codebook"} if able else ()), card=card)
    return open_checkpoint(str(path))


def codebook(path: Path, codec: str, channels: int = 4) -> Path:
    centroids = torch.arange(3.0 * channels).view(3, channels)
    save_codebook(path, Codebook(centroids), codec=codec, explained=0.5, card={"size": 3})
    return path


def test_a_codebook_reads_back(tmp_path: Path) -> None:
    made = checkpoint(tmp_path / "c.safetensors")
    found = open_codebook(codebook(tmp_path / "k.safetensors", made.encoder_sha256))
    assert torch.equal(found.codebook.centroids, torch.arange(12.0).view(3, 4))
    assert (found.meta["explained"], found.meta["card"]) == (0.5, {"size": 3})
    assert found.fitting(made) is found


def test_the_codec_is_the_same_in_every_checkpoint_that_holds_it(tmp_path: Path) -> None:
    one, same = checkpoint(tmp_path / "a.safetensors"), checkpoint(tmp_path / "b.safetensors", steps=["more"])
    other = checkpoint(tmp_path / "c.safetensors", seed=1)
    assert one.encoder_sha256 == same.encoder_sha256 != other.encoder_sha256
    assert one.sha256 != same.sha256


def test_another_decoder_paints_the_same_latents(tmp_path: Path) -> None:
    made = checkpoint(tmp_path / "a.safetensors")
    codec = made.codec()
    with torch.no_grad():
        codec.linear_out.weight.mul_(2)
    save_checkpoint(tmp_path / "b.safetensors", codec, made.backbone(), capabilities=frozenset(), card={})
    repainted = open_checkpoint(str(tmp_path / "b.safetensors"))
    assert repainted.encoder_sha256 == made.encoder_sha256
    assert repainted.sha256 != made.sha256


def test_codebooks_of_other_latents_are_refused(tmp_path: Path) -> None:
    made = checkpoint(tmp_path / "c.safetensors")
    with pytest.raises(CheckpointError, match=r"5 channels, but latents of .* have 4"):
        open_codebook(codebook(tmp_path / "wide.safetensors", made.encoder_sha256, channels=5)).fitting(made)
    with pytest.raises(CheckpointError, match="another autoencoder"):
        open_codebook(codebook(tmp_path / "strange.safetensors", "0" * 64)).fitting(made)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.safetensors")), ids=lambda path: path.stem)
def test_shipped_codebooks_fit_the_shipped_backbone(path: Path) -> None:
    found = open_codebook(path.stem)
    assert found.fitting(open_checkpoint("doom")) is found
    assert len(found.codebook) == int(path.stem.rpartition("-k")[2])


def test_a_backbone_keeps_to_the_codebooks_it_learnt(tmp_path: Path) -> None:
    learnt = checkpoint(tmp_path / "c.safetensors", codebooks=["f" * 64])
    with pytest.raises(CheckpointError, match="trained with codebooks ffffffffffff"):
        open_codebook(codebook(tmp_path / "k.safetensors", learnt.encoder_sha256)).fitting(learnt)


@pytest.mark.parametrize("kind", ["missing", "text", "other"])
def test_what_is_no_codebook_is_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"{kind}.safetensors"
    if kind == "text":
        path.write_text("centroids")
    if kind == "other":
        save_file({"centroids": torch.ones(2, 2)}, path, metadata={"format": "else", "meta": json.dumps({})})
    with pytest.raises(CheckpointError, match=r"codebook|not a readable"):
        open_codebook(path)


def test_systems_with_discrete_history_name_their_codebook(tmp_path: Path) -> None:
    made = checkpoint(tmp_path / "c.safetensors")
    path = codebook(tmp_path / "k.safetensors", made.encoder_sha256)
    params = {"pack": "td_f4k2f1k1_g6+D", "codebook": str(path)}
    system = build("framepack", params, backbone=str(made.path))
    assert system.fingerprint()["codebook"] == open_codebook(path).sha256
    with pytest.raises(SystemBuildError, match="codebook=PATH"):
        build("framepack", {"pack": params["pack"]}, backbone=str(made.path))
    unable = checkpoint(tmp_path / "u.safetensors", able=False)
    with pytest.raises(SystemBuildError, match="requires codebook"):
        build("framepack", params, backbone=str(unable.path))
