"""Cases and levels the backbone is trained on."""

import numpy as np
import torch

from fpbench.training.mixture import Mixture, draw_case, draw_history_levels, draw_section_levels

PACKS = {"td_f16k4f2k2f1k1_g9": 0.5, "f1k1_x_g9_f1k1f2k2f16k4_td": 0.5}


def test_cases_fit_the_clips_and_come_from_every_pack() -> None:
    rng = np.random.default_rng(0)
    cases = [draw_case(Mixture(PACKS), 128, rng) for _ in range(300)]
    assert max(case.frames for case in cases) <= 128
    for case in cases:
        used = [*case.section.targets, *(f for group in case.section.context for f in group.frames)]
        assert 0 <= min(used) <= max(used) < case.frames
    roles = {group.role for case in cases for group in case.section.context}
    assert roles == {"past", "future", "anchor"}


def test_dropped_and_first_shares() -> None:
    rng = np.random.default_rng(1)
    cases = [draw_case(Mixture({"td_f2k1_g9": 1}, dropped=0.2, first=1.0), 128, rng) for _ in range(400)]
    assert all(case.section.targets[0] == 1 for case in cases)
    assert 0.13 < np.mean([not case.section.context for case in cases]) < 0.27


def test_section_levels_are_shared_or_per_frame() -> None:
    rng = torch.Generator().manual_seed(0)
    shared = draw_section_levels(Mixture(PACKS, per_frame=0), 64, 9, rng)
    assert (shared == shared[:, :1]).all()
    several = draw_section_levels(Mixture(PACKS, per_frame=1), 64, 9, rng)
    assert (several.std(1) > 0).all()
    assert ((shared > 0) & (shared < 1)).all()


def test_history_levels_follow_their_shares() -> None:
    rng = torch.Generator().manual_seed(0)
    mixture = Mixture(PACKS, history={"clean": 0.4, "null": 0.2, "relative": 0.2, "independent": 0.2})
    t = torch.full((4000, 9), 0.5)
    s = draw_history_levels(mixture, t, 3, rng)
    assert 0.37 < (s == 0).all(1).float().mean() < 0.43
    assert 0.17 < (s == 1).all(1).float().mean() < 0.23
    one = ((s == s[:, :1]).all(1) & (s[:, 0] > 0) & (s[:, 0] < 1)).nonzero().flatten()
    assert 0.17 < len(one) / len(s) < 0.23
    assert s[one].max() <= 0.5
