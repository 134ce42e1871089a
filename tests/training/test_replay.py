"""Training on histories of the model's own making."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from fpbench.framepack import Pack, PackError, make_plan
from fpbench.models.dit import DiT
from fpbench.training.footage import Cut, Footage
from fpbench.training.mixture import MAX_GAP, Mixture
from fpbench.training.replay import Played, Replay, Rollouts
from fpbench.training.trainer import Schedule, Trainer, make_batch
from tests._stubs.tiny_backbone import CONFIG

MIXTURE = Mixture({"td_f2k1_g4": 1.0}, history={"clean": 1.0}, dropped=0.0)
RULE = Rollouts(share=0.5, packs={"td_f2k1_g4": 0.5, "f1k1_x_g4_f1k1f2k2_td": 0.5}, batch=3, every=2, keep=2)


def footage() -> Footage:
    rng = np.random.default_rng(0)
    return Footage(rng.normal(size=(4, 24, 4, 8, 12)).astype(np.float16), rng.normal(size=(4, 24, 4)).cumsum(1))


def weights(model: DiT) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in model.named_parameters()}


def test_a_step_sees_what_was_made_and_aims_at_the_truth() -> None:
    torch.manual_seed(0)
    model, clips = DiT(CONFIG), footage()
    replay = Replay(RULE, clips, seed=1)
    replay.refresh(model, weights(model), 0)
    played = replay.played[0]
    assert played.video.shape == (3, 21, 4, 8, 12)
    section = next(one for one in played.sections() if all(f > 0 for f in one.context[-1].frames))
    cut = Cut(clips, played.clips, played.offsets)
    batch = make_batch(cut, MIXTURE, section, torch.Generator().manual_seed(2), video=played.video)
    for group, shown in zip(section.context, batch.context, strict=True):
        assert torch.equal(shown.latents, played.video[:, list(group.frames)].float())
    rows = played.offsets[:, None].numpy() + np.array(section.targets)
    truth = torch.from_numpy(clips.latents[played.clips[:, None].numpy(), rows]).float()
    t = batch.t[..., None, None, None]
    assert torch.allclose(batch.noisy - t * batch.target, truth, atol=1e-5)


@pytest.mark.parametrize("name", RULE.packs)
def test_rollouts_follow_the_plans_of_training(name: str) -> None:
    played = Played(name, torch.zeros(1), torch.zeros(1), torch.zeros(1, 21, 4, 8, 12))
    assert played.sections() == make_plan(Pack.parse(name), 21, max_gap=MAX_GAP).sections


def test_the_first_frame_of_a_rollout_is_true_and_its_weights_are_the_average() -> None:
    torch.manual_seed(0)
    model, clips = DiT(CONFIG), footage()
    silent = {name: torch.zeros_like(value) for name, value in weights(model).items()}
    made = []
    for average in (silent, {**silent, "last.bias": torch.ones(model.last.bias.shape)}):
        replay = Replay(RULE, clips, seed=1)
        replay.refresh(model, average, 0)
        made.append(replay.played[0].video.float())
    played = replay.played[0]
    assert torch.equal(made[0][:, 0], torch.from_numpy(clips.latents[played.clips, played.offsets]).float())
    # The velocity of the second is one everywhere, so that the flow ends one lower.
    assert torch.allclose(made[0][:, 1:] - made[1][:, 1:], torch.ones(()), atol=0.02)


def test_rollouts_are_renewed_in_time_and_few_are_kept() -> None:
    torch.manual_seed(0)
    model, replay = DiT(CONFIG), Replay(RULE, footage(), seed=1)
    seen = []
    for step in range(7):
        replay.refresh(model, weights(model), step)
        seen.append(replay.played[-1])
    assert [a is not b for a, b in pairwise(seen)] == [False, True, False, True, False, True]
    assert len(replay.played) == 2


def test_a_resumed_run_equals_an_undisturbed_one(tmp_path: Path) -> None:
    def trainer(state: str) -> Trainer:
        torch.manual_seed(0)
        schedule = Schedule(steps=60, cooldown=10, tokens=12 * 24 * 4, save_every=1000)
        return Trainer(DiT(CONFIG), footage(), MIXTURE, schedule, tmp_path / state, seed=0, rollouts=RULE)

    whole = trainer("whole.pt")
    for _ in range(7):
        list(whole._advance())
    part = trainer("part.pt")
    for _ in range(3):
        list(part._advance())
    part._save()
    resumed = trainer("part.pt")
    for _ in range(4):
        list(resumed._advance())
    for name, parameter in whole.model.named_parameters():
        assert torch.equal(parameter, dict(resumed.model.named_parameters())[name]), name


def test_rollouts_are_made_in_the_precision_of_training(tmp_path: Path) -> None:
    def played(half: bool) -> torch.Tensor:
        torch.manual_seed(0)
        model, schedule = DiT(CONFIG), Schedule(steps=60, cooldown=10, tokens=12 * 24 * 4)
        for layer in (model.last, model.last_modulation):
            torch.nn.init.normal_(layer.weight, std=0.1)
        state = tmp_path / f"{half}.pt"
        run = Trainer(model, footage(), MIXTURE, schedule, state, seed=0, rollouts=RULE, half=half)
        list(run._advance())
        assert run.replay is not None
        return run.replay.played[0].video

    single, half = played(half=False), played(half=True)
    assert single.std() > 0.5
    # Far more than storing them rounds, far less than they are.
    assert 1e-3 < (single.float() - half.float()).std() < 0.1


def test_discrete_history_is_refused() -> None:
    with pytest.raises(PackError, match=r"'td_f2k1_g4\+D' of the rollouts"):
        Rollouts(share=0.5, packs={"td_f2k1_g4+D": 1.0})
