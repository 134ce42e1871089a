"""Levels and solvers against exact solutions."""

import math

import pytest
import torch

from fpbench.sampling.flow import Solver, levels, solve


def test_levels_run_from_noise_to_data() -> None:
    assert levels(4) == [1, 0.75, 0.5, 0.25, 0]
    shifted = levels(4, shift=3.0)
    assert shifted[0] == 1
    assert shifted[-1] == 0
    assert shifted[2] == pytest.approx(3 * 0.5 / (1 + 2 * 0.5))


def test_a_straight_flow_is_exact_in_one_step() -> None:
    data, noise = torch.randn(5), torch.randn(5)
    made = solve(noise, lambda x, t, step: noise - data, levels(1))
    torch.testing.assert_close(made, data)


@pytest.mark.parametrize(("solver", "order"), [("euler", 1), ("adams", 2)])
@pytest.mark.parametrize("shift", [1.0, 2.5])
def test_order_of_convergence(solver: Solver, order: int, shift: float) -> None:
    def error(steps: int) -> float:
        start = torch.ones((), dtype=torch.float64)
        # dx/dt = x + t from 1 down to 0, x(1) = 1: x(0) = (1 + 1 + 1) / e - 1.
        made = solve(start, lambda x, t, step: x + t, levels(steps, shift), solver)
        return abs(made.item() - (3 / math.e - 1))

    assert math.log2(error(64) / error(128)) == pytest.approx(order, abs=0.2)


@pytest.mark.parametrize(("steps", "shift"), [(0, 1.0), (3, 0.0)])
def test_impossible_runs_are_refused(steps: int, shift: float) -> None:
    with pytest.raises(ValueError, match="steps >= 1 and shift > 0"):
        levels(steps, shift)
