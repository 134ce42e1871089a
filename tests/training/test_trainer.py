"""The training loop: it learns, and a resumed run equals an undisturbed one."""

from pathlib import Path

import numpy as np
import torch

from fpbench.models.dit import DiT
from fpbench.training.footage import Footage, with_mirror
from fpbench.training.mixture import Mixture
from fpbench.training.trainer import Schedule, Trainer
from tests._stubs.tiny_backbone import CONFIG

MIXTURE = Mixture({"td_f2k1_g4": 0.5, "f1k1_x_g4_f1k1f2k2_td": 0.5}, dropped=0.0)
SCHEDULE = Schedule(steps=60, cooldown=10, tokens=12 * 24 * 4, save_every=1000)


def footage() -> Footage:
    """Two constant clips: easily learnt."""
    rng = np.random.default_rng(0)
    latents = np.repeat(rng.normal(size=(2, 1, 4, 8, 12)), 24, axis=1).astype(np.float16)
    return Footage(latents, rng.normal(size=(2, 24, 4)).cumsum(1))


def trainer(state: Path) -> Trainer:
    torch.manual_seed(0)
    return Trainer(DiT(CONFIG), footage(), MIXTURE, SCHEDULE, state, seed=0)


def test_the_loss_falls_on_two_clips(tmp_path: Path) -> None:
    run = trainer(tmp_path / "a.pt")
    losses = [np.mean([loss for _, loss in run._advance()]) for _ in range(60)]
    assert np.mean(losses[-5:]) < 0.85 * np.mean(losses[:3])


def test_a_resumed_run_equals_an_undisturbed_one(tmp_path: Path) -> None:
    whole = trainer(tmp_path / "whole.pt")
    for _ in range(6):
        list(whole._advance())
    part = trainer(tmp_path / "part.pt")
    for _ in range(3):
        list(part._advance())
    part._save()
    resumed = trainer(tmp_path / "part.pt")
    assert (resumed.step, resumed.seen) == (part.step, part.seen)
    for _ in range(3):
        list(resumed._advance())
    for name, parameter in whole.model.named_parameters():
        assert torch.equal(parameter, dict(resumed.model.named_parameters())[name]), name
        assert torch.equal(whole.average[name], resumed.average[name])


def test_half_precision_is_of_products_alone(tmp_path: Path) -> None:
    single = trainer(tmp_path / "single.pt")
    half = trainer(tmp_path / "half.pt")
    half.half = True
    for _ in range(3):
        a, b = ([loss for _, loss in run._advance()] for run in (single, half))
    assert a != b
    np.testing.assert_allclose(a, b, rtol=0.03)
    tensors = [*half.model.parameters(), *half.average.values()]
    tensors += [x for o in half.optimisers for s in o.state.values() for x in s.values() if torch.is_tensor(x)]
    assert {x.dtype for x in tensors} == {torch.float32}


def test_learning_rate_warms_up_stays_and_cools_down() -> None:
    schedule = Schedule(steps=1000, cooldown=200, warmup=10)
    assert schedule.factor(0) == 0.1
    assert schedule.factor(500) == 1
    assert schedule.factor(900) == 0.5
    assert schedule.factor(1000) == 0


def test_mirrored_clips_swap_left_and_right() -> None:
    videos = np.random.default_rng(0).integers(0, 256, (1, 2, 4, 6, 3), dtype=np.uint8)
    poses = np.array([[[1.0, 2.0, 3.0, 0.5], [1.0, 2.0, 3.0, -0.5]]])
    both, paths = with_mirror(videos, poses)
    assert np.array_equal(both[1, :, :, 0], videos[0, :, :, -1])
    assert paths[1, 0].tolist() == [1.0, -2.0, 3.0, -0.5]
