"""Muon against an exact polar factor and against PyTorch's own."""

import pytest
import torch

from fpbench.training.muon import Muon, orthogonalise


@pytest.mark.parametrize("shape", [(6, 10), (10, 6), (8, 8)])
def test_singular_values_end_near_one_and_directions_stay(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    matrices = torch.randn(3, *shape)
    made = orthogonalise(matrices)
    values = torch.linalg.svdvals(made)
    assert values.min() > 0.6
    assert values.max() < 1.3
    u, _, vh = torch.linalg.svd(matrices, full_matrices=False)
    cosine = torch.nn.functional.cosine_similarity(made.flatten(1), (u @ vh).flatten(1))
    assert cosine.min() > 0.95


def test_updates_follow_torch_s_muon() -> None:
    torch.manual_seed(1)
    start, gradient = torch.randn(12, 20), torch.randn(12, 20)
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    mine = Muon([ours], 0.02, weight_decay=0.1)
    reference = torch.optim.Muon([theirs], 0.02, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    for _ in range(3):
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        mine.step()
        reference.step()
    # The reference orthogonalises in bfloat16.
    torch.testing.assert_close(ours - start, theirs - start, atol=2e-3, rtol=0.1)
