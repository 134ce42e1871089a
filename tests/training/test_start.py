"""Training on from a finished checkpoint."""

from pathlib import Path

import numpy as np
import pytest
import torch

from fpbench.models.autoencoder import Autoencoder, AutoencoderConfig
from fpbench.models.checkpoint import CheckpointError, open_checkpoint, save_checkpoint
from fpbench.models.dit import DiT, DiTConfig
from fpbench.training.follow import prepare_codec
from fpbench.training.recipe import read_recipe
from fpbench.training.start import begin_from, lineage, load_start, start_of
from tests._stubs.tiny_backbone import CONFIG, tiny_dit

TINY = AutoencoderConfig(latent=4, encoder=(4, 4), decoder=(4, 4, 4))


def finished(path: Path, seed: int = 0) -> Path:
    card = {"steps": 7, "clips_seen": 99, "maps": ["E1M1"], "loss": 0.5}
    save_checkpoint(path, Autoencoder(TINY), tiny_dit(seed), capabilities=frozenset(), card=card)
    return path


def test_a_model_begins_where_the_start_ended(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    assert start_of(folder) is None
    begin_from(str(finished(tmp_path / "old.safetensors")), folder)
    start = start_of(folder)
    assert start is not None
    model = DiT(CONFIG)
    load_start(model, start)
    for name, value in tiny_dit().state_dict().items():
        assert torch.equal(model.state_dict()[name], value.half().float()), name
    assert lineage(start) == {"sha256": start.sha256, "steps": 7, "clips_seen": 99, "maps": ["E1M1"]}


def test_a_folder_that_has_begun_goes_on_as_it_began(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    first, second = finished(tmp_path / "first.safetensors"), finished(tmp_path / "second.safetensors", seed=1)
    begin_from(str(first), folder)
    begin_from(str(second), folder)
    assert (folder / "start.safetensors").read_bytes() == first.read_bytes()
    random = tmp_path / "random"
    random.mkdir()
    (random / "backbone.pt").touch()
    begin_from(str(second), random)
    assert start_of(random) is None


def test_other_sizes_are_refused(tmp_path: Path) -> None:
    begin_from(str(finished(tmp_path / "old.safetensors")), tmp_path)
    start = start_of(tmp_path)
    assert start is not None
    with pytest.raises(CheckpointError, match=r"depth=2.*the recipe asks for.*depth=3"):
        load_start(DiT(DiTConfig(channels=4, dim=48, depth=3, heads=1, pairs=(5, 5, 6, 8), kernels=(1, 2, 4))), start)
    with pytest.raises(CheckpointError, match="no weights at"):
        begin_from("dum", tmp_path)


def test_only_the_decoder_of_a_start_is_trained_on_and_only_once(tmp_path: Path) -> None:
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("extends: doom-decoder\nautoencoder: {polish_start: {budget: {steps: 2, batch: 4}}}\n")
    begin_from(str(finished(tmp_path / "old.safetensors")), tmp_path)
    rng = np.random.default_rng(0)
    np.save(tmp_path / "stills.npy", rng.integers(0, 256, (8, 64, 96, 3), dtype=np.uint8))
    before = open_checkpoint(str(tmp_path / "old.safetensors")).codec().state_dict()
    log: list[str] = []
    for _ in range(2):
        after = prepare_codec(read_recipe(recipe), tmp_path, log.append).state_dict()
    kept = {name for name in before if torch.equal(before[name], after[name])}
    assert {name for name in before if name.startswith(("encoder.", "linear_in.")) or name in ("mean", "std")} <= kept
    assert any(name.startswith("decoder.") for name in before.keys() - kept)
    assert len(log) == 1
