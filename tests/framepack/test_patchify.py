"""Projections and phases of packed tokens."""

import math

import pytest
import torch
from torch.nn import functional as F

from fpbench.framepack.patchify import Patchify, blocks, pad_to_kernel, unblocks
from fpbench.framepack.positions import frequencies, phases, pool
from fpbench.framepack.schedule import Kernel

K = Kernel.cubic


@pytest.mark.parametrize("kernel", [K(1), K(2), K(4), Kernel(1, 4, 2)])
def test_blocks_are_what_a_strided_convolution_sees(kernel: Kernel) -> None:
    x = torch.randn(2, 8, 3, 16, 24, dtype=torch.float64)
    weight = torch.randn(5, 3, kernel.time, kernel.height, kernel.width, dtype=torch.float64)
    size = (kernel.time, kernel.height, kernel.width)
    expected = F.conv3d(x.transpose(1, 2), weight, stride=size).movedim(1, -1)
    torch.testing.assert_close(blocks(x, kernel) @ weight.flatten(1).T, expected)


@pytest.mark.parametrize("kernel", [K(1), K(2), Kernel(1, 4, 2)])
def test_unblocks_is_the_inverse(kernel: Kernel) -> None:
    x = torch.randn(2, 4, 3, 8, 12)
    assert torch.equal(unblocks(blocks(x, kernel), kernel, 3), x)


@pytest.mark.parametrize("n", [2, 4, 8])
def test_interpolated_kernels_equal_pooling_then_projecting(n: int) -> None:
    patchify = Patchify(3, 7, (K(1), K(2), K(4), K(8))).double()
    x = torch.randn(2, 8, 3, 16, 16, dtype=torch.float64)
    pooled = F.avg_pool3d(x.transpose(1, 2), n, n).transpose(1, 2)
    torch.testing.assert_close(patchify(x, K(n)), patchify(pooled, K(1)))


def test_a_kernel_without_parameters_is_pooled_down_to_the_largest_that_has_them() -> None:
    patchify = Patchify(3, 7, (K(1), K(2))).double()
    x = torch.randn(1, 4, 3, 8, 8, dtype=torch.float64)
    pooled = F.avg_pool3d(x.transpose(1, 2), 2, 2).transpose(1, 2)
    torch.testing.assert_close(patchify(x, K(4)), patchify(pooled, K(2)))


def test_padding_repeats_the_edge_away_from_the_section() -> None:
    x = torch.arange(3.0).view(1, 3, 1, 1, 1).expand(1, 3, 1, 2, 2)
    assert pad_to_kernel(x, K(4), at_start=True)[0, :, 0, 0, 0].tolist() == [0, 0, 1, 2]
    assert pad_to_kernel(x, K(4))[0, :, 0, 0, 0].tolist() == [0, 1, 2, 2]
    assert pad_to_kernel(x, K(4)).shape == (1, 4, 1, 8, 8)


def angles(frames: int) -> torch.Tensor:
    omega = frequencies(4, 64.0)
    axes = (omega, frequencies(2, 16.0), frequencies(2, 16.0))
    return phases(torch.arange(float(frames)).double(), torch.arange(4.0), torch.arange(4.0), axes)[None]


def test_pooled_phases_point_at_the_centre_and_fast_ones_shrink() -> None:
    omega = frequencies(4, 64.0)
    grid = angles(4)
    cos, sin = pool(grid, Kernel(4, 2, 2))
    gain = torch.sin(4 * omega / 2) / (4 * torch.sin(omega / 2))
    centre = 1.5 * omega
    torch.testing.assert_close(cos[0, 0, 0, 0, :4], gain * centre.cos())
    torch.testing.assert_close(sin[0, 0, 0, 0, :4], gain * centre.sin())
    exact, _ = pool(grid, Kernel(4, 2, 2), pooling="centre")
    torch.testing.assert_close(exact[0, 0, 0, 0, :4], centre.cos())


def test_frequencies_start_at_one() -> None:
    assert frequencies(3, 64.0).tolist() == pytest.approx([1, 64 ** (-1 / 3), 64 ** (-2 / 3)])
    assert math.isclose(frequencies(1, 10.0).item(), 1)
